/* Keys and records of an account: see layout.h. */
#include "mail/layout.h"

#include "base/uidl_format.h"

#include <endian.h>

#define VERSION 1u

/* --- keys ----------------------------------------------------------------------------------------- */

static char *put_be32(char *p, uint32_t v)
{
    v = htobe32(v);
    memcpy(p, &v, 4);
    return p + 4;
}

static struct str key_of_u64(struct arena *a, char letter, uint64_t v)
{
    char *p = arena_alloc(a, 9);

    p[0] = letter;
    v = htobe64(v);
    memcpy(p + 1, &v, 8);
    return str_n(p, 9);
}

struct str key_account(void)
{
    static const char key[] = {KEY_ACCOUNT};

    return str_n(key, 1);
}
struct str key_letter(struct arena *a, char letter)
{
    return arena_str(a, str_n(&letter, 1));
}
struct str key_mailbox(struct arena *a, uint32_t mailbox)
{
    char *p = arena_alloc(a, 5);

    p[0] = KEY_MAILBOX;
    put_be32(p + 1, mailbox);
    return str_n(p, 5);
}
struct str key_hot(struct arena *a, uint32_t mailbox, uint32_t uid)
{
    char *p = arena_alloc(a, 9);

    p[0] = KEY_HOT;
    put_be32(put_be32(p + 1, mailbox), uid);
    return str_n(p, 9);
}
struct str key_email(struct arena *a, uint64_t email)
{
    return key_of_u64(a, KEY_EMAIL, email);
}
struct str key_acl(struct arena *a, uint32_t mailbox)
{
    char *p = arena_alloc(a, 5);

    p[0] = KEY_ACL;
    put_be32(p + 1, mailbox);
    return str_n(p, 5);
}
struct str key_grantor(struct arena *a, uint64_t owner)
{
    return key_of_u64(a, KEY_GRANTOR, owner);
}
struct str key_seen(struct arena *a, uint32_t mailbox, uint64_t who, uint32_t uid)
{
    char *p = arena_alloc(a, 17);

    p[0] = KEY_SEEN;
    put_be32(p + 1, mailbox);
    who = htobe64(who);
    memcpy(p + 5, &who, 8);
    put_be32(p + 13, uid);
    return str_n(p, 17);
}
struct str key_fetched(struct arena *a, uint32_t day, uint32_t mailbox, uint32_t part)
{
    char *p = arena_alloc(a, 13);

    p[0] = KEY_FETCHED;
    put_be32(put_be32(put_be32(p + 1, day), mailbox), part);
    return str_n(p, 13);
}
struct str key_uidl(struct arena *a, uint32_t mailbox, uint32_t uid)
{
    char *p = arena_alloc(a, 9);

    p[0] = KEY_UIDL;
    put_be32(put_be32(p + 1, mailbox), uid);
    return str_n(p, 9);
}
struct str key_refs(struct arena *a, uint64_t email)
{
    return key_of_u64(a, KEY_REFS, email);
}
struct str key_log(struct arena *a, uint64_t modseq)
{
    return key_of_u64(a, KEY_LOG, modseq);
}
struct str key_kept(struct arena *a, uint64_t at_us, uint32_t mailbox, uint32_t uid)
{
    char *p = arena_alloc(a, 17);

    p[0] = KEY_KEPT;
    at_us = htobe64(at_us);
    memcpy(p + 1, &at_us, 8);
    put_be32(put_be32(p + 9, mailbox), uid);
    return str_n(p, 17);
}
struct str key_note(struct arena *a, uint32_t mailbox, uint64_t who, struct str name)
{
    char *p = arena_alloc(a, 13 + name.n);

    p[0] = KEY_NOTE;
    put_be32(p + 1, mailbox);
    who = htobe64(who);
    memcpy(p + 5, &who, 8);
    if (name.n)
        memcpy(p + 13, name.p, name.n);
    return str_n(p, 13 + name.n);
}
struct str key_subscription(struct arena *a, struct str name)
{
    char *p = arena_alloc(a, 1 + name.n);

