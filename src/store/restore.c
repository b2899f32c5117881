/* A store out of a backup's files: the index from the snapshot and the journal up to a batch, without what is behind it. Recovery
 * does the work (rebuilding, with `until`); here is what a copy needs besides: bodies that it does not have are no rows, and versions go
 * far beyond those that the original has given since, because email ids and modseqs are made of them. */
#include "store/restore.h"
#include "store/rebuild.h"

#include <unistd.h>

#define VERSIONS_AHEAD (1ull << 24) /* commits of an account since the backup: fewer than these, for sure */
#define ROWS_AT_ONCE 10000

enum st restore_take_files(struct store *s)
{
    return segs_take_copies(&s->segs);
}

/* --- the end of the journal ------------------------------------------------------------------------------ */

static size_t list_later(struct store *s, const struct cursor *c, struct arena *a, uint64_t **out)
{
    uint64_t *ids = ARENA_ARRAY(a, uint64_t, s->segs.by_id.n + 1);
    size_t n = 0, pos = 0;
    void *p;

    while (map_next(&s->segs.by_id, &pos, &p)) {
        const struct segment *seg = p;

        if (seg->row.head.kind == SEGMENT_JOURNAL && seg->row.head.first_seq >= c->seq && seg != c->seg &&
            !seg->is_removed)
            ids[n++] = seg->row.head.id;
    }
    *out = ids;
    return n;
}

static enum st remove_later(struct store *s, const struct cursor *c)
{
    struct arena a = ARENA_INIT;
    uint64_t *ids;
    size_t n = list_later(s, c, &a, &ids);
    enum st st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < n; i++)
        st = segs_remove(&s->segs, ids[i]);
    arena_fini(&a);
    return st;
}

enum st restore_cut(struct store *s, const struct cursor *c)
{
    TRY(remove_later(s, c));
    if (!c->seg)
        return ST_OK;
    TRY(s->os->truncate(s->os, c->seg->fd, c->at));
    return s->os->sync(s->os, c->seg->fd);
}

/* --- what the copy does not have ------------------------------------------------------------------------- */

struct finishing {
    struct store *s;
    struct store_restored *out;
    const struct store_moved *moved;
    size_t n_moved;
    struct buf value;
    size_t n; /* rows that wait in s->changes */
};

static enum st flush(struct finishing *f)
{
    enum st st = f->n ? index_write(&f->s->index, f->s->changes) : ST_OK;

    rocksdb_writebatch_clear(f->s->changes);
    f->n = 0;
    return st;
}

static enum st changed(struct finishing *f)
{
    return ++f->n >= ROWS_AT_ONCE ? flush(f) : ST_OK;
}

static enum st put_row(struct finishing *f, struct row_key key)
{
    rocksdb_writebatch_put(f->s->changes, key.p, sizeof key.p, f->value.p, f->value.n);
    return changed(f);
}

static const struct store_moved *moved_to(const struct finishing *f, uint64_t blob)
{
    size_t lo = 0, hi = f->n_moved;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (f->moved[mid].blob < blob)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < f->n_moved && f->moved[lo].blob == blob ? &f->moved[lo] : NULL;
}

/* Where the body has gone since, if the backup has that. */
static enum st follow(struct finishing *f, struct blob_row *row, const struct store_moved *to)
{
    struct segment *seg = segs_get(&f->s->segs, to->segment);

    row->segment = to->segment;
    row->offset = to->offset;
    seg->row.live_bytes += record_bytes(row->stored);
    seg->row.live_blobs++;
    seg->row.used = MAX(seg->row.used, row->offset + record_bytes(row->stored));
    seg->is_changed = true;
    buf_clear(&f->value);
    blob_row_value(&f->value, row);
    return put_row(f, row_key(ROW_BLOB, row->id));
}

static enum st check_body(struct finishing *f, uint64_t id, struct str value)
{
    struct row_key key = row_key(ROW_BLOB, id);
    const struct store_moved *to = moved_to(f, id);
    struct blob_row row;
    enum st st = blob_row_of(value, id, &row);

    if (st == ST_OK && segs_has_file(&f->s->segs, row.segment))
        return ST_OK;
    if (st == ST_OK && to && segs_has_file(&f->s->segs, to->segment))
        return follow(f, &row, to);
    if (st != ST_OK && st != ST_CORRUPT)
        return st;
    f->out->bodies_missing++;
    rocksdb_writebatch_delete(f->s->changes, key.p, sizeof key.p);
    return changed(f);
}

static enum st raise_version(struct finishing *f, uint64_t account, struct str value)
{
    uint64_t version;

