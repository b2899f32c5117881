/* Our signatures in front of a letter that leaves (RFC 6376 section 5): over the form that is sent, for the domain of its author when one of our users has
 * sent it. A key whose record is not in the DNS does not sign: a signature that fails is worse than none. */
#include "courier/courier.h"

#include "mime/address.h"
#include "mime/addrspec.h"
#include "mime/header.h"
#include "policy/dkim_record.h"
#include "policy/dkim_sign.h"

#define RECORD_MS 5000        /* for the DNS to say a record */
#define RECORD_GOOD_MS 600000 /* it is not asked for again so long */
#define RECORD_UNKNOWN_MS 30000
#define RECORDS_MAX 10000
#define AUTHOR_MAX 1000

struct courier_record {
    bool is_there;
    mono_ms until;
};

/* --- the records of keys ------------------------------------------------------------------------------------------ */

static bool has_record(struct courier *c, struct arena *a, struct str name, const struct dkim_key *key, mono_ms *out_ms)
    SUSPENDS
{
    struct str *texts;
    struct dns d;
    size_t n = 0;
    enum st st = dns_txt(courier_resolver(c), a, name, deadline_in(RECORD_MS), &d, &texts, &n);

    *out_ms = RECORD_GOOD_MS;
    for (size_t i = 0; st == ST_OK && i < n; i++)
        if (dkim_record_has(texts[i], key->public_key))
            return true;
    if (st == ST_OK || st == ST_NOTFOUND) {
        LOG(COURIER_KEY_NOT_PUBLISHED, lf_str("name", name),
            lf_z("why", st == ST_OK ? "the record there is of another key" : "there is no such record"));
        return false;
    }
    *out_ms = RECORD_UNKNOWN_MS;
    return true; /* nobody can say just now: most probably it is where it was */
}

static bool is_published(struct courier *c, struct arena *a, struct str domain, const struct dkim_key *key) SUSPENDS
{
    struct str name = dkim_record_name(a, key->selector, domain);
    struct courier_record *r = map_str_get(&c->records, name);
    mono_ms good;
    bool is_there;

    if (r && clock_mono_ms() < r->until)
        return r->is_there;
    is_there = has_record(c, a, name, key, &good);
    r = map_str_get(&c->records, name);
    if (!r && c->records.n < RECORDS_MAX) {
        r = MEM_NEW(struct courier_record);
        map_str_put(&c->records, name, r);
    }
    if (r)
        *r = (struct courier_record){.is_there = is_there, .until = deadline_in(good)};
    return is_there;
}

/* --- a letter ------------------------------------------------------------------------------------------------------ */

/* The one address that it is from. */
static enum st author_of(struct arena *a, struct str value, struct str *out)
{
    struct mime_address_iter it;
    struct mime_address m;
    size_t n = 0;

    mime_address_begin(&it, a, value);
    while (mime_address_next(&it, &m))
        if (m.kind == MIME_ADDR_MAILBOX && n++ == 0)
            *out = arena_printf(a, "%.*s@%.*s", STR_ARGS(m.local), STR_ARGS(m.domain));
    return n == 1 && out->n <= AUTHOR_MAX ? ST_OK : FAIL(ST_SYNTAX, "a letter that is not from one address");
}

struct signing {
    struct letter *l;
    struct arena *a;
    struct str author, domain;
    struct dkim_letter what;
    struct buf fields;
};

static enum st add_signature(struct signing *s, const struct dkim_key *key) SUSPENDS
{
    struct courier *c = s->l->c;
    struct dkim_signer by = {
        .domain = s->domain, .selector = key->selector, .algorithm = key->algorithm, .time_s = clock_wall_s()};
    unsigned char hash[DKIM_HASH];
    struct str begin = dkim_field_begin(s->a, &s->what, &by, hash);
    struct msg_dkim_sign_ask ask = {.account = s->l->work.account,
                                    .address = s->author,
                                    .key = key->id,
                                    .hash = str_n((const char *)hash, DKIM_HASH)};
    struct msg_dkim_sign_answer answer;

    TRY(IPC_ASK(courier_keeper(c), dkim_sign_ask, &ask, dkim_sign_answer, s->a, &answer, deadline_in(COURIER_ASK_MS)));
    if (answer.status != ST_OK)
        return FAIL(answer.status < ST_COUNT ? (enum st)answer.status : ST_INTERNAL, "%.*s", STR_ARGS(answer.text));
    buf_add(&s->fields, dkim_field_end(s->a, begin, answer.signature));
    return ST_OK;
}

