#include "mail/seen.h"

#include "base/must.h"

void reader_fini(struct reader *r)
{
    mem_free(r->uid);
    mem_free(r->modseq);
    mem_free(r->seen);
}

/* The first with at least that uid. */
static size_t place_of(const struct reader *r, uint32_t uid)
{
    size_t lo = 0, hi = r->n;

    if (hi && r->uid[hi - 1] < uid)
        return hi;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (r->uid[mid] < uid)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

bool reader_find(const struct reader *r, uint32_t uid, size_t *out_i)
{
    size_t i = place_of(r, uid);

    if (i == r->n || r->uid[i] != uid)
        return false;
    *out_i = i;
    return true;
}

static void room(struct reader *r)
{
    if (r->n < r->cap)
        return;
    r->cap = r->cap ? r->cap + r->cap / 2 : 64;
    r->uid = mem_resize(r->uid, r->cap * sizeof *r->uid);
    r->modseq = mem_resize(r->modseq, r->cap * sizeof *r->modseq);
    r->seen = mem_resize(r->seen, r->cap * sizeof *r->seen);
}

void reader_put(struct reader *r, uint32_t uid, bool seen, uint64_t modseq)
{
    size_t i = place_of(r, uid);

    if (i < r->n && r->uid[i] == uid && r->modseq[i] > modseq)
        return;
    if (i == r->n || r->uid[i] != uid) {
        room(r);
        memmove(r->uid + i + 1, r->uid + i, (r->n - i) * sizeof *r->uid);
        memmove(r->modseq + i + 1, r->modseq + i, (r->n - i) * sizeof *r->modseq);
        memmove(r->seen + i + 1, r->seen + i, (r->n - i) * sizeof *r->seen);
        r->n++;
        r->uid[i] = uid;
    }
    r->seen[i] = seen;
    r->modseq[i] = modseq;
}

/* On a thread of the pool: into a reader that nobody else has. */
static enum st take_row(void *arg, struct str key, struct str value)
{
    struct seen_rec rec;

    TRY(seen_rec_get(key, value, &rec));
    reader_put(arg, rec.uid, rec.seen, rec.modseq);
    return ST_OK;
}

static enum st read_rows(struct reader *r, struct store *s, uint64_t owner, uint32_t mailbox) SUSPENDS
{
    struct arena a = ARENA_INIT;
    enum st st =
        kv_walk(s, owner, key_seen(&a, mailbox, r->who, 0),
                arena_printf(&a, "%.*s\xff", STR_ARGS(key_seen(&a, mailbox, r->who, UINT32_MAX))), take_row, r);

    arena_fini(&a);
    return st;
}

enum st reader_load(struct reader *r, struct store *s, uint64_t owner, uint32_t mailbox)
{
    struct reader rows = {.who = r->who};
    enum st st = read_rows(&rows, s, owner, mailbox);

    if (st == ST_OK && !r->n) {
        reader_fini(r);
        r->uid = TAKE(rows.uid);
        r->modseq = TAKE(rows.modseq);
        r->seen = TAKE(rows.seen);
        r->n = rows.n;
        r->cap = rows.cap;
    } else if (st == ST_OK) {
        for (size_t i = 0; i < rows.n; i++)
            reader_put(r, rows.uid[i], rows.seen[i], rows.modseq[i]);
    }
    reader_fini(&rows);
    return st;
}

enum st seen_count(struct mailbox *mb, uint64_t who, uint32_t *out)
{
    struct reader r = {.who = who};
    uint32_t n = 0;
    size_t place;
    enum st st = mb->a->rec.has_seen ? read_rows(&r, account_store(mb->a), mb->a->id, mb->id) : ST_OK;

    if (st == ST_OK && r.n)
        st = messages_load(mb);
    for (size_t i = 0; st == ST_OK && i < r.n; i++)
        n += r.seen[i] && messages_find(mb->messages, r.uid[i], &place);
    reader_fini(&r);
    if (st == ST_OK)
        *out = n;
    return st;
}