    p[0] = KEY_SUBSCRIPTION;
    memcpy(p + 1, name.p, name.n);
    return str_n(p, 1 + name.n);
}

/* --- records ---------------------------------------------------------------------------------------- */

/* A writer into memory that is known to be large enough. */
struct pen {
    char *p;
};
static void pen_u8(struct pen *w, unsigned v)
{
    *w->p++ = (char)v;
}
static void pen_u16(struct pen *w, unsigned v)
{
    uint16_t le = htole16((uint16_t)v);

    memcpy(w->p, &le, 2);
    w->p += 2;
}
static void pen_u32(struct pen *w, uint32_t v)
{
    v = htole32(v);
    memcpy(w->p, &v, 4);
    w->p += 4;
}
static void pen_u64(struct pen *w, uint64_t v)
{
    v = htole64(v);
    memcpy(w->p, &v, 8);
    w->p += 8;
}
static void pen_bytes(struct pen *w, struct str s)
{
    if (s.n)
        memcpy(w->p, s.p, s.n);
    w->p += s.n;
}
static void pen_str(struct pen *w, struct str s)
{
    pen_u32(w, (uint32_t)s.n);
    pen_bytes(w, s);
}
static struct str pen_end(const struct pen *w, const char *start)
{
    return str_n(start, (size_t)(w->p - start));
}

static struct rec record_of(struct str value)
{
    struct rec r = rec_of(value);

    rec_need(&r, rec_u8(&r) == VERSION);
    return r;
}

enum {
    REC_REMOVED = 1,
    REC_ACL = 2,
    REC_GRANTORS = 4,
    REC_SEEN = 8,
    REC_PUBLIC = 16,
    REC_FETCHED = 32,
    REC_UIDLS = 64
};

struct str account_rec_put(struct arena *a, const struct account_rec *r)
{
    char *start = arena_alloc(a, 34);
    struct pen w = {start};

    pen_u8(&w, VERSION);
    pen_u32(&w, r->next_mailbox);
    pen_u32(&w, r->uidvalidity_high);
    pen_u64(&w, r->log_low);
    pen_u64(&w, r->domain);
    pen_u32(&w, r->keep_s);
    pen_u8(&w, (r->removed ? REC_REMOVED : 0u) | (r->has_acl ? REC_ACL : 0u) | (r->has_grantors ? REC_GRANTORS : 0u) |
                   (r->has_seen ? REC_SEEN : 0u) | (r->is_public ? REC_PUBLIC : 0u) |
                   (r->has_fetched ? REC_FETCHED : 0u) | (r->has_uidls ? REC_UIDLS : 0u));
    pen_u32(&w, r->retention);
    return pen_end(&w, start);
}

enum st account_rec_get(struct str value, struct account_rec *out)
{
    struct rec r = record_of(value);
    struct account_rec got = {.keep_s = KEEP_DEFAULT};
    unsigned bits;

    got.next_mailbox = rec_u32(&r);
    got.uidvalidity_high = rec_u32(&r);
    got.log_low = rec_u64(&r);
    if (!r.bad && rec_left(&r)) { /* the first stores had nothing here */
        got.domain = rec_u64(&r);
        got.keep_s = rec_u32(&r);
        bits = rec_u8(&r);
        got.removed = bits & REC_REMOVED;
        got.has_acl = bits & REC_ACL;
        got.has_grantors = bits & REC_GRANTORS;
        got.has_seen = bits & REC_SEEN;
        got.is_public = bits & REC_PUBLIC;
        got.has_fetched = bits & REC_FETCHED;
        got.has_uidls = bits & REC_UIDLS;
        if (!r.bad && rec_left(&r))
            got.retention = rec_u32(&r);
    }
    rec_need(&r, got.next_mailbox > 0);
    TRY(rec_end_open(&r, "an account's record"));
    *out = got;
    return ST_OK;
}

struct str mailbox_rec_put(struct arena *a, const struct mailbox_rec *r)
{
    size_t n = 64 + r->name.n;
    struct pen w;
    char *start;

