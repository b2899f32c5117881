/* Unique ids of POP3 that messages brought along from another server. They are rows beside the messages, in few mailboxes; everything else
 * has an id that is made of its numbers. Both together must differ: a stored one that is the same as another message's (mail that was fetched from the old
 * server once more, a format that was changed) is replaced by a random one when a session first meets it, durably, before any client sees it. */
#include "mail/pop3.h"

#include "base/must.h"
#include "base/random.h"
#include "base/uidl_format.h"
#include "mail/change.h"

#include <inttypes.h>
#include <stdlib.h>

#define TURN_MESSAGES 2000 /* then others have the core */

struct rows {
    struct arena *arena;
    struct mail_uidls *out;
    size_t cap;
};

static enum st take_row(void *arg, struct str key, struct str value)
{
    struct rows *rows = arg;
    struct mail_uidls *u = rows->out;
    struct uidl_rec rec;

    TRY(uidl_rec_get(key, value, &rec));
    if (u->n == rows->cap) {
        size_t cap = rows->cap ? rows->cap * 2 : 64;
        uint32_t *uid = ARENA_ARRAY(rows->arena, uint32_t, cap);
        struct str *text = ARENA_ARRAY(rows->arena, struct str, cap);

        if (u->n) {
            memcpy(uid, u->uid, u->n * sizeof *uid);
            memcpy(text, u->text, u->n * sizeof *text);
        }
        u->uid = uid;
        u->text = text;
        rows->cap = cap;
    }
    u->uid[u->n] = rec.uid;
    u->text[u->n++] = arena_str(rows->arena, rec.uidl);
    return ST_OK;
}

static size_t place_of(const struct mail_uidls *u, uint32_t uid)
{
    size_t lo = 0, hi = u->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (u->uid[mid] < uid)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < u->n && u->uid[lo] == uid ? lo : u->n;
}

struct str mail_uidl_of(const struct mail_uidls *u, uint32_t uid)
{
    size_t i = place_of(u, uid);

    return i < u->n ? u->text[i] : STR_NONE;
}

static void make(const struct view *v, struct str format, uint32_t uid, uint64_t email, struct buf *out)
{
    /* of one that has gone meanwhile only the uid is known */
    const struct uidl_parts parts = {
        .uid = uid, .uidvalidity = v->mb->uidvalidity, .email = email ? email : UINT64_MAX - uid};

    uidl_format_make(format, &parts, out);
}

void mail_uidl_make(const struct view *v, struct str format, const struct mail_msg *m, struct buf *out)
{
    make(v, format, m->uid, m->email_id, out);
}

/* --- those that are the same -------------------------------------------------------------------------------- */

struct seen_id {
    uint64_t hash;
    uint32_t uid;
    bool is_own;
};

/* Of the same hash: one that is made comes first, since it can't be changed, then the older one. */
static int by_hash(const void *a, const void *b)
{
    const struct seen_id *x = a, *y = b;

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    if (x->is_own != y->is_own)
        return x->is_own ? 1 : -1;
    return x->uid < y->uid ? -1 : x->uid > y->uid;
}

static void list_ids(struct view *v, struct str format, const struct mail_uidls *u, struct seen_id *ids) SUSPENDS
{
    struct buf b;

    buf_init(&b, UIDL_MAX * 2);
    for (uint32_t i = 1; i <= v->n; i++) {
        uint32_t uid = view_uid(v, i);
        struct str own = mail_uidl_of(u, uid);
        struct mail_msg m;

        if (i % TURN_MESSAGES == 0)
            co_yield ();
        buf_clear(&b);
        view_msg(v, i, &m);
        if (!own.n)
            mail_uidl_make(v, format, &m, &b);
        ids[i - 1] = (struct seen_id){hash_bytes(own.n ? own : buf_str(&b)), uid, own.n > 0};
    }
    buf_fini(&b);
}

static enum st replace(struct view *v, struct arena *ar, struct mail_uidls *u, const size_t *places, size_t n) SUSPENDS
{
    struct change *c;

    TRY(account_check(v->mb->a));
    if (!v->mb->pending.exists)
        return FAIL(ST_NOTFOUND, "the mailbox was deleted");
    for (size_t i = 0; i < n; i++)
        u->text[places[i]] = arena_printf(ar, "R%016" PRIx64 "%016" PRIx64, random_u64(), random_u64());
    c = change_begin(v->mb->a);
    for (size_t i = 0; i < n; i++)
        change_uidl(c, v->mb, u->uid[places[i]], u->text[places[i]]);
    return change_commit(c, NULL, 0);
}

static enum st tell_apart(struct view *v, struct str format, struct arena *ar, struct mail_uidls *u) SUSPENDS
{
    struct seen_id *ids = mem_new(MAX(v->n, 1u) * sizeof *ids);
    size_t *places = mem_new((u->n + 1) * sizeof *places), n = 0;
    uint32_t count = v->n;
    enum st st = ST_OK;

    list_ids(v, format, u, ids);
    qsort(ids, count, sizeof *ids, by_hash);
    for (uint32_t i = 1; i < count; i++)
        if (ids[i].hash == ids[i - 1].hash && ids[i].is_own)
            places[n++] = place_of(u, ids[i].uid);
    if (n)
        st = replace(v, ar, u, places, n);
    mem_free(places);
    mem_free(ids);
    return st;
}

enum st view_uidls(struct view *v, struct str format, struct arena *ar, struct mail_uidls *out)
{
    struct account *a = v->mb->a;
    struct rows rows = {ar, out, 0};
    unsigned tries = 0;
    enum st st;

    must(!v->replica);
    *out = (struct mail_uidls){0};
    if (!a->rec.has_uidls)
        return ST_OK;
    TRY(kv_walk(account_store(a), a->id, key_uidl(ar, v->mb->id, 0), key_uidl(ar, v->mb->id + 1, 0), take_row, &rows));
    if (!out->n)
        return ST_OK;
    do
        st = tell_apart(v, format, ar, out);
    while (change_again(st, &tries));
    return st;
}
