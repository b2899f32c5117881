/* Compaction. A bulk segment, or a journal segment that neither a snapshot nor the index on disk leaves any need of, is only a
 * container of bodies: when enough of it is dead, what lives is copied as it is stored into the bulk segment that is
 * being filled, and synced; a commit changes the rows of the copies; another one says that the segment is gone; then
 * its file is removed, or becomes a spare. Whatever happens in between, each row names bytes that are durable.
 *
 * What lives in a segment is found by one walk over the rows of all bodies for all segments of the pass. A body that
 * is dropped during the pass has no row to be changed: its copy is dead space. Readers that have looked up the old place ask
 * again when it is gone (blob.c). */
#include "store/compact.h"
#include "base/log.h"
#include "base/must.h"
#include "store/inside.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#include <xxhash.h>
#pragma GCC diagnostic pop

#define CHOSEN_MAX 256        /* segments in a pass */
#define LIVE_MAX (512u << 10) /* bodies in a pass; but one segment is always taken */
#define JOURNAL_SHARE 16       /* of a journal segment so much less must be dead */
#define CHUNK (256u << 10)
#define COMMIT_BYTES (8u << 20) /* copied before they are synced and committed; and at most */
#define COMMIT_COPIES 1024
#define ROWS_PAGE 512
#define ROW_COST 128 /* bytes that walking over a row is paid as */
#define WALK_SHARE 4 /* and so much of that must be won by it */

struct live {
    uint64_t id, offset, stored, raw;
    enum codec codec;
};

struct chosen {
    uint64_t id, live_bytes, live_blobs, dead_bytes;
    struct live *live;
    size_t n, cap;
};

struct pass {
    struct store *s;
    struct position_row pos;
    uint64_t journal_end; /* journal segments up to this batch are only containers */
    unsigned dead_percent;
    struct chosen chosen[CHOSEN_MAX];
    size_t n;
    struct map by_id;
    struct arena page;
    bool has_journal;
    /* copies that are not committed yet */
    struct blob_move moves[COMMIT_COPIES];
    struct segment *to[COMMIT_COPIES]; /* pinned, of each */
    size_t copies;
    uint64_t copied_bytes;
    char *chunk;
};

/* --- choosing ------------------------------------------------------------------------------------- */

/* Of what is used, what is not live: also journal records that are behind a snapshot. From a journal segment bodies are
 * moved once only: it pays for less. */
static bool pays(const struct pass *p, const struct segment_row *row)
{
    uint64_t used = row->used - SEGMENT_HEAD_BYTES, share = row->head.kind == SEGMENT_JOURNAL ? JOURNAL_SHARE : 1;

    return !row->live_blobs || (used - row->live_bytes) * 100 * share >= used * p->dead_percent;
}

static bool is_only_container(const struct pass *p, const struct segment_row *row)
{
    if (row->head.kind == SEGMENT_BULK && row->used >= p->s->opt.segment_bytes / 4)
        segs_retire_bulk(&p->s->segs, row->head.id);
    if (row->head.kind == SEGMENT_BULK)
        return segs_is_idle_bulk(&p->s->segs, row->head.id);
    return row->head.kind == SEGMENT_JOURNAL && row->head.id != p->pos.segment && row->last_seq <= p->journal_end;
}

static void choose(struct pass *p, const struct segment_row *row)
{
    if (p->n == CHOSEN_MAX || row->is_gone || !pays(p, row) || !is_only_container(p, row) ||
        map_get(&p->s->upkeep.damaged, row->head.id))
        return;
    p->chosen[p->n++] = (struct chosen){.id = row->head.id,
                                        .live_bytes = row->live_bytes,
                                        .live_blobs = row->live_blobs,
                                        .dead_bytes = row->used - SEGMENT_HEAD_BYTES - row->live_bytes};
    p->has_journal |= row->head.kind == SEGMENT_JOURNAL;
}

static enum st choose_by_rows(struct pass *p)
{
    struct row_key from = row_key(ROW_SEGMENT, 0), to = row_key(ROW_SEGMENT + 1, 0);
    bool more = true;

    while (more) {
        struct index_entry *entries;
        struct segment_row row;
        size_t n;

        arena_reset(&p->page);
        TRY(index_page(&p->s->index, TIER_SCAN, &p->page, str_n(from.p, sizeof from.p), str_n(to.p, sizeof to.p),
                       ROWS_PAGE, 1u << 20, &entries, &n, &more));
        for (size_t i = 0; i < n; i++) {
            TRY(segment_row_of(entries[i].value, &row));
            choose(p, &row);
            from = row_key(ROW_SEGMENT, row.head.id + 1);
        }
    }
    return ST_OK;
}

