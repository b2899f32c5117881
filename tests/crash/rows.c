/* Counters and references, added up from the records themselves: what docs/formats says must hold after any crash. */
#include "world.h"

#include "base/map.h"
#include "base/must.h"
#include "mail/layout.h"
#include "queue/entry.h"
#include "store/inside.h"

#include <stdarg.h>
#include <stdio.h>

struct tally { /* of a mailbox, an email, a blob or a segment */
    uint64_t id, n, want, bytes, want_bytes, unseen, want_unseen, deleted, want_deleted, blob;
    bool is_there;
    struct blob_row row;
};

struct counting {
    struct arena a;
    struct map blobs, segments; /* of the whole store */
    struct map boxes, emails;   /* of one account */
    char *why;
};

static bool say(struct counting *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
static bool say(struct counting *c, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(c->why, 200, fmt, ap);
    va_end(ap);
    return false;
}

static struct tally *tally(struct counting *c, struct map *m, uint64_t id)
{
    struct tally *t = map_get(m, id);

    if (!t) {
        t = ARENA_NEW(&c->a, struct tally);
        t->id = id;
        map_put(m, id, t);
    }
    return t;
}

static uint32_t u32_at(struct str key, size_t at)
{
    struct rec r = rec_of(str_from(key, at));

    return rec_u32_be(&r);
}

static uint64_t u64_at(struct str key, size_t at)
{
    struct rec r = rec_of(str_from(key, at));

    return rec_u64_be(&r);
}

/* --- accounts ---------------------------------------------------------------------------------------------- */

static bool take_hot(struct counting *c, struct str key, struct str value)
{
    struct tally *box = tally(c, &c->boxes, u32_at(key, 1)), *email;
    struct hot h;

    if (hot_get(key, value, &h) != ST_OK)
        return say(c, "a hot record can't be read");
    box->n++;
    box->bytes += h.size;
    box->unseen += !(h.flags & MAIL_SEEN);
    box->deleted += (h.flags & MAIL_DELETED) != 0;
    email = tally(c, &c->emails, h.email);
    email->n++;
    if (email->blob && email->blob != h.blob)
        return say(c, "email %llx has two bodies", (unsigned long long)h.email);
    email->blob = h.blob;
    return true;
}

static bool take_mailbox(struct counting *c, struct str key, struct str value)
{
    struct mailbox_rec r;
    struct tally *t;
    uint32_t id;

    if (mailbox_rec_get(key, value, &id, &r) != ST_OK)
        return say(c, "a mailbox record can't be read");
    t = tally(c, &c->boxes, id);
    t->is_there = true;
    t->want = r.messages;
    t->want_bytes = r.bytes;
    t->want_unseen = r.unseen;
    t->want_deleted = r.deleted;
    return true;
}

static bool take_email(struct counting *c, struct str key, struct str value)
{
    struct tally *t = tally(c, &c->emails, u64_at(key, 1));
    struct email e;

    if (email_rec_get(t->id, value, &e) != ST_OK)
        return say(c, "email %llx can't be read", (unsigned long long)t->id);
    t->is_there = true;
    if (t->blob && t->blob != e.blob)
        return say(c, "email %llx has two bodies", (unsigned long long)t->id);
    t->blob = e.blob;
    tally(c, &c->blobs, e.blob)->n++;
    return true;
}

static bool take_kept(struct counting *c, struct str key, struct str value)
{
    struct kept_rec r;

    if (kept_rec_get(key, value, &r) != ST_OK)
        return say(c, "a kept record can't be read");
    tally(c, &c->emails, r.hot.email)->n++;
    return true;
}

static bool take_key(struct counting *c, struct str key, struct str value)
{
    uint32_t refs;

    switch (key.n ? key.p[0] : 0) {
    case KEY_HOT: return take_hot(c, key, value);
    case KEY_MAILBOX: return take_mailbox(c, key, value);
    case KEY_EMAIL: return take_email(c, key, value);
    case KEY_KEPT: return take_kept(c, key, value);
    case KEY_REFS:
        if (refs_rec_get(value, &refs) != ST_OK)
            return say(c, "a record of references can't be read");
        tally(c, &c->emails, u64_at(key, 1))->want = refs;
        return true;
    default: return true;
    }
}

static bool settle_account(struct counting *c)
{
    size_t pos = 0;
    void *p;

    while (map_next(&c->boxes, &pos, &p)) {
        const struct tally *t = p;

        if (!t->is_there)
            return say(c, "%llu messages of mailbox %llu, which is not there", (unsigned long long)t->n,
                       (unsigned long long)t->id);
        if (t->n != t->want || t->bytes != t->want_bytes || t->unseen != t->want_unseen ||
            t->deleted != t->want_deleted)
            return say(c, "mailbox %llu counts %llu messages, %llu bytes, %llu unseen; there are %llu, %llu, %llu",
                       (unsigned long long)t->id, (unsigned long long)t->want, (unsigned long long)t->want_bytes,
                       (unsigned long long)t->want_unseen, (unsigned long long)t->n, (unsigned long long)t->bytes,
                       (unsigned long long)t->unseen);
    }
    pos = 0;
    while (map_next(&c->emails, &pos, &p)) {
        const struct tally *t = p;

        if (!t->is_there || t->n != MAX(t->want, 1))
            return say(c, "email %llx: there %d, %llu messages, %llu references", (unsigned long long)t->id,
                       t->is_there, (unsigned long long)t->n, (unsigned long long)t->want);
    }
    return true;
}

static bool read_account(struct counting *c, struct store *s, uint64_t account,
                         bool (*take)(struct counting *c, struct str key, struct str value)) SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct kv_range *r;
    struct str key, value;
    bool ok = kv_range_open(s, &a, account, STR(""), STR(""), &r) == ST_OK;

    while (ok && kv_range_next(r, &key, &value))
        ok = take(c, key, value);
    if (kv_range_close(r) != ST_OK)
        ok = say(c, "account %llu can't be read: %.150s", (unsigned long long)account, err_get()->text);
    arena_fini(&a);
    return ok;
}