    for (unsigned i = 0; i < r->n_keywords; i++)
        n += 4 + r->keywords[i].n;
    start = arena_alloc(a, n);
    w.p = start;
    pen_u8(&w, VERSION);
    pen_u8(&w, (unsigned)r->use);
    pen_u8(&w, r->noselect);
    pen_u8(&w, r->n_keywords);
    pen_u32(&w, r->uidvalidity);
    pen_u32(&w, r->uidnext);
    pen_u32(&w, r->first_recent);
    pen_u32(&w, r->messages);
    pen_u32(&w, r->unseen);
    pen_u32(&w, r->deleted);
    pen_u32(&w, r->recent);
    pen_u64(&w, r->highestmodseq);
    pen_u64(&w, r->bytes);
    pen_str(&w, r->name);
    for (unsigned i = 0; i < r->n_keywords; i++)
        pen_str(&w, r->keywords[i]);
    return pen_end(&w, start);
}

enum st mailbox_rec_get(struct str key, struct str value, uint32_t *out_id, struct mailbox_rec *out)
{
    struct rec k = rec_of(key), r = record_of(value);
    uint32_t id;

    rec_need(&r, rec_u8(&k) == KEY_MAILBOX);
    id = rec_u32_be(&k);
    rec_need(&r, !k.bad && rec_left(&k) == 0);
    memset(out, 0, sizeof *out);
    out->use = (enum mail_use)rec_u8(&r);
    rec_need(&r, out->use <= MAIL_USE_ALL);
    out->noselect = rec_u8(&r);
    out->n_keywords = rec_u8(&r);
    rec_need(&r, out->n_keywords <= LIMIT_KEYWORDS);
    out->uidvalidity = rec_u32(&r);
    out->uidnext = rec_u32(&r);
    out->first_recent = rec_u32(&r);
    out->messages = rec_u32(&r);
    out->unseen = rec_u32(&r);
    out->deleted = rec_u32(&r);
    out->recent = rec_u32(&r);
    out->highestmodseq = rec_u64(&r);
    out->bytes = rec_u64(&r);
    out->name = rec_str(&r, LIMIT_MAILBOX_NAME);
    for (unsigned i = 0; !r.bad && i < out->n_keywords; i++)
        out->keywords[i] = rec_str(&r, LIMIT_KEYWORD);
    rec_need(&r, out->uidvalidity && out->uidnext && out->name.n);
    TRY(rec_end_open(&r, "a mailbox's record"));
    *out_id = id;
    return ST_OK;
}

struct str hot_put(struct arena *a, const struct hot *h)
{
    char *start = arena_alloc(a, HOT_BYTES);
    struct pen w = {start};

    pen_u8(&w, VERSION);
    pen_u8(&w, h->flags);
    pen_u16(&w, 0);
    pen_u32(&w, h->size);
    pen_u64(&w, h->keywords);
    pen_u64(&w, h->modseq);
    pen_u64(&w, h->internal_date_us);
    pen_u64(&w, h->save_date_us);
    pen_u64(&w, h->email);
    pen_u64(&w, h->blob);
    return pen_end(&w, start);
}

enum st hot_get(struct str key, struct str value, struct hot *out)
{
    struct rec k = rec_of(str_from(key, 5)), r = record_of(value);

    out->uid = rec_u32_be(&k);
    out->flags = rec_u8(&r);
    rec_u16(&r);
    out->size = rec_u32(&r);
    out->keywords = rec_u64(&r);
    out->modseq = rec_u64(&r);
    out->internal_date_us = rec_u64(&r);
    out->save_date_us = rec_u64(&r);
    out->email = rec_u64(&r);
    out->blob = rec_u64(&r);
    rec_need(&r, key.n == 9 && out->uid && (out->flags & ~(HOT_FLAGS | HOT_SHARED)) == 0);
    return rec_end(&r, "a message's record");
}

struct str kept_rec_put(struct arena *a, const struct kept_rec *r)
{
    struct str hot = hot_put(a, &r->hot);
    size_t n = 2 + hot.n + 4 + r->name.n;
    struct pen w;
    char *start;

