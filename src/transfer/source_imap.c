#include "transfer/source_imap.h"

#include "base/map.h"
#include "mime/date.h"
#include "mime/mutf7.h"

#include <stdio.h>

#define FOLDERS_MAX 100000
#define WINDOW 100             /* messages asked for at once */
#define MESSAGES_MAX 100000000 /* in a mailbox: a server that says more would have us ask for ever */

bool imap_is_refusal(enum st st)
{
    return st == ST_DENIED || st == ST_NOTFOUND || st == ST_OVERQUOTA || st == ST_SYNTAX;
}

/* --- folders ------------------------------------------------------------------------------------------------- */

/* The server's separator becomes "/"; a "/" that it has in a level, "_", since no level can hold one here. */
static struct str with_slashes(struct arena *a, struct str name, struct str delimiter)
{
    char *p = arena_cstr(a, name);

    if (delimiter.n == 1 && delimiter.p[0] != '/')
        for (size_t i = 0; i < name.n; i++)
            p[i] = p[i] == '/' ? '_' : p[i] == delimiter.p[0] ? '/' : p[i];
    return str_n(p, name.n);
}

static struct str quoted(struct arena *a, struct str wire)
{
    char *p = arena_alloc(a, 2 * wire.n + 2);
    size_t n = 0;

    p[n++] = '"';
    for (size_t i = 0; i < wire.n; i++) {
        if (wire.p[i] == '"' || wire.p[i] == '\\')
            p[n++] = '\\';
        p[n++] = wire.p[i];
    }
    p[n++] = '"';
    return str_n(p, n);
}

/* * LIST (flags) delimiter name. False: not such a line, or no folder that holds messages. */
static bool take_list(struct client *c, struct arena *a, const struct answer *answer, struct imap_folder *out)
{
    struct words w = words_of(c, a, answer);
    struct str s, delimiter;
    bool selectable = true;
    enum word_kind kind;

    if (word_next(&w, &s) != WORD_ATOM || !str_ieq(s, STR("LIST")) || word_next(&w, &s) != WORD_OPEN)
        return false;
    while ((kind = word_next(&w, &s)) == WORD_ATOM)
        selectable = selectable && !str_ieq(s, STR("\\Noselect")) && !str_ieq(s, STR("\\NonExistent"));
    if (kind != WORD_CLOSE || !selectable)
        return false;
    if (word_next(&w, &delimiter) == WORD_ATOM) /* NIL */
        delimiter = STR_NONE;
    kind = word_next(&w, &s);
    if (kind != WORD_ATOM && kind != WORD_STRING)
        return false;
    out->wire = quoted(a, s);
    if (mutf7_decode(a, s, &s) != ST_OK)
        s = arena_str(a, s);
    out->name = str_ieq(s, STR("INBOX")) ? STR("INBOX") : with_slashes(a, s, delimiter);
    return true;
}

enum st imap_folders(struct client *c, struct arena *a, struct imap_folder **out, size_t *out_n)
{
    struct imap_folder *v = NULL, *list, one;
    size_t n = 0, cap = 0;
    struct answer answer;
    enum st st = client_send(c, "LIST \"\" \"*\"");

    while (st == ST_OK && (st = client_read(c, &answer)) == ST_OK && !answer.is_tagged) {
        if (!take_list(c, a, &answer, &one))
            continue;
        if (n == FOLDERS_MAX)
            return FAIL(ST_LIMIT, "the account has too many folders");
        if (n == cap) {
            cap = MAX(2 * cap, (size_t)64);
            list = ARENA_ARRAY(a, struct imap_folder, cap);
            if (n)
                memcpy(list, v, n * sizeof *v);
            v = list;
        }
        v[n++] = one;
    }
    TRY(st);
    TRY(client_failed(&answer));
    *out = v;
    *out_n = n;
    return ST_OK;
}

enum st imap_count(struct client *c, const struct imap_folder *f, uint64_t *out)
{
    struct arena a = ARENA_INIT;
    struct answer answer;
    uint64_t n = 0;
    enum st st = client_send(c, "STATUS %.*s (MESSAGES)", STR_ARGS(f->wire));