/* --- the queue -------------------------------------------------------------------------------------------------- */

static bool take_queue(struct counting *c, struct str key, struct str value)
{
    struct tally *all = tally(c, &c->boxes, 0), *t;
    struct entry_counts counts;
    struct queue_entry e;

    if (key.p[0] == 'D' || key.p[0] == 'P') {
        struct entry_place place;
        int priority;

        if (!entry_is_due_key(key, &priority, &place))
            return say(c, "a due row of the queue can't be read");
        t = tally(c, &c->emails, place.id);
        t->n++;
        t->blob = place.due_us;
    } else if (key.p[0] == 'Q') {
        if (entry_decode(&c->a, u64_at(key, 1), value, &e) != ST_OK)
            return say(c, "an entry of the queue can't be read");
        t = tally(c, &c->emails, e.id);
        t->is_there = true;
        t->want = !e.held;
        if (t->n != t->want || (t->n && t->blob != e.due_us))
            return say(c, "entry %llx of the queue has %llu due rows", (unsigned long long)e.id,
                       (unsigned long long)t->n);
        all->n++;
        all->bytes += e.size;
        all->deleted += e.held;
        tally(c, &c->blobs, e.blob)->n++;
    } else if (key.p[0] == 'C') {
        if (counts_decode(value, &counts) != ST_OK)
            return say(c, "the counts of the queue can't be read");
        all->want = counts.counts.entries;
        all->want_bytes = counts.counts.bytes;
        all->want_deleted = counts.counts.held;
    }
    return true;
}

static bool settle_queue(struct counting *c)
{
    const struct tally *all = tally(c, &c->boxes, 0);
    size_t pos = 0;
    void *p;

    while (map_next(&c->emails, &pos, &p))
        if (!((struct tally *)p)->is_there)
            return say(c, "a due row of an entry that is not there");
    return (all->n == all->want && all->bytes == all->want_bytes && all->deleted == all->want_deleted) ||
           say(c, "the queue counts %llu entries, %llu held; there are %llu, %llu", (unsigned long long)all->want,
               (unsigned long long)all->want_deleted, (unsigned long long)all->n, (unsigned long long)all->deleted);
}

/* --- the store ---------------------------------------------------------------------------------------------------- */

static bool read_rows(struct counting *c, struct store *s, char row,
                      bool (*take)(struct counting *c, uint64_t id, struct str value))
{
    struct row_key from = row_key(row, 0), to = row_key((char)(row + 1), 0);
    struct arena a = ARENA_INIT;
    bool ok = true, more = true;

    while (ok && more) {
        struct index_entry *e;
        uint64_t id = 0;
        size_t n = 0;

        arena_reset(&a);
        if (index_page(&s->index, TIER_DISK, &a, str_n(from.p, sizeof from.p), str_n(to.p, sizeof to.p), 512, 1u << 20,
                       &e, &n, &more) != ST_OK)
            ok = say(c, "rows '%c' can't be read: %.150s", row, err_get()->text);
        for (size_t i = 0; ok && i < n; i++)
            ok = take(c, id = u64_at(e[i].key, 9), e[i].value);
        from = row_key(row, id + 1);
    }
    arena_fini(&a);
    return ok;
}