    for (unsigned i = 0; i < r->n_keywords; i++)
        n += 4 + r->keywords[i].n;
    start = arena_alloc(a, n);
    w.p = start;
    pen_u8(&w, VERSION);
    pen_bytes(&w, hot);
    pen_str(&w, r->name);
    pen_u8(&w, r->n_keywords);
    for (unsigned i = 0; i < r->n_keywords; i++)
        pen_str(&w, r->keywords[i]);
    return pen_end(&w, start);
}

enum st kept_rec_get(struct str key, struct str value, struct kept_rec *out)
{
    struct rec k = rec_of(key), r = record_of(value);

    rec_need(&r, key.n == 17 && rec_u8(&k) == KEY_KEPT);
    out->at_us = rec_u64_be(&k);
    out->mailbox = rec_u32_be(&k);
    if (r.bad || rec_left(&r) < HOT_BYTES)
        return FAIL(ST_CORRUPT, "the record of a deleted message is damaged");
    TRY(hot_get(str_from(key, 8), rec_bytes(&r, HOT_BYTES), &out->hot)); /* the uid is its last number */
    out->name = rec_str(&r, LIMIT_MAILBOX_NAME);
    out->n_keywords = rec_u8(&r);
    rec_need(&r, out->n_keywords == (unsigned)__builtin_popcountll(out->hot.keywords));
    for (unsigned i = 0; !r.bad && i < out->n_keywords; i++)
        out->keywords[i] = rec_str(&r, LIMIT_KEYWORD);
    return rec_end_open(&r, "the record of a deleted message");
}

struct str email_rec_put(struct arena *a, uint64_t blob, struct str prefix, struct str record)
{
    char *start = arena_alloc(a, 13 + prefix.n + record.n);
    struct pen w = {start};

    pen_u8(&w, VERSION);
    pen_u64(&w, blob);
    pen_str(&w, prefix);
    pen_bytes(&w, record);
    return pen_end(&w, start);
}

enum st email_rec_get(uint64_t id, struct str value, struct email *out)
{
    struct rec r = record_of(value);

    out->id = id;
    out->blob = rec_u64(&r);
    out->prefix = rec_str(&r, LIMIT_MAIL_PREFIX);
    TRY(rec_end_open(&r, "an email's record"));
    TRY(mime_record_open(rec_bytes(&r, rec_left(&r)), &out->rec));
    out->size = (uint64_t)out->prefix.n + out->rec.size;
    return ST_OK;
}

#define ACL_ENTRY_BYTES 13u

struct str acl_rec_put(struct arena *a, const struct acl *acl)
{
    char *start = arena_alloc(a, 3 + acl->n * ACL_ENTRY_BYTES);
    struct pen w = {start};

    pen_u8(&w, VERSION);
    pen_u16(&w, (unsigned)acl->n);
    for (size_t i = 0; i < acl->n; i++) {
        pen_u64(&w, acl->e[i].who);
        pen_u8(&w, acl->e[i].negative);
        pen_u32(&w, acl->e[i].rights);
    }
    return pen_end(&w, start);
}

enum st acl_rec_get(struct str key, struct str value, uint32_t *out_mailbox, struct acl **out)
{
    struct rec k = rec_of(key), r = record_of(value);
    struct acl *acl;
    uint32_t mailbox;
    size_t n;

    rec_need(&r, rec_u8(&k) == KEY_ACL);
    mailbox = rec_u32_be(&k);
    n = rec_u16(&r);
    rec_need(&r, !k.bad && rec_left(&k) == 0 && n <= LIMIT_MAIL_ACL && rec_left(&r) == n * ACL_ENTRY_BYTES);
    if (r.bad)
        return rec_end(&r, "an access control list");
    acl = mem_new(sizeof *acl + n * sizeof *acl->e);
    acl->n = n;
    for (size_t i = 0; i < n; i++) {
        acl->e[i].who = rec_u64(&r);
        acl->e[i].negative = rec_u8(&r);
        acl->e[i].rights = rec_u32(&r);
    }
    *out_mailbox = mailbox;
    *out = acl;
    return ST_OK;
}

struct str grantor_rec_put(struct arena *a, uint64_t at_us)
{
    char *start = arena_alloc(a, 9);
    struct pen w = {start};