    while (st == ST_OK && (st = client_read(c, &answer)) == ST_OK && !answer.is_tagged) {
        struct words w = words_of(c, &a, &answer);
        struct str s;

        if (word_next(&w, &s) != WORD_ATOM || !str_ieq(s, STR("STATUS")))
            continue;
        word_next(&w, &s);
        word_next(&w, &s);
        word_next(&w, &s); /* MESSAGES */
        word_next(&w, &s);
        IGNORE(str_u64(s, UINT32_MAX, &n)); /* it is only for the progress bar */
    }
    arena_fini(&a);
    TRY(st);
    TRY(client_failed(&answer));
    *out = n;
    return ST_OK;
}

/* "OK [UIDVALIDITY 7] ..." */
static void take_code(struct str text, struct str name, uint32_t *out)
{
    size_t at = str_search(text, name);
    struct str number = str_from(text, at + name.n);

    if (at < text.n)
        IGNORE(str_u32(str_sub(number, 0, str_find(number, ']')), UINT32_MAX, out)); /* it stays 0 */
}

enum st imap_examine(struct client *c, const struct imap_folder *f, struct mailbox_head *out)
{
    struct mailbox_head m = {.name = f->name};
    struct answer answer;

    TRY(client_send(c, "EXAMINE %.*s", STR_ARGS(f->wire)));
    for (;;) {
        size_t blank;

        TRY(client_read(c, &answer));
        if (answer.is_tagged)
            break;
        take_code(answer.text, STR("[UIDVALIDITY "), &m.uidvalidity);
        take_code(answer.text, STR("[UIDNEXT "), &m.uidnext);
        blank = str_find(answer.text, ' ');
        if (str_ieq(str_from(answer.text, blank + 1), STR("EXISTS")))
            IGNORE(str_u32(str_sub(answer.text, 0, blank), UINT32_MAX, &m.messages));
    }
    TRY(client_failed(&answer));
    if (m.messages > MESSAGES_MAX)
        return FAIL(ST_DENIED, "the server says that it holds %u messages", m.messages);
    *out = m;
    return ST_OK;
}

/* --- messages -------------------------------------------------------------------------------------------------- */

struct fetch {
    struct client *client;
    const struct mailbox_head *mailbox;
    struct report *report;
    imap_take_fn *take;
    void *arg;
    struct arena arena; /* of one message */
    uint32_t first;
    bool seen[WINDOW]; /* has been taken */
};

static void take_flags(struct words *w, struct arena *a, struct letter *l)
{
    struct str *keywords = ARENA_ARRAY(a, struct str, LETTER_KEYWORDS_MAX), s;

    while (word_next(w, &s) == WORD_ATOM) {
        uint32_t bit = letter_system_flag(s);

        if (bit)
            l->flags |= bit;
        else if (s.p[0] != '\\' && l->n_keywords < LETTER_KEYWORDS_MAX)
            keywords[l->n_keywords++] = s;
    }
    l->keywords = keywords;
}

static void take_date(struct str s, struct letter *l)
{
    struct mime_date d;

    if (imap_datetime_parse(s, &d) == ST_OK)
        l->date_s = d.wall_us / 1000000;
}

/* * 7 FETCH (UID 9 FLAGS (\Seen) INTERNALDATE "..." BODY[] {..}). False: without the text. */
static bool take_message(struct fetch *f, const struct answer *answer, uint32_t *out_seq, struct letter *out)
{
    struct words w = words_of(f->client, &f->arena, answer);
    bool has_text = false;
    enum word_kind kind;
    struct str s;

    *out = (struct letter){.mailbox = f->mailbox->name};
    if (word_next(&w, &s) != WORD_ATOM || str_u32(s, UINT32_MAX, out_seq) != ST_OK || word_next(&w, &s) != WORD_ATOM ||
        !str_ieq(s, STR("FETCH")) || word_next(&w, &s) != WORD_OPEN)
        return false;
    while (word_next(&w, &s) == WORD_ATOM) {
        struct str item = s;

        kind = word_next(&w, &s);
        if (str_ieq(item, STR("FLAGS")) && kind == WORD_OPEN) {
            take_flags(&w, &f->arena, out);
        } else if (str_ieq(item, STR("BODY[]")) && kind == WORD_STRING) {
            out->bytes = s;
            has_text = true;
        } else if (str_ieq(item, STR("UID"))) {
            IGNORE(str_u32(s, UINT32_MAX, &out->uid)); /* it stays 0 */
        } else if (str_ieq(item, STR("INTERNALDATE"))) {
            take_date(s, out);
        } else {
            word_skip(&w, kind);
        }
    }
    return has_text;
}