static bool take_blob(struct counting *c, uint64_t id, struct str value)
{
    struct tally *t = tally(c, &c->blobs, id), *seg;

    if (blob_row_of(value, id, &t->row) != ST_OK)
        return say(c, "the row of blob %llu can't be read", (unsigned long long)id);
    t->is_there = true;
    if (t->row.refs != t->n || !t->n)
        return say(c, "blob %llu counts %u references, there are %llu", (unsigned long long)id, t->row.refs,
                   (unsigned long long)t->n);
    seg = tally(c, &c->segments, t->row.segment);
    seg->n++;
    seg->bytes += record_bytes(t->row.stored);
    return true;
}

static bool take_segment(struct counting *c, uint64_t id, struct str value)
{
    struct tally *t = tally(c, &c->segments, id);
    struct segment_row row;

    if (segment_row_of(value, &row) != ST_OK)
        return say(c, "the row of segment %llu can't be read", (unsigned long long)id);
    t->is_there = true;
    if (row.live_blobs != t->n || row.live_bytes != t->bytes)
        return say(c, "segment %llu counts %llu live bodies, %llu bytes; there are %llu, %llu", (unsigned long long)id,
                   (unsigned long long)row.live_blobs, (unsigned long long)row.live_bytes, (unsigned long long)t->n,
                   (unsigned long long)t->bytes);
    return true;
}

static bool settle_blobs(struct counting *c)
{
    size_t pos = 0;
    void *p;

    while (map_next(&c->blobs, &pos, &p))
        if (!((struct tally *)p)->is_there)
            return say(c, "blob %llu is not there", (unsigned long long)((struct tally *)p)->id);
    pos = 0;
    while (map_next(&c->segments, &pos, &p))
        if (!((struct tally *)p)->is_there)
            return say(c, "segment %llu has no row", (unsigned long long)((struct tally *)p)->id);
    return true;
}

static void forget_account(struct counting *c)
{
    map_fini(&c->boxes);
    map_fini(&c->emails);
    c->boxes = c->emails = MAP_INIT;
}

/* What was there before it has left nothing but a mark. */
static bool read_place(struct counting *c, struct store *s, unsigned place, const struct w_account *is) SUSPENDS
{
    bool only_mark = true, ok;

    for (uint32_t i = 0; i < is->generation; i++)
        if (!rows_only_mark(s, ACCOUNT_ID(place, i), &only_mark) || !only_mark)
            return say(c, "account %llu was erased, and something of it is there",
                       (unsigned long long)ACCOUNT_ID(place, i));
    ok = read_account(c, s, ACCOUNT_ID(place, is->generation), take_key) && settle_account(c);
    forget_account(c);
    return ok;
}

bool rows_check(struct rooms *r, const struct world *is, char why[200])
{
    struct counting c = {.why = why};
    bool ok = true;

    for (unsigned i = 0; i < ACCOUNTS && ok; i++)
        ok = read_place(&c, r->store, i, &is->a[i]);
    ok = ok && read_account(&c, r->store, 0, take_queue) && settle_queue(&c);
    forget_account(&c);
    ok = ok && read_rows(&c, r->store, ROW_BLOB, take_blob) && read_rows(&c, r->store, ROW_SEGMENT, take_segment) &&
         settle_blobs(&c);
    map_fini(&c.blobs);
    map_fini(&c.segments);
    arena_fini(&c.a);
    return ok;
}

bool rows_only_mark(struct store *s, uint64_t account, bool *out)
{
    struct arena a = ARENA_INIT;
    struct kv_range *r;
    struct str key, value;
    enum st st = kv_range_open(s, &a, account, STR(""), STR(""), &r);
    size_t n = 0, marks = 0;

    while (st == ST_OK && kv_range_next(r, &key, &value)) {
        n++;
        marks += key.n && key.p[0] == KEY_ACCOUNT;
    }
    if (st == ST_OK)
        st = kv_range_close(r);
    arena_fini(&a);
    *out = n == 1 && marks == 1;
    return st == ST_OK;
}