/* Of each algorithm the newest key whose record is there. */
static enum st sign_with(struct signing *s, const struct dkim_key *keys, size_t n) SUSPENDS
{
    static const struct str algorithms[] = {STR("rsa-sha256"), STR("ed25519-sha256")};

    for (size_t k = 0; k < ARRAY_LEN(algorithms); k++)
        for (size_t i = 0; i < n; i++) {
            if (!str_eq(keys[i].algorithm, algorithms[k]) || !is_published(s->l->c, s->a, s->domain, &keys[i]))
                continue;
            TRY(add_signature(s, &keys[i]));
            break;
        }
    return buf_check(&s->fields);
}

static uint64_t keys_good_ms(const void *answer)
{
    return courier_again_ms(((const struct msg_dkim_keys_answer *)answer)->status);
}

/* The keys for letters of that account, which may be 0, from that address. */
static enum st keys_for(struct courier *c, struct arena *a, uint64_t account, struct str author, struct str *out_domain,
                        struct dkim_key **out, size_t *out_n) SUSPENDS
{
    struct msg_dkim_keys_ask ask = {.account = account, .address = author};
    struct msg_dkim_keys_answer answer;

    TRY(IPC_ASK_AGAIN(courier_keeper(c), dkim_keys_ask, &ask, dkim_keys_answer, a, &answer, deadline_in(COURIER_ASK_MS),
                      keys_good_ms));
    if (answer.status != ST_OK)
        return FAIL(answer.status < ST_COUNT ? (enum st)answer.status : ST_INTERNAL, "%.*s", STR_ARGS(answer.text));
    *out_domain = answer.domain;
    return dkim_keys_get(answer.keys, a, out, out_n);
}

enum st courier_can_sign(struct courier *c, struct arena *a, struct str author)
{
    struct str domain;
    struct dkim_key *keys;
    size_t n;

    TRY(keys_for(c, a, 0, author, &domain, &keys, &n));
    for (size_t i = 0; i < n; i++)
        if (is_published(c, a, domain, &keys[i]))
            return ST_OK;
    return FAIL(ST_NOTFOUND, "the DNS has none of the DKIM keys of %.*s", STR_ARGS(domain));
}

static enum st sign(struct signing *s, struct str form) SUSPENDS
{
    struct dkim_key *keys;
    struct str from;
    size_t n;

    TRY(dkim_from(form, &from));
    TRY(author_of(s->a, from, &s->author));
    if (s->l->work.account && courier_is_foreign(s->l->c, s->a, s->author)) /* no question about each author */
        return FAIL(ST_FOREIGN, "%.*s is of no domain of this server", STR_ARGS(s->author));
    TRY(keys_for(s->l->c, s->a, s->l->work.account, s->author, &s->domain, &keys, &n));
    TRY(dkim_read(s->a, form, &s->what));
    return sign_with(s, keys, n);
}

/* These it would come to again: without a signature it goes, if not as well received. */
static bool goes_unsigned(enum st st)
{
    return st == ST_SYNTAX || st == ST_LIMIT || st == ST_NOTFOUND || st == ST_DENIED || st == ST_FOREIGN ||
           st == ST_CORRUPT;
}

static enum st make(struct letter *l, struct str form, struct arena *keep, struct str *out) SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct signing s = {.l = l, .a = &a};
    enum st st;

    buf_init(&s.fields, 32768);
    st = sign(&s, form);
    if (goes_unsigned(st)) {
        LOG(COURIER_UNSIGNED, lf_letter(l->work.letter), lf_hex("id", l->work.id), lf_str("from", s.author),
            lf_err());
        buf_clear(&s.fields);
        st = ST_OK;
    }
    if (st == ST_OK)
        *out = arena_str(keep, buf_str(&s.fields));
    buf_fini(&s.fields);
    arena_fini(&a);
    return st == ST_OK ? ST_OK : err_context(ST_TRYLATER, "it can't be signed just now: ");
}

enum st letter_sign(struct letter *l, struct str form, struct arena *a, struct str *out)
{
    bool is_own_form = form.p == l->bytes;
    enum st st;

    *out = STR_NONE;
    if (!l->work.account && !l->work.is_notice)
        return ST_OK;
    if (!is_own_form)
        return make(l, form, a, out);
    while (l->is_signing)
        TRY(co_waitq_wait(&l->loaded, NEVER));
    if (!l->is_signed) {
        l->is_signing = true;
        st = make(l, form, &l->arena, &l->signatures);
        l->is_signing = false;
        l->is_signed = st == ST_OK;
        co_waitq_wake_all(&l->loaded);
        TRY(st);
    }
    *out = l->signatures;
    return ST_OK;
}