/* One FETCH and its answers. The tagged one's status is *out_said; another status: the connection, or take. */
static enum st run(struct fetch *f, uint32_t from, uint32_t to, enum st *out_said) SUSPENDS
{
    struct answer answer;
    struct letter l;
    uint32_t seq;

    TRY(client_send(f->client, "FETCH %u:%u (UID FLAGS INTERNALDATE BODY.PEEK[])", from, to));
    for (;;) {
        TRY(client_read(f->client, &answer));
        if (answer.is_tagged)
            break;
        arena_reset(&f->arena);
        if (!take_message(f, &answer, &seq, &l) || seq < from || seq > to || f->seen[seq - f->first])
            continue;
        f->seen[seq - f->first] = true;
        TRY(f->take(f->arg, &l));
        report_progress(f->report, f->mailbox->name);
    }
    *out_said = client_failed(&answer);
    return ST_OK;
}

static enum st run_window(struct fetch *f, uint32_t last) SUSPENDS
{
    enum st said;

    TRY(run(f, f->first, last, &said));
    if (said == ST_OK) /* those that did not come have been expunged */
        return ST_OK;
    for (uint32_t seq = f->first; seq <= last; seq++) {
        char where[40];

        if (f->seen[seq - f->first])
            continue;
        TRY(run(f, seq, seq, &said));
        if (said == ST_OK)
            continue;
        snprintf(where, sizeof where, "message %u", seq);
        report_left_out(f->report, f->mailbox->name, str_z(where), err_get()->text);
    }
    return ST_OK;
}

/* 0: it is gone. */
static enum st uid_of(struct client *c, const struct mailbox_head *m, uint32_t seq, uint32_t *out) SUSPENDS
{
    struct fetch f = {.client = c, .mailbox = m};
    struct answer answer;
    struct letter l;
    uint32_t got, uid = 0;
    enum st st = client_send(c, "FETCH %u (UID)", seq);

    while (st == ST_OK && (st = client_read(c, &answer)) == ST_OK && !answer.is_tagged) {
        IGNORE(take_message(&f, &answer, &got, &l) ? ST_OK : ST_NOTFOUND); /* there is no text with it */
        uid = l.uid ? l.uid : uid;
    }
    arena_fini(&f.arena);
    TRY(st);
    *out = uid;
    return ST_OK;
}

enum st imap_first(struct client *c, const struct mailbox_head *m, uint32_t uid, uint32_t *out)
{
    uint32_t lo = 1, hi = m->messages + 1;

    while (uid > 1 && lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2, is;

        TRY(uid_of(c, m, mid, &is));
        if (is && is < uid)
            lo = mid + 1;
        else
            hi = mid;
    }
    *out = lo;
    return ST_OK;
}

enum st imap_fetch_all(struct client *c, const struct mailbox_head *m, uint32_t first, struct report *r,
                       imap_take_fn *take, void *arg)
{
    struct fetch f = {.client = c, .mailbox = m, .report = r, .take = take, .arg = arg};
    enum st st = ST_OK;

    for (f.first = first; st == ST_OK && f.first <= m->messages; f.first += WINDOW) {
        memset(f.seen, 0, sizeof f.seen);
        st = run_window(&f, MIN(f.first + WINDOW - 1, m->messages));
    }
    arena_fini(&f.arena);
    return st;
}