/* Bulk segments that no commit has ever named have no row: nothing lives in them. */
static enum st choose_nameless(struct pass *p)
{
    uint64_t ids[CHOSEN_MAX];
    size_t n = segs_idle_bulk(&p->s->segs, ids, ARRAY_LEN(ids));

    for (size_t i = 0; i < n; i++) {
        struct row_key key = row_key(ROW_SEGMENT, ids[i]);
        struct str value;
        enum st st;

        arena_reset(&p->page);
        st = index_get(&p->s->index, TIER_DISK, &p->page, str_n(key.p, sizeof key.p), &value);
        if (st != ST_OK && st != ST_NOTFOUND)
            return st;
        if (st == ST_NOTFOUND && p->n < CHOSEN_MAX)
            p->chosen[p->n++] = (struct chosen){.id = ids[i]};
    }
    return ST_OK;
}

static int by_live_bytes(const void *a, const void *b)
{
    const struct chosen *x = a, *y = b;

    return x->live_bytes < y->live_bytes ? -1 : x->live_bytes > y->live_bytes;
}

/* In a large store walking over all rows is worth it only for much; what holds nothing needs no walk. */
static size_t worth_a_walk(struct pass *p, size_t n)
{
    uint64_t gain = 0, cost = atomic_load(&p->s->figures.live_blobs) * ROW_COST / WALK_SHARE;
    size_t empty = 0;

    for (size_t i = 0; i < n; i++) {
        gain += p->chosen[i].live_blobs ? p->chosen[i].dead_bytes : 0;
        empty += !p->chosen[i].live_blobs;
    }
    return gain >= cost ? n : empty; /* which come first */
}

/* The cheapest first; as many as may be kept in mind. */
static void limit(struct pass *p)
{
    uint64_t live = 0;
    size_t n = 0;

    qsort(p->chosen, p->n, sizeof p->chosen[0], by_live_bytes);
    while (n < p->n && (!n || live + p->chosen[n].live_blobs <= LIVE_MAX))
        live += p->chosen[n++].live_blobs;
    p->n = n = worth_a_walk(p, n);
    for (size_t i = 0; i < n; i++)
        map_put(&p->by_id, p->chosen[i].id, &p->chosen[i]);
}

static enum st choose_all(struct pass *p)
{
    struct row_key key = row_key(ROW_POSITION, 0);
    struct str value;

    TRY(index_get(&p->s->index, TIER_DISK, &p->page, str_n(key.p, sizeof key.p), &value));
    TRY(position_row_of(value, &p->pos));
    p->journal_end = MIN(p->pos.seq, store_snapshot_seq(p->s));
    TRY(choose_by_rows(p));
    TRY(choose_nameless(p));
    limit(p);
    return ST_OK;
}

/* --- what lives in them --------------------------------------------------------------------------- */

static void add_live(struct chosen *c, const struct blob_row *row)
{
    if (c->n == c->cap) {
        c->cap = c->cap ? c->cap * 2 : 64;
        c->live = mem_resize(c->live, c->cap * sizeof *c->live);
    }
    c->live[c->n++] = (struct live){row->id, row->offset, row->stored, row->raw, row->codec};
}