    pen_u8(&w, VERSION);
    pen_u64(&w, at_us);
    return pen_end(&w, start);
}

enum st grantor_rec_get(struct str key, struct str value, uint64_t *out_owner, uint64_t *out_at_us)
{
    struct rec k = rec_of(key), r = record_of(value);
    uint64_t owner, at_us;

    rec_need(&r, rec_u8(&k) == KEY_GRANTOR);
    owner = rec_u64_be(&k);
    rec_need(&r, !k.bad && rec_left(&k) == 0);
    at_us = rec_u64(&r);
    TRY(rec_end(&r, "an account that shares"));
    *out_owner = owner;
    *out_at_us = at_us;
    return ST_OK;
}

struct str seen_rec_put(struct arena *a, bool seen, uint64_t modseq)
{
    char *start = arena_alloc(a, 10);
    struct pen w = {start};

    pen_u8(&w, VERSION);
    pen_u8(&w, seen);
    pen_u64(&w, modseq);
    return pen_end(&w, start);
}

enum st seen_rec_get(struct str key, struct str value, struct seen_rec *out)
{
    struct rec k = rec_of(key), r = record_of(value);
    struct seen_rec got;

    rec_need(&r, rec_u8(&k) == KEY_SEEN);
    got.mailbox = rec_u32_be(&k);
    got.who = rec_u64_be(&k);
    got.uid = rec_u32_be(&k);
    rec_need(&r, !k.bad && rec_left(&k) == 0);
    got.seen = rec_u8(&r);
    got.modseq = rec_u64(&r);
    TRY(rec_end(&r, "what somebody has seen"));
    *out = got;
    return ST_OK;
}

struct str fetched_rec_put(struct arena *a, const struct fetched_rec *r)
{
    char *start = arena_alloc(a, 1 + 8 * r->n);
    struct pen w = {start};

    pen_u8(&w, VERSION);
    for (size_t i = 0; i < r->n; i++) {
        pen_u32(&w, r->r[i].lo);
        pen_u32(&w, r->r[i].hi);
    }
    return pen_end(&w, start);
}

enum st fetched_rec_get(struct str key, struct str value, struct fetched_rec *out)
{
    struct rec k = rec_of(key), r = record_of(value);
    uint32_t last = 0;

    rec_need(&r, rec_u8(&k) == KEY_FETCHED);
    out->day = rec_u32_be(&k);
    out->mailbox = rec_u32_be(&k);
    out->part = rec_u32_be(&k);
    rec_need(&r, !k.bad && rec_left(&k) == 0);
    out->n = 0;
    while (!r.bad && rec_left(&r)) {
        struct uid_range range = {rec_u32(&r), 0};

        range.hi = rec_u32(&r);
        rec_need(&r, range.lo > last && range.hi >= range.lo && out->n < FETCHED_RANGES);
        if (!r.bad)
            out->r[out->n++] = range;
        last = range.hi;
    }
    rec_need(&r, out->n > 0);
    return rec_end(&r, "what was fetched over POP3");
}

struct str uidl_rec_put(struct arena *a, struct str uidl)
{
    return note_rec_put(a, uidl);
}

enum st uidl_rec_get(struct str key, struct str value, struct uidl_rec *out)
{
    struct rec k = rec_of(key), r = record_of(value);
    struct uidl_rec got;

    rec_need(&r, rec_u8(&k) == KEY_UIDL);
    got.mailbox = rec_u32_be(&k);
    got.uid = rec_u32_be(&k);
    rec_need(&r, !k.bad && rec_left(&k) == 0);
    got.uidl = rec_bytes(&r, rec_left(&r));
    rec_need(&r, uidl_is_valid(got.uidl));
    TRY(rec_end(&r, "a unique id of POP3"));
    *out = got;
    return ST_OK;
}

struct str note_rec_put(struct arena *a, struct str value)
{
    char *start = arena_alloc(a, 1 + value.n);
    struct pen w = {start};

    pen_u8(&w, VERSION);
    pen_bytes(&w, value);
    return pen_end(&w, start);
}

