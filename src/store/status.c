/* What `restante store status` tells. Rows of segments are read from the index, not from memory, where they are the
 * committer's. */
#include "store/inside.h"

#define ROWS_PAGE 512

struct looking {
    struct store *s;
    struct store_status *out;
    uint64_t snapshot;
    enum st st;
    struct err why;
};

static void add_row(struct looking *l, const struct segment_row *row)
{
    struct store_status_kind *k = &l->out->kinds[row->head.kind];
    uint64_t used = row->used - SEGMENT_HEAD_BYTES;

    if (row->is_gone) {
        l->out->compacted_ever++;
        return;
    }
    k->live_bytes += row->live_bytes;
    k->bodies += row->live_blobs;
    k->journal_bytes += row->journal_bytes;
    k->dead_bytes += used - MIN(used, row->live_bytes + row->journal_bytes);
    if (row->head.kind == SEGMENT_BULK || row->last_seq <= l->snapshot)
        l->out->reclaimable_bytes += used - MIN(used, row->live_bytes);
}

static enum st add_rows(struct looking *l)
{
    struct row_key from = row_key(ROW_SEGMENT, 0), to = row_key(ROW_SEGMENT + 1, 0);
    struct arena a = ARENA_INIT;
    struct segment_row row;
    enum st st = ST_OK;
    bool more = true;

    while (more && st == ST_OK) {
        struct index_entry *entries;
        size_t n = 0;

        arena_reset(&a);
        st = index_page(&l->s->index, TIER_SCAN, &a, str_n(from.p, sizeof from.p), str_n(to.p, sizeof to.p), ROWS_PAGE,
                        1u << 20, &entries, &n, &more);
        for (size_t i = 0; st == ST_OK && i < n; i++) {
            st = segment_row_of(entries[i].value, &row);
            if (st == ST_OK) {
                add_row(l, &row);
                from = row_key(ROW_SEGMENT, row.head.id + 1);
            }
        }
    }
    arena_fini(&a);
    return st;
}

static enum st add_position(struct looking *l)
{
    struct row_key key = row_key(ROW_POSITION, 0);
    struct arena a = ARENA_INIT;
    struct position_row pos;
    struct str value;
    enum st st = index_get(&l->s->index, TIER_DISK, &a, str_n(key.p, sizeof key.p), &value);

    if (st == ST_OK)
        st = position_row_of(value, &pos);
    if (st == ST_OK)
        l->out->batch = pos.seq;
    arena_fini(&a);
    return st;
}

static void look(void *arg)
{
    struct looking *l = arg;

    l->st = add_rows(l);
    if (l->st == ST_OK)
        l->st = add_position(l);
    if (l->st != ST_OK)
        l->why = *err_get();
}

static void add_dictionaries(struct store *s, struct store_status *out)
{
    const struct dictionary *d = atomic_load(&s->squeeze.newest);

    for (size_t i = 1; i <= DICTIONARIES_MAX; i++)
        out->dictionaries += atomic_load(&s->squeeze.dictionaries[i]) != NULL;
    if (d) {
        out->dictionary = d->number;
        out->dictionary_made_us = d->made_us;
    }
}

enum st store_get_status(struct store *s, struct store_status *out)
{
    struct store_status got = {.snapshot = store_snapshot_seq(s)};
    struct looking l = {.s = s, .out = &got, .snapshot = got.snapshot};

    store_get_stats(s, &got.stats);
    TRY(store_block(s, look, &l));
    if (l.st != ST_OK)
        return FAIL(l.st, "%s", l.why.text);
    segs_count(&s->segs, got.kinds);
    snaps_describe(s, &got.snapshot_made_us, &got.snapshot_bytes);
    add_dictionaries(s, &got);
    got.upkeep = upkeep_settings(s);
    got.holds = atomic_load(&s->hold.n);
    got.is_compacting = atomic_load(&s->upkeep.compacting);
    got.compacted = atomic_load(&s->upkeep.segments);
    got.moved_bytes = atomic_load(&s->upkeep.moved_bytes);
    got.freed_bytes = atomic_load(&s->upkeep.freed_bytes);
    *out = got;
    return ST_OK;
}
