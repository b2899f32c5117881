#include "queue/check.h"

#include "queue/entry.h"

#include <inttypes.h>

#define QUEUE_ACCOUNT 0

struct reading {
    struct store_report *r;
    struct arena arena;
    struct entry_counts said;
    struct queue_counts found;
    uint64_t due_rows, due_entries; /* sums over id and due time of both sides: equal when they are the same */
    uint64_t n_due_rows, n_due_entries;
};

static uint64_t mixed(uint64_t due, uint64_t id)
{
    return (due ^ id * 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u;
}

static void read_due(struct reading *g, struct str key)
{
    struct rec k = rec_of(str_from(key, 1));
    uint64_t due = rec_u64_be(&k), id = rec_u64_be(&k);

    g->n_due_rows++;
    g->due_rows += mixed(due, id);
}

static bool read_entry(struct reading *g, struct str key, struct str value, uint64_t *out_blob)
{
    struct queue_entry e;

    if (key.n != 9 || entry_decode(&g->arena, entry_id_of(key), value, &e) != ST_OK) {
        store_tell(g->r, "queue", QUEUE_ACCOUNT, "entry %" PRIu64 " of the queue is damaged", entry_id_of(key));
        return false;
    }
    g->found.entries++;
    g->found.held += e.held;
    g->found.bytes += e.size;
    if (!e.held) {
        g->n_due_entries++;
        g->due_entries += mixed(e.due_us, e.id);
    }
    *out_blob = e.blob;
    return true;
}

static void compare(struct reading *g)
{
    const struct queue_counts *s = &g->said.counts, *f = &g->found;

    if (s->entries != f->entries || s->held != f->held || s->bytes != f->bytes)
        store_tell(g->r, "counts", QUEUE_ACCOUNT,
                   "the queue counts %" PRIu64 " entries, %" PRIu64 " held, %" PRIu64 " bytes; there are %" PRIu64
                   ", %" PRIu64 ", %" PRIu64,
                   s->entries, s->held, s->bytes, f->entries, f->held, f->bytes);
    if (g->n_due_rows != g->n_due_entries || g->due_rows != g->due_entries)
        store_tell(g->r, "queue", QUEUE_ACCOUNT, "the order in which letters are due does not fit the letters");
}

enum st queue_check(struct store_view *v, struct store_report *r, void (*refer)(void *arg, uint64_t blob), void *arg,
                    uint64_t *out_entries)
{
    const uint64_t queue = QUEUE_ACCOUNT;
    struct reading g = {.r = r};
    struct str key, value;
    uint64_t account, blob;

    store_view_begin(v, &queue);
    while (store_view_next(v, &account, &key, &value)) {
        char letter = key.n ? key.p[0] : 0;

        arena_reset(&g.arena);
        if (letter == 'C' && counts_decode(value, &g.said) != ST_OK)
            store_tell(r, "queue", QUEUE_ACCOUNT, "the counts of the queue are damaged");
        else if (letter == 'D')
            read_due(&g, key);
        else if (letter == 'Q' && read_entry(&g, key, value, &blob))
            refer(arg, blob);
    }
    TRY(store_view_end(v));
    compare(&g);
    arena_fini(&g.arena);
    *out_entries = g.found.entries;
    return ST_OK;
}