enum st note_rec_get(struct str key, struct str value, struct note_rec *out)
{
    struct rec k = rec_of(key), r = record_of(value);

    rec_need(&r, rec_u8(&k) == KEY_NOTE);
    out->mailbox = rec_u32_be(&k);
    out->who = rec_u64_be(&k);
    out->name = rec_bytes(&k, rec_left(&k));
    rec_need(&r, !k.bad && out->name.n > 1 && out->name.n <= LIMIT_NOTE_NAME && out->name.p[0] == '/');
    out->value = rec_bytes(&r, rec_left(&r));
    if (!out->value.p) /* empty is not none */
        out->value = STR("");
    rec_need(&r, out->value.n <= LIMIT_NOTE);
    return rec_end(&r, "a note");
}

struct str key_url_key(struct arena *a, uint64_t owner, uint32_t mailbox)
{
    char *p = arena_alloc(a, 13);

    p[0] = KEY_URL_KEY;
    owner = htobe64(owner);
    memcpy(p + 1, &owner, 8);
    put_be32(p + 9, mailbox);
    return str_n(p, 13);
}

enum st url_key_key_get(struct str key, uint64_t *out_owner, uint32_t *out_mailbox)
{
    struct rec k = rec_of(key);

    rec_need(&k, rec_u8(&k) == KEY_URL_KEY);
    *out_owner = rec_u64_be(&k);
    *out_mailbox = rec_u32_be(&k);
    return rec_end(&k, "a key for URLs");
}

struct str url_key_rec_put(struct arena *a, const unsigned char key[32])
{
    char *start = arena_alloc(a, 33);
    struct pen w = {start};

    pen_u8(&w, VERSION);
    pen_bytes(&w, str_n((const char *)key, 32));
    return pen_end(&w, start);
}

enum st url_key_rec_get(struct str value, unsigned char out[32])
{
    struct rec r = record_of(value);
    struct str key = rec_bytes(&r, 32);

    TRY(rec_end(&r, "a key for URLs"));
    memcpy(out, key.p, 32);
    return ST_OK;
}

struct str refs_rec_put(struct arena *a, uint32_t refs)
{
    char *start = arena_alloc(a, 5);
    struct pen w = {start};

    pen_u8(&w, VERSION);
    pen_u32(&w, refs);
    return pen_end(&w, start);
}

enum st refs_rec_get(struct str value, uint32_t *out)
{
    struct rec r = record_of(value);
    uint32_t refs = rec_u32(&r);

    rec_need(&r, refs > 0);
    TRY(rec_end(&r, "a count of references"));
    *out = refs;
    return ST_OK;
}

/* --- the change log ------------------------------------------------------------------------------ */

struct str log_rec_put(struct arena *a, const struct log_entry *e, size_t n)
{
    size_t bytes = 1;
    struct pen w;
    char *start;

    for (size_t i = 0; i < n; i++)
        bytes += 9 + 8 * e[i].n;
    start = arena_alloc(a, bytes);
    w.p = start;
    pen_u8(&w, VERSION);
    for (size_t i = 0; i < n; i++) {
        pen_u8(&w, e[i].kind);
        pen_u32(&w, e[i].mailbox);
        pen_u32(&w, (uint32_t)e[i].n);
        for (size_t k = 0; k < e[i].n; k++) {
            if (e[i].kind == LOG_EMAILS_GONE) {
                pen_u64(&w, e[i].ids[k]);
            } else {
                pen_u32(&w, e[i].ranges[k].lo);
                pen_u32(&w, e[i].ranges[k].hi);
            }
        }
    }
    return pen_end(&w, start);
}

bool log_rec_begin(struct rec *r, struct str value)
{
    *r = record_of(value);
    return !r->bad;
}

