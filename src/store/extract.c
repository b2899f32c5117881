/* Rows go into an index of the same form as the store's. Where a body stands is a row `b` of the snapshot or of the batch that brought it;
 * where compaction has copied it since, a row `m`: either place may be the one that the pool has. */
#include "store/extract.h"
#include "base/must.h"
#include "store/dictionary.h"
#include "store/format.h"
#include "store/index.h"
#include "store/pool.h"
#include "store/snap_file.h"

#define ROW_MOVED 'm'
#define WRITE_BYTES (1u << 20) /* of rows in one write */
#define PAGE 1000

struct extract {
    struct extract_source from;
    struct extract_found found;
    struct index index;
    struct pool pool;
    struct map wanted; /* bodies that rows refer to */
    struct map missing;
    rocksdb_writebatch_t *changes;
    size_t bytes; /* in it */
    struct buf value;
};

static enum st flush(struct extract *e)
{
    enum st st = e->bytes ? index_write(&e->index, e->changes) : ST_OK;

    rocksdb_writebatch_clear(e->changes);
    e->bytes = 0;
    return st;
}

static enum st put(struct extract *e, struct str key, struct str value)
{
    rocksdb_writebatch_put(e->changes, key.p, key.n, value.p, value.n);
    e->bytes += key.n + value.n;
    return e->bytes >= WRITE_BYTES ? flush(e) : ST_OK;
}

static enum st put_wanted(struct extract *e, struct str key, struct str value)
{
    struct str keep = value;
    uint64_t blob = 0;

    if (!e->from.wants(e->from.arg, str_from(key, 8), value, &keep, &blob))
        return ST_OK;
    if (blob)
        map_put(&e->wanted, blob, e);
    return put(e, key, keep);
}

/* --- the snapshot ------------------------------------------------------------------------------------------------ */

static uint64_t account_of(struct str key)
{
    struct rec r = rec_of(key);

    return rec_u64_be(&r);
}

static enum st take_store_row(struct extract *e, const struct map *wanted, struct str key, struct str value)
{
    struct rec r = rec_of(str_from(key, 9));

    if (key.n != ROW_KEY_BYTES || key.p[8] != ROW_BLOB || !map_get(wanted, rec_u64_be(&r)))
        return ST_OK;
    return put(e, key, value);
}

static enum st take_row(struct extract *e, struct str key, struct str value)
{
    uint64_t account = account_of(key);

    if (account == e->from.account) {
        e->found.rows++;
        return put_wanted(e, key, value);
    }
    if (account == ACCOUNT_STORE)
        return take_store_row(e, &e->wanted, key, value);
    if (account == ACCOUNT_DICTIONARIES && key.n == 11 && key.p[8] == 'd')
        IGNORE(dictionary_add(&e->pool.squeeze, (unsigned)(unsigned char)key.p[9] << 8 | (unsigned char)key.p[10],
                              value)); /* mostly it is there as a file */
    return ST_OK;
}

static enum st take_missing_row(struct extract *e, struct str key, struct str value)
{
    return account_of(key) == ACCOUNT_STORE ? take_store_row(e, &e->missing, key, value) : ST_OK;
}

static enum st read_snapshot(struct extract *e, enum st (*take)(struct extract *e, struct str key, struct str value))
{
    struct snap_reader r;
    struct str key, value;
    enum st st;

    TRY(snap_reader_open(&r, &os_file_system, e->from.snapshot));
    e->found.batch = r.head.seq;
    e->found.time_us = r.head.wall_us;
    e->found.gaps = 0;
    for (;;) {
        st = snap_reader_next(&r, &key, &value);
        if (st == ST_CORRUPT && snap_reader_skip(&r)) {
            e->found.gaps++;
            continue;
        }
        if (st != ST_OK || key.n < 8 || (st = take(e, key, value)) != ST_OK)
            break;
    }
    if (st == ST_CORRUPT) /* nothing good behind it */
        e->found.gaps++;
    snap_reader_close(&r);
    if (st != ST_EOF && st != ST_CORRUPT)
        return st;
    return flush(e);
}

/* --- the journal -------------------------------------------------------------------------------------------------- */