static int by_offset(const void *a, const void *b)
{
    const struct live *x = a, *y = b;

    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static enum st walk_page(struct pass *p, struct row_key *from, bool *out_more)
{
    struct row_key to = row_key(ROW_BLOB + 1, 0);
    struct index_entry *entries;
    size_t n;

    arena_reset(&p->page);
    TRY(index_page(&p->s->index, TIER_SCAN, &p->page, str_n(from->p, sizeof from->p), str_n(to.p, sizeof to.p),
                   ROWS_PAGE, 1u << 20, &entries, &n, out_more));
    for (size_t i = 0; i < n; i++) {
        struct rec r = rec_of(str_from(entries[i].key, 9));
        uint64_t id = rec_u64_be(&r);
        struct chosen *c;
        struct blob_row row;

        TRY(blob_row_of(entries[i].value, id, &row));
        c = map_get(&p->by_id, row.segment);
        if (c)
            add_live(c, &row);
        *from = row_key(ROW_BLOB, id + 1);
    }
    return upkeep_pay(p->s, n * ROW_COST) ? ST_OK : ST_CANCELED;
}

static enum st find_live(struct pass *p)
{
    struct row_key from = row_key(ROW_BLOB, 0);
    uint64_t live = 0;
    bool more;

    for (size_t i = 0; i < p->n; i++)
        live += p->chosen[i].live_blobs;
    for (more = live; more;)
        TRY(walk_page(p, &from, &more));
    for (size_t i = 0; i < p->n; i++)
        if (p->chosen[i].n)
            qsort(p->chosen[i].live, p->chosen[i].n, sizeof *p->chosen[i].live, by_offset);
    return ST_OK;
}

/* --- copying -------------------------------------------------------------------------------------- */

static enum st read_head(struct pass *p, struct segment *seg, const struct live *l, struct record_head *out)
{
    unsigned char raw[RECORD_HEAD_BYTES];

    TRY(p->s->os->read(p->s->os, seg->fd, raw, sizeof raw, l->offset));
    TRY(record_head_decode(raw, &(struct place){seg->row.head.id, seg->row.head.generation, l->offset}, out));
    if (out->type != RECORD_BLOB || (out->id != l->id && out->id != RECORD_STAGED) || out->stored != l->stored ||
        out->raw != l->raw || out->codec != l->codec)
        return FAIL(ST_CORRUPT, "another record stands there");
    return ST_OK;
}

static enum st copy_bytes(struct pass *p, struct segment *from, const struct live *l, uint64_t hash, struct segment *to,
                          uint64_t offset)
{
    XXH3_state_t *state = XXH3_createState();
    uint64_t got;
    enum st st = ST_OK;
    size_t n;

    must(state);
    XXH3_64bits_reset(state);
    for (uint64_t at = 0; st == ST_OK && at < l->stored; at += n) {
        n = (size_t)MIN(CHUNK, l->stored - at);
        st = p->s->os->read(p->s->os, from->fd, p->chunk, n, l->offset + RECORD_HEAD_BYTES + at);
        if (st != ST_OK)
            break;
        XXH3_64bits_update(state, p->chunk, n);
        st = p->s->os->write(p->s->os, to->fd, p->chunk, n, offset + RECORD_HEAD_BYTES + at);
        if (st == ST_OK && !upkeep_pay(p->s, 2 * n))
            st = ST_CANCELED;
    }
    got = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    TRY(st);
    return got == hash ? ST_OK : FAIL(ST_CORRUPT, "its bytes have changed");
}

static enum st write_copy(struct pass *p, struct segment *from, const struct live *l, struct record_head *head,
                          struct segment *to, uint64_t offset)
{
    unsigned char raw[RECORD_HEAD_BYTES];

    TRY(copy_bytes(p, from, l, head->hash, to, offset));
    head->id = l->id;
    record_head_encode(head, &(struct place){to->row.head.id, to->row.head.generation, offset}, raw);
    return p->s->os->write(p->s->os, to->fd, raw, sizeof raw, offset);
}

static enum st copy_one(struct pass *p, struct segment *from, const struct live *l)
{
    uint64_t bytes = record_bytes(l->stored), offset;
    struct record_head head;
    struct segment *to;
    enum st st;

    TRY(read_head(p, from, l, &head));
    TRY(segs_bulk_alloc(&p->s->segs, bytes, &to, &offset));
    st = write_copy(p, from, l, &head, to, offset);
    if (st != ST_OK) {
        segs_bulk_trim(&p->s->segs, to, offset, bytes, 0);
        segs_bulk_done(&p->s->segs, to);
        segs_unpin(&p->s->segs, to);
        return st;
    }
    p->moves[p->copies] = (struct blob_move){l->id, to->row.head.id, offset};
    p->to[p->copies++] = to;
    p->copied_bytes += bytes;
    return ST_OK;
}

/* --- committing ----------------------------------------------------------------------------------- */

static enum st sync_copies(struct pass *p)
{
    for (size_t i = 0; i < p->copies; i++)
        if (!i || p->to[i] != p->to[i - 1])
            TRY(segs_bulk_sync(&p->s->segs, p->to[i]));
    return ST_OK;
}

/* Committed or not, they are no business of ours any more: what no row names is dead space. */
static void let_go(struct pass *p)
{
    for (size_t i = 0; i < p->copies; i++) {
        segs_bulk_done(&p->s->segs, p->to[i]);
        segs_unpin(&p->s->segs, p->to[i]);
    }
    p->copies = 0;
    p->copied_bytes = 0;
}

static enum st commit_copies(struct pass *p) SUSPENDS
{
    uint64_t bytes = p->copied_bytes;
    enum st st = ST_OK;

    if (!p->copies)
        return ST_OK;
    st = sync_copies(p);
    if (st == ST_OK)
        st = commit_moves(p->s, p->moves, p->copies);
    let_go(p);
    if (st == ST_OK)
        upkeep_count(p->s, 0, bytes, 0);
    return st;
}

static enum st copy_all(struct pass *p, const struct chosen *c) SUSPENDS
{
    struct segment *from;
    enum st st = ST_OK;

    TRY(segs_pin(&p->s->segs, c->id, &from));
    for (size_t i = 0; st == ST_OK && i < c->n; i++) {
        st = copy_one(p, from, &c->live[i]);
        if (st == ST_CORRUPT) {
            struct err why = *err_get();

            st = FAIL(ST_CORRUPT, "blob %llu at %llu: %s", (unsigned long long)c->live[i].id,
                      (unsigned long long)c->live[i].offset, why.text);
        }
        if (st == ST_OK && (p->copies == COMMIT_COPIES || p->copied_bytes >= COMMIT_BYTES || hold_is_held(p->s)))
            st = commit_copies(p);
    }
    if (st == ST_OK)
        st = commit_copies(p);
    else
        let_go(p);
    segs_unpin(&p->s->segs, from);
    return st;
}

static enum st read_row(struct pass *p, uint64_t id, struct segment_row *out)
{
    struct row_key key = row_key(ROW_SEGMENT, id);
    struct str value;
    enum st st;

    arena_reset(&p->page);
    st = index_get(&p->s->index, TIER_DISK, &p->page, str_n(key.p, sizeof key.p), &value);
    if (st == ST_NOTFOUND) { /* nothing was ever named in it */
        *out = (struct segment_row){0};
        return ST_OK;
    }
    TRY(st);
    return segment_row_of(value, out);
}

/* Asked before it is said: nothing new can come to live there, so what the journal says holds also for a rebuilding that
 * has lost some of the rows. */
static enum st declare_gone(struct pass *p, uint64_t id) SUSPENDS
{
    struct segment_row row;

    TRY(read_row(p, id, &row));
    if (row.live_blobs)
        return FAIL(ST_CORRUPT, "bodies of segment %llu are counted that have no rows", (unsigned long long)id);
    TRY(commit_moves(p->s, &(struct blob_move){.segment = id}, 1));
    TRY(read_row(p, id, &row));
    return row.is_gone ? ST_OK : FAIL(ST_CORRUPT, "segment %llu does not go", (unsigned long long)id);
}

/* Not while somebody holds it: what is copied is copied, and it goes in a later pass. */
static enum st take_away(struct pass *p, uint64_t id, bool *out_gone) SUSPENDS
{
    enum st st = ST_OK;

    pthread_mutex_lock(&p->s->hold.mutex);
    if (!hold_is_held(p->s)) {
        st = declare_gone(p, id);
        if (st == ST_OK)
            st = segs_remove(&p->s->segs, id);
        *out_gone = st == ST_OK;
    }
    pthread_mutex_unlock(&p->s->hold.mutex);
    return st;
}

/* Copies go into space that new letters need more, when it is short. */
static bool has_room(struct store *s, uint64_t bytes)
{
    uint64_t room;

    return s->os->free_space(s->os, s->dir, &room) == ST_OK &&
           room >= s->opt.reserve_bytes + s->opt.segment_bytes + bytes;
}

static enum st compact(struct pass *p, const struct chosen *c, bool *out_gone) SUSPENDS
{
    struct segment *seg = segs_get(&p->s->segs, c->id);
    uint64_t bytes = seg ? seg->row.head.size : 0;

    if (!seg || (c->n && !has_room(p->s, c->live_bytes)))
        return ST_OK;
    if (c->n)
        TRY(copy_all(p, c));
    TRY(take_away(p, c->id, out_gone));
    if (!*out_gone)
        return ST_OK;
    upkeep_count(p->s, 1, 0, bytes);
    LOG(STORE_SEGMENT_COMPACTED, lf_u64("segment", c->id), lf_u64("moved", c->n), lf_u64("moved_bytes", c->live_bytes),
        lf_u64("bytes", bytes));
    return ST_OK;
}

static void set_aside(struct pass *p, uint64_t id)
{
    LOG(STORE_COMPACT_SKIPPED, lf_u64("segment", id), lf_err());
    map_put(&p->s->upkeep.damaged, id, p->s);
}

static enum st run(struct pass *p, size_t *segments) SUSPENDS
{
    TRY(choose_all(p));
    if (!p->n)
        return ST_OK;
    if (p->has_journal) /* from here on opening needs nothing that stands in them */
        TRY(index_flush(&p->s->index));
    TRY(find_live(p));
    p->chunk = mem_new(CHUNK);
    for (size_t i = 0; i < p->n && !upkeep_is_ending(p->s) && !hold_is_held(p->s); i++) {
        bool gone = false;
        enum st st = compact(p, &p->chosen[i], &gone);

        if (st == ST_CORRUPT)
            set_aside(p, p->chosen[i].id);
        else
            TRY(st);
        *segments += gone;
    }
    return ST_OK;
}

enum st compact_step(struct store *s, size_t *out_segments)
{
    struct pass *p = MEM_NEW(struct pass);
    enum st st;

    p->s = s;
    p->dead_percent = upkeep_settings(s).dead_percent;
    *out_segments = 0;
    st = hold_is_held(s) ? ST_OK : run(p, out_segments);
    for (size_t i = 0; i < p->n; i++)
        mem_free(p->chosen[i].live);
    map_fini(&p->by_id);
    arena_fini(&p->page);
    mem_free(p->chunk);
    mem_free(p);
    return st;
}
