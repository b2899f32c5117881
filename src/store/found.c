/* Bodies whose rows name a segment that is gone: compaction had copied them, and the record that said where to is lost. The copies stand in bulk
 * segments, and their heads name the blob; a head is good only where it was written, so what fits is found. */
#include "base/must.h"
#include "store/rebuild.h"

struct wanted {
    struct blob_row row;
    bool is_found;
};

struct finding {
    struct store *s;
    struct arena arena;
    struct map wanted;   /* by blob id */
    struct map segments; /* that were asked for; by number: struct answer */
    struct blob_move moves[COMMIT_MOVES];
    size_t n;
    uint64_t found;
};

struct answer {
    uint64_t id;
    bool is_gone;
};

static bool is_gone(struct finding *f, uint64_t id)
{
    struct answer *a = map_get(&f->segments, id);
    struct segment *seg;

    if (a)
        return a->is_gone;
    a = ARENA_NEW(&f->arena, struct answer);
    a->id = id;
    a->is_gone = segs_pin(&f->s->segs, id, &seg) == ST_CORRUPT;
    if (!a->is_gone)
        segs_unpin(&f->s->segs, seg);
    map_put(&f->segments, id, a);
    return a->is_gone;
}

static enum st find_wanted(struct finding *f)
{
    struct row_key from = row_key(ROW_BLOB, 0), to = row_key(ROW_BLOB + 1, 0);
    struct index_view view;
    struct index_scan rows;
    struct str key, value;
    struct blob_row row;
    enum st end;

    index_view_open(&f->s->index, &view);
    index_scan_open(&view, str_n(from.p, sizeof from.p), str_n(to.p, sizeof to.p), &rows);
    while (index_scan_next(&rows, &key, &value)) {
        struct rec r = rec_of(str_from(key, 9));
        uint64_t id = rec_u64_be(&r);

        if (blob_row_of(value, id, &row) == ST_OK && is_gone(f, row.segment)) {
            struct wanted *w = ARENA_NEW(&f->arena, struct wanted);

            w->row = row;
            map_put(&f->wanted, id, w);
        }
    }
    end = index_scan_close(&rows);
    index_view_close(&view);
    return end;
}

static enum st commit_found(struct finding *f) SUSPENDS
{
    enum st st = f->n ? commit_moves(f->s, f->moves, f->n) : ST_OK;

    f->n = 0;
    return st;
}

static bool is_the_body(const struct wanted *w, const struct record_head *h, struct str bytes)
{
    return w && !w->is_found && h->stored == w->row.stored && h->raw == w->row.raw && h->hash == w->row.hash &&
           h->codec == w->row.codec && bytes.n >= h->stored && bytes_hash(str_sub(bytes, 0, h->stored)) == h->hash;
}

/* One head after the other; between them may be what nobody finished. */
static enum st look_through(struct finding *f, const struct segment *seg, struct str bytes) SUSPENDS
{
    struct record_head head;
    uint64_t step;

    for (uint64_t at = SEGMENT_HEAD_BYTES; at + RECORD_HEAD_BYTES <= bytes.n; at += step) {
        struct place place = {seg->row.head.id, seg->row.head.generation, at};
        struct wanted *w;

        step = RECORD_ALIGN;
        if (bytes.p[at] != 'R' || record_head_decode((const unsigned char *)bytes.p + at, &place, &head) != ST_OK)
            continue;
        w = head.type == RECORD_BLOB ? map_get(&f->wanted, head.id) : NULL;
        if (is_the_body(w, &head, str_from(bytes, at + RECORD_HEAD_BYTES))) {
            w->is_found = true;
            f->found++;
            f->moves[f->n++] = (struct blob_move){head.id, place.segment, at};
            if (f->n == ARRAY_LEN(f->moves))
                TRY(commit_found(f));
        }
        if (head.stored <= bytes.n - at - RECORD_HEAD_BYTES)
            step = record_bytes(head.stored);
    }
    return ST_OK;
}

static enum st look_in(struct finding *f, uint64_t id) SUSPENDS
{
    struct segment *seg;
    uint64_t size = 0;
    char *bytes = NULL;
    enum st st = segs_pin(&f->s->segs, id, &seg);

    if (st == ST_CORRUPT)
        return ST_OK;
    TRY(st);
    st = f->s->os->size(f->s->os, seg->fd, &size);
    if (st == ST_OK) {
        bytes = mem_new(size + 1);
        st = f->s->os->read(f->s->os, seg->fd, bytes, size, 0);
    }
    if (st == ST_OK)
        st = look_through(f, seg, str_n(bytes, size));
    mem_free(bytes);
    segs_unpin(&f->s->segs, seg);
    return st == ST_OK ? commit_found(f) : st;
}

static enum st look_everywhere(struct finding *f) SUSPENDS
{
    size_t pos = 0, n = 0;
    uint64_t *ids;
    void *p;
    enum st st = ST_OK;

    pthread_mutex_lock(&f->s->segs.mutex);
    ids = ARENA_ARRAY(&f->arena, uint64_t, f->s->segs.by_id.n);
    while (map_next(&f->s->segs.by_id, &pos, &p)) {
        const struct segment *seg = p;

        if (seg->row.head.kind == SEGMENT_BULK && !seg->is_removed)
            ids[n++] = seg->row.head.id;
    }
    pthread_mutex_unlock(&f->s->segs.mutex);
    for (size_t i = 0; st == ST_OK && i < n; i++)
        st = look_in(f, ids[i]);
    return st;
}

/* Those that hold nothing any more. */
static enum st declare_gone(struct finding *f) SUSPENDS
{
    size_t pos = 0;
    void *p;

    while (map_next(&f->segments, &pos, &p)) {
        const struct answer *a = p;
        const struct segment *seg = a->is_gone ? segs_get(&f->s->segs, a->id) : NULL;

        if (seg && !seg->row.live_blobs && !seg->row.is_gone)
            TRY(commit_moves(f->s, &(struct blob_move){.segment = a->id}, 1));
    }
    return ST_OK;
}

enum st rebuild_find_moved(struct store *s, uint64_t *out_found)
{
    struct finding *f = MEM_NEW(struct finding);
    enum st st;

    f->s = s;
    st = find_wanted(f);
    if (st == ST_OK && f->wanted.n)
        st = look_everywhere(f);
    if (st == ST_OK && f->wanted.n)
        st = declare_gone(f);
    *out_found = f->found;
    map_fini(&f->wanted);
    map_fini(&f->segments);
    arena_fini(&f->arena);
    mem_free(f);
    return st;
}