bool log_rec_next(struct rec *r, struct arena *a, struct log_entry *out)
{
    struct uid_range *ranges;
    uint64_t *ids;

    if (r->bad || !rec_left(r))
        return false;
    *out = (struct log_entry){.kind = (enum log_kind)rec_u8(r)};
    out->mailbox = rec_u32(r);
    out->n = rec_u32(r);
    rec_need(r, out->kind >= LOG_ADDED && out->kind < LOG_KINDS && out->n <= rec_left(r) / 8);
    if (r->bad)
        return false;
    if (out->kind == LOG_EMAILS_GONE) {
        out->ids = ids = ARENA_ARRAY(a, uint64_t, out->n);
        for (size_t i = 0; i < out->n; i++)
            ids[i] = rec_u64(r);
        return true;
    }
    out->ranges = ranges = ARENA_ARRAY(a, struct uid_range, out->n);
    for (size_t i = 0; i < out->n; i++) {
        ranges[i].lo = rec_u32(r);
        ranges[i].hi = rec_u32(r);
    }
    return true;
}

/* --- ids of emails ---------------------------------------------------------------------------------------- */

/* The finalizer of SplitMix64 (public domain). Ids of emails are small numbers in every account: those of several must be far apart. */
static uint64_t spread(uint64_t account)
{
    account += 0x9e3779b97f4a7c15u;
    account = (account ^ account >> 30) * 0xbf58476d1ce4e5b9u;
    account = (account ^ account >> 27) * 0x94d049bb133111ebu;
    return account ^ account >> 31;
}

uint64_t email_shown(uint64_t email, uint64_t owner, uint64_t who)
{
    return (owner == who ? email : email ^ spread(owner) ^ spread(who)) & ~EMAIL_TAKEN;
}

uint64_t email_taken(uint64_t email, uint64_t from, uint64_t to)
{
    return email_shown(email, from, to) | EMAIL_TAKEN;
}

/* --- the trace -------------------------------------------------------------------------------------------------- */

struct str key_trace(struct arena *a, enum trace_ring ring, enum trace_part part, uint64_t batch)
{
    char *p = arena_alloc(a, 11);

    p[0] = KEY_TRACE;
    p[1] = (char)ring;
    p[2] = (char)part;
    batch = htobe64(batch);
    memcpy(p + 3, &batch, 8);
    return str_n(p, 11);
}

enum st trace_key_get(struct str key, uint64_t *out_batch)
{
    struct rec r = rec_of(str_from(key, 3));

    *out_batch = rec_u64_be(&r);
    return rec_end(&r, "a key of the trace");
}

struct str trace_state_put(struct arena *a, const struct trace_state *s)
{
    struct buf b;
    struct str out;

    buf_init(&b, 64);
    rec_put_u8(&b, VERSION);
    rec_put_u64(&b, s->low);
    rec_put_u64(&b, s->next);
    rec_put_u64(&b, s->bytes);
    out = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return out;
}

enum st trace_state_get(struct str value, struct trace_state *out)
{
    struct rec r = rec_of(value);
    struct trace_state s;

    rec_need(&r, rec_u8(&r) == VERSION);
    s.low = rec_u64(&r);
    s.next = rec_u64(&r);
    s.bytes = rec_u64(&r);
    rec_need(&r, s.low <= s.next);
    TRY(rec_end_open(&r, "the state of the trace"));
    *out = s;
    return ST_OK;
}

void trace_index_put(struct buf *b, const struct trace_index *x)
{
    rec_put_u8(b, VERSION);
    rec_put_u64(b, x->first_us);
    rec_put_u64(b, x->last_us);
    rec_put_u32(b, x->bytes);
    rec_put_u32(b, x->n);
    buf_add(b, str_n(x->hashes, (size_t)x->n * 8));
    buf_add(b, str_n(x->places, (size_t)x->n * 4));
}

enum st trace_index_get(struct str value, struct trace_index *out)
{
    struct rec r = rec_of(value);
    struct trace_index x;

    rec_need(&r, rec_u8(&r) == VERSION);
    x.first_us = rec_u64(&r);
    x.last_us = rec_u64(&r);
    x.bytes = rec_u32(&r);
    x.n = rec_u32(&r);
    rec_need(&r, rec_left(&r) == (size_t)x.n * 12);
    if (r.bad)
        return FAIL(ST_CORRUPT, "an index of the trace is damaged");
    x.hashes = (const char *)r.p;
    x.places = x.hashes + (size_t)x.n * 8;
    *out = x;
    return ST_OK;
}