static enum st take_change(struct extract *e, const struct change_view *c)
{
    if (c->op == KV_PUT)
        return put_wanted(e, c->key, c->value);
    if (c->op == KV_DEL)
        rocksdb_writebatch_delete(e->changes, c->key.p, c->key.n);
    else
        rocksdb_writebatch_delete_range(e->changes, c->key.p, c->key.n, c->value.p, c->value.n);
    e->bytes += c->key.n;
    return ST_OK;
}

static enum st take_blob(struct extract *e, const struct blob_row *row)
{
    struct row_key key = row_key(ROW_BLOB, row->id);

    buf_clear(&e->value);
    blob_row_value(&e->value, row);
    return put(e, str_n(key.p, sizeof key.p), buf_str(&e->value));
}

static enum st take_move(struct extract *e, const struct blob_move *m)
{
    struct row_key key = row_key(ROW_MOVED, m->id);

    if (!m->id || !pool_segment_of(&e->pool, m->segment))
        return ST_OK;
    buf_clear(&e->value);
    rec_put_u64(&e->value, m->segment);
    rec_put_u64(&e->value, m->offset);
    return put(e, str_n(key.p, sizeof key.p), buf_str(&e->value));
}

/* Of a batch that is too young only the moves count: they say where the pool has what the older ones brought. */
static enum st take_batch(struct extract *e, struct str record, bool only_moves)
{
    struct batch_reader r;
    struct batch_head head;
    struct change_view change;
    struct blob_row row;
    struct blob_move move;
    uint64_t id, version;
    int32_t delta;

    batch_read(&r, record, &head);
    while (batch_next_blob(&r, &row))
        if (!only_moves)
            TRY(take_blob(e, &row));
    while (batch_next_deref(&r, &id, &delta))
        continue;
    while (batch_next_part(&r, &id, &version))
        while (batch_next_change(&r, &change))
            if (!only_moves && id == e->from.account)
                TRY(take_change(e, &change));
    while (batch_next_before(&r, &id, &version))
        continue;
    while (batch_next_move(&r, &move))
        TRY(take_move(e, &move));
    return batch_end(&r);
}

static enum st read_journal(struct extract *e)
{
    struct pool_walk w;
    bool is_over = false;
    enum st st;

    pool_walk_begin(&w, &e->pool, e->found.batch);
    while ((st = pool_walk_next(&w)) == ST_OK) {
        is_over = is_over || w.wall_us > e->from.until_us;
        st = take_batch(e, buf_str(&w.record), is_over);
        if (st != ST_OK)
            break;
        if (!is_over) {
            e->found.batch = w.seq;
            e->found.time_us = w.wall_us;
        }
    }
    e->found.has_gap = !is_over && w.has_gap;
    pool_walk_end(&w);
    TRY(st == ST_EOF ? ST_OK : st);
    return flush(e);
}

/* A body that was somebody else's when the snapshot was made, and the account's later. */
static enum st find_missing(struct extract *e)
{
    struct arena a = ARENA_INIT;
    struct extract_found found = e->found;
    struct index_scan rows;
    struct index_view view;
    struct str key, value, keep;
    char from[8], to[8];
    uint64_t blob;
    enum st st = ST_OK, end;

    account_prefix(e->from.account, from);
    account_prefix(e->from.account + 1, to);
    index_view_open(&e->index, &view);
    index_scan_open(&view, str_n(from, 8), str_n(to, 8), &rows);
    while (st == ST_OK && index_scan_next(&rows, &key, &value)) {
        struct row_key row;
        struct str there;

        blob = 0;
        if (!e->from.wants(e->from.arg, str_from(key, 8), value, &keep, &blob) || !blob)
            continue;
        row = row_key(ROW_BLOB, blob);
        arena_reset(&a);
        st = index_get(&e->index, TIER_DISK, &a, str_n(row.p, sizeof row.p), &there);
        if (st == ST_NOTFOUND) {
            map_put(&e->missing, blob, e);
            st = ST_OK;
        }
    }
    end = index_scan_close(&rows);
    index_view_close(&view);
    arena_fini(&a);
    TRY(st);
    TRY(end);
    if (e->missing.n)
        st = read_snapshot(e, take_missing_row);
    e->found = found;
    return st;
}

