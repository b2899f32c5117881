/* `restante reports`: what others say of TLS to this server, out of the letters of an account. */
#include "base/json.h"
#include "transfer/inside.h"
#include "transfer/source_imap.h"
#include "transfer/tlsrpt_letter.h"

#include <time.h>

#define LETTERS_MAX 20000 /* of one account */

struct reading {
    struct transfer *t;
    uint64_t since_us;
    struct buf reports, failures; /* JSON objects */
};

/* --- one report ----------------------------------------------------------------------------------------------------- */

static void day(struct json *j, const char *key, uint64_t s)
{
    time_t t = (time_t)s;
    struct tm tm;
    char text[16];

    gmtime_r(&t, &tm);
    json_kv_str(j, key, s ? str_n(text, strftime(text, sizeof text, "%Y-%m-%d", &tm)) : STR(""));
}

static void begin_object(struct buf *to, struct json *j)
{
    if (to->n)
        buf_addc(to, ',');
    json_init(j, to);
    json_object(j);
}

static void take_policy(struct reading *x, const struct tlsrpt *r, const struct tlsrpt_policy *p)
{
    struct json j;

    begin_object(&x->reports, &j);
    day(&j, "day", r->begin_s);
    json_kv_str(&j, "from", r->organization);
    json_kv_str(&j, "domain", p->domain);
    json_kv_str(&j, "policy", p->type);
    json_kv_u64(&j, "good", p->good);
    json_kv_u64(&j, "failed", p->bad);
    json_object_end(&j);
    for (size_t i = 0; i < p->n_failures; i++) {
        const struct tlsrpt_failure *f = &p->failures[i];

        begin_object(&x->failures, &j);
        day(&j, "day", r->begin_s);
        json_kv_str(&j, "from", r->organization);
        json_kv_str(&j, "domain", p->domain);
        json_kv_str(&j, "result", f->result);
        json_kv_str(&j, "server", f->mx);
        json_kv_u64(&j, "sessions", f->sessions);
        json_kv_str(&j, "text", f->code.n ? f->code : f->info);
        json_object_end(&j);
    }
}

static void take_letter(struct reading *x, struct str mailbox, uint32_t uid, struct str letter)
{
    struct arena a = ARENA_INIT;
    struct tlsrpt r;
    enum st st = tlsrpt_letter_read(&a, letter, &r);

    if (st == ST_OK && r.end_s * 1000000 >= x->since_us) {
        for (size_t i = 0; i < r.n_policies; i++)
            take_policy(x, &r, &r.policies[i]);
        x->t->report.messages++;
        x->t->report.bytes += letter.n;
    } else if (st != ST_OK && st != ST_NOTFOUND) {
        report_left_out(&x->t->report, mailbox, arena_printf(&a, "uid %u", uid), err_get()->text);
    }
    arena_fini(&a);
}

/* --- the account's letters ------------------------------------------------------------------------------------------- */

static enum st search(struct client *c, struct arena *a, uint32_t *out, size_t *out_n) SUSPENDS
{
    struct answer answer;
    size_t n = 0;

    TRY(client_send(c, "UID SEARCH HEADER TLS-Report-Domain \"\""));
    for (;;) {
        struct words w;
        struct str s;

        TRY(client_read(c, &answer));
        if (answer.is_tagged)
            break;
        w = words_of(c, a, &answer);
        if (word_next(&w, &s) != WORD_ATOM || !str_ieq(s, STR("SEARCH")))
            continue;
        while (n < LETTERS_MAX && word_next(&w, &s) == WORD_ATOM)
            n += str_u32(s, UINT32_MAX, &out[n]) == ST_OK;
    }
    *out_n = n;
    return client_failed(&answer);
}

static enum st read_letter(struct reading *x, struct str mailbox, uint32_t uid) SUSPENDS
{
    struct client *c = &x->t->client;
    struct arena a = ARENA_INIT;
    struct answer answer;
    enum st st = client_send(c, "UID FETCH %u (BODY.PEEK[])", uid);

    while (st == ST_OK && (st = client_read(c, &answer)) == ST_OK && !answer.is_tagged) {
        struct words w = words_of(c, &a, &answer);
        struct str s;
        enum word_kind kind;

        while ((kind = word_next(&w, &s)) != WORD_END)
            if (kind == WORD_ATOM && str_ieq(s, STR("BODY[]")) && word_next(&w, &s) == WORD_STRING)
                take_letter(x, mailbox, uid, s);
    }
    arena_fini(&a);
    return st == ST_OK && answer.st != ST_OK && !imap_is_refusal(answer.st) ? client_failed(&answer) : st;
}

static enum st one_folder(struct reading *x, const struct imap_folder *f, uint32_t *uids) SUSPENDS
{
    struct transfer *t = x->t;
    struct mailbox_head m;
    size_t n = 0;
    enum st st = imap_examine(&t->client, f, &m);

    if (st == ST_OK)
        st = search(&t->client, &t->arena, uids, &n);
    if (imap_is_refusal(st)) {
        report_left_out(&t->report, f->name, STR_NONE, err_get()->text);
        return ST_OK;
    }
    for (size_t i = 0; i < n && st == ST_OK; i++)
        st = read_letter(x, f->name, uids[i]);
    t->report.mailboxes += st == ST_OK && n > 0;
    return st;
}

static void describe(void *arg, struct json *j)
{
    const struct reading *x = arg;

    json_key(j, "reports");
    json_array(j);
    json_raw(j, buf_str(&x->reports));
    json_array_end(j);
    json_key(j, "failures");
    json_array(j);
    json_raw(j, buf_str(&x->failures));
    json_array_end(j);
}

static enum st all_folders(struct reading *x) SUSPENDS
{
    struct transfer *t = x->t;
    uint32_t *uids = ARENA_ARRAY(&t->arena, uint32_t, LETTERS_MAX);
    struct imap_folder *folders;
    struct str since;
    size_t n;

    if (admin_value(t->args, "since", &since))
        TRY(admin_time(since, &x->since_us));
    TRY(imap_folders(&t->client, &t->arena, &folders, &n));
    for (size_t i = 0; i < n; i++)
        TRY(one_folder(x, &folders[i], uids));
    TRY(buf_check(&x->reports));
    return buf_check(&x->failures);
}

enum st transfer_reports(struct transfer *t)
{
    struct reading *x = ARENA_NEW(&t->arena, struct reading);

    x->t = t;
    buf_init(&x->reports, ADMIN_ANSWER_MAX / 4);
    buf_init(&x->failures, ADMIN_ANSWER_MAX / 4);
    t->report.describe = describe;
    t->report.describe_arg = x;
    return all_folders(x);
}