    if (account == ACCOUNT_DICTIONARIES)
        return ST_OK;
    TRY(version_row_of(value, &version));
    buf_clear(&f->value);
    version_row_value(&f->value, version + VERSIONS_AHEAD);
    return put_row(f, row_key(ROW_VERSION, account));
}

/* All rows of the store's own account with that letter. */
static enum st each_row(struct finishing *f, char letter,
                        enum st (*each)(struct finishing *f, uint64_t number, struct str value))
{
    struct row_key from = row_key(letter, 0), to = row_key((char)(letter + 1), 0);
    struct index_view view;
    struct index_scan rows;
    struct str key, value;
    enum st st = ST_OK, end;

    index_view_open(&f->s->index, &view);
    index_scan_open(&view, str_n(from.p, sizeof from.p), str_n(to.p, sizeof to.p), &rows);
    while (st == ST_OK && index_scan_next(&rows, &key, &value)) {
        struct rec r = rec_of(str_from(key, 9));

        st = each(f, rec_u64_be(&r), value);
    }
    end = index_scan_close(&rows);
    index_view_close(&view);
    TRY(st);
    TRY(end);
    return flush(f);
}

/* Those that are missing are as if compacted away: nobody misses the file any more. */
static enum st write_segments(struct finishing *f)
{
    size_t pos = 0;
    void *p;

    while (map_next(&f->s->segs.by_id, &pos, &p)) {
        const struct segment *seg = p;
        struct segment_row row = seg->row;
        bool is_missing = seg->is_removed && !row.is_gone;

        if (!is_missing && !seg->is_changed)
            continue;
        f->out->segments_missing += is_missing && row.live_blobs;
        if (is_missing)
            row = (struct segment_row){
                .head = row.head, .is_gone = true, .last_seq = row.last_seq, .used = SEGMENT_HEAD_BYTES};
        buf_clear(&f->value);
        segment_row_value(&f->value, &row);
        TRY(put_row(f, row_key(ROW_SEGMENT, row.head.id)));
    }
    return flush(f);
}

static enum st finish(struct finishing *f)
{
    enum st st;

    buf_init(&f->value, 256);
    rocksdb_writebatch_clear(f->s->changes);
    st = each_row(f, ROW_BLOB, check_body);
    if (st == ST_OK)
        st = write_segments(f);
    if (st == ST_OK)
        st = each_row(f, ROW_VERSION, raise_version);
    buf_fini(&f->value);
    return st;
}

/* --- all of it --------------------------------------------------------------------------------------------- */

static enum st remove_index(const struct store_options *opt)
{
    struct arena a = ARENA_INIT;
    enum st st = index_remove(arena_printf(&a, "%s/" INDEX_NAME, opt->dir).p);

    arena_fini(&a);
    return st;
}

/* With all of the snapshot, or with what is good of it. */
static enum st open_somehow(const struct store_options *opt, struct rebuilding *rb, struct store **out)
{
    enum st st;

    TRY(remove_index(opt));
    st = store_open_as(opt, INDEX_NAME, rb, out, NULL);
    if (st != ST_CORRUPT)
        return st;
    rb->snapshot = SNAPSHOT_GAPS;
    rb->done = rb->total = rb->out->batches = 0;
    TRY(remove_index(opt));
    return store_open_as(opt, INDEX_NAME, rb, out, NULL);
}

enum st store_restore(const struct store_options *opt, uint64_t until, const struct store_moved *moved, size_t n_moved,
                      const struct store_progress *p, struct store_restored *out)
{
    struct store_rebuilt rebuilt = {0};
    struct rebuilding rb = {.progress = p, .out = &rebuilt, .until = until};
    struct store_options quiet = *opt;
    struct finishing f = {.out = out, .moved = moved, .n_moved = n_moved};
    enum st st;

    *out = (struct store_restored){0};
    quiet.upkeep = NULL;
    st = open_somehow(&quiet, &rb, &f.s);
    if (st == ST_OK) {
        struct err why;

        out->snapshot = rebuilt.snapshot;
        out->snapshot_gaps = rebuilt.snapshot_gaps;
        out->batches = rebuilt.batches;
        out->batch = rebuilt.snapshot + rebuilt.batches;
        if (out->batch)
            st = finish(&f);
        else
            st = FAIL(ST_CORRUPT, "the snapshot is damaged, and the journal does not begin at batch 1");
        why = *err_get();
        store_close(f.s);
        *err_get() = why;
    }
    map_fini(&rb.named);
    mem_free(rb.bodies);
    store_rebuilt_fini(&rebuilt);
    return st;
}