/* --- opening ------------------------------------------------------------------------------------------------------ */

static enum st open_all(struct extract *e)
{
    const struct store_options opt = {.cache_bytes = 8u << 20, .write_buffer_bytes = 32u << 20, .open_files = 64};
    struct arena a = ARENA_INIT;
    enum st st = index_open(&e->index, arena_printf(&a, "%s/index", e->from.work).p, &opt);

    arena_fini(&a);
    TRY(st);
    TRY(pool_open(&e->pool, &os_file_system, e->from.pool));
    TRY(read_snapshot(e, take_row));
    if (!e->from.until_us)
        return ST_OK;
    TRY(read_journal(e));
    return find_missing(e);
}

enum st extract_open(const struct extract_source *from, struct extract **out, struct extract_found *out_found)
{
    struct extract *e = MEM_NEW(struct extract);
    enum st st;

    e->from = *from;
    e->changes = rocksdb_writebatch_create();
    buf_init(&e->value, 256);
    st = open_all(e);
    if (st != ST_OK) {
        struct err why = *err_get();

        extract_close(e);
        *err_get() = why;
        return st;
    }
    *out = e;
    *out_found = e->found;
    return ST_OK;
}

void extract_close(struct extract *e)
{
    if (!e)
        return;
    pool_close(&e->pool);
    index_close(&e->index);
    rocksdb_writebatch_destroy(e->changes);
    buf_fini(&e->value);
    map_fini(&e->wanted);
    map_fini(&e->missing);
    mem_free(e);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

static struct str whole_key(struct extract *e, struct arena *a, struct str key)
{
    char *p = arena_alloc(a, 8 + key.n);

    account_prefix(e->from.account, p);
    memcpy(p + 8, key.p, key.n);
    return str_n(p, 8 + key.n);
}

enum st extract_get(struct extract *e, struct arena *a, struct str key, struct str *out_value)
{
    return index_get(&e->index, TIER_DISK, a, whole_key(e, a, key), out_value);
}

enum st extract_walk(struct extract *e, struct str from, struct str to,
                     enum st (*each)(void *arg, struct str key, struct str value), void *arg)
{
    struct arena a = ARENA_INIT;
    struct index_view view;
    struct index_scan rows;
    struct str key, value;
    enum st st = ST_OK, end;

    index_view_open(&e->index, &view);
    index_scan_open(&view, whole_key(e, &a, from), whole_key(e, &a, to), &rows);
    while (st == ST_OK && index_scan_next(&rows, &key, &value))
        st = each(arg, str_from(key, 8), value);
    end = index_scan_close(&rows);
    index_view_close(&view);
    arena_fini(&a);
    return st == ST_OK ? end : st;
}

static enum st body_at(struct extract *e, struct arena *a, const struct blob_row *row, struct buf *out)
{
    struct row_key key = row_key(ROW_MOVED, row->id);
    struct blob_row moved = *row;
    size_t before = out->n;
    enum st st = pool_body(&e->pool, row, out);
    struct err why = *err_get();
    struct str value;
    struct rec r;

    if (st != ST_CORRUPT)
        return st;
    out->n = before;
    if (index_get(&e->index, TIER_DISK, a, str_n(key.p, sizeof key.p), &value) != ST_OK) {
        *err_get() = why;
        return st;
    }
    r = rec_of(value);
    moved.segment = rec_u64(&r);
    moved.offset = rec_u64(&r);
    return pool_body(&e->pool, &moved, out);
}

enum st extract_body(struct extract *e, uint64_t blob, struct buf *out)
{
    struct row_key key = row_key(ROW_BLOB, blob);
    struct arena a = ARENA_INIT;
    struct blob_row row;
    struct str value;
    enum st st = index_get(&e->index, TIER_DISK, &a, str_n(key.p, sizeof key.p), &value);

    if (st == ST_NOTFOUND)
        st = FAIL(ST_NOTFOUND, "the backup does not say where its body is");
    if (st == ST_OK)
        st = blob_row_of(value, blob, &row);
    if (st == ST_OK)
        st = body_at(e, &a, &row, out);
    arena_fini(&a);
    return st;
}
