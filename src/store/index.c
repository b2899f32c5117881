#include "store/index.h"
#include "base/must.h"

#define BLOCK_BYTES 8192
#define TOMBSTONE_WINDOW 4096 /* a stretch of so many keys with so many deleted ones is compacted soon: */
#define TOMBSTONE_COUNT 1024  /* scans over a queue's deleted keys get slow otherwise */
#define CACHE_SHARD_BITS 2    /* each part of the cache holds what is large, too */
#define BOTTOMMOST_TOO 2      /* kForce */
#define NO_LINES                                                                                                       \
    6 /* above every level: after a line of its text log could not be written, RocksDB aborts at the next */

/* The C API has texts for status codes. Takes the text. A file that is missing is damage: nobody but RocksDB removes any. */
static enum st failed(struct index *ix, char *text)
{
    static const struct {
        const char *begin;
        enum st st;
    } kinds[] = {{"Result incomplete", ST_TRYLATER},
                 {"Corruption", ST_CORRUPT},
                 {"IO error: No space", ST_NOSPACE},
                 {"IO error: While lock", ST_BUSY},
                 {"IO error: lock", ST_BUSY}};
    enum st st = ST_IO;

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_starts(str_z(text), str_z(kinds[i].begin)))
            st = kinds[i].st;
    if (str_search(str_z(text), STR("No space left")) < strlen(text))
        st = ST_NOSPACE;
    if (str_search(str_z(text), STR("No such file or directory")) < strlen(text))
        st = ST_CORRUPT;
    if (st == ST_CORRUPT && ix)
        atomic_store(&ix->is_damaged, true);
    if (st != ST_TRYLATER)
        st = FAIL(st, "index: %s", text);
    rocksdb_free(text);
    return st;
}

static rocksdb_cache_t *new_cache(uint64_t bytes)
{
    rocksdb_lru_cache_options_t *o = rocksdb_lru_cache_options_create();
    rocksdb_cache_t *cache;

    rocksdb_lru_cache_options_set_capacity(o, bytes);
    rocksdb_lru_cache_options_set_num_shard_bits(o, CACHE_SHARD_BITS);
    cache = rocksdb_cache_create_lru_opts(o);
    rocksdb_lru_cache_options_destroy(o);
    return cache;
}

static void set_table(struct index *ix, uint64_t cache_bytes)
{
    ix->table = rocksdb_block_based_options_create();
    ix->cache = new_cache(cache_bytes);
    rocksdb_block_based_options_set_block_cache(ix->table, ix->cache);
    rocksdb_block_based_options_set_block_size(ix->table, BLOCK_BYTES);
    rocksdb_block_based_options_set_format_version(ix->table, 5);
    rocksdb_block_based_options_set_filter_policy(ix->table, rocksdb_filterpolicy_create_bloom_full(10)); /* takes it */
    /* In pieces: a filter of a million keys is larger than what the cache keeps, and would be read from its file for
     * each key that is asked for. Counted in the cache, so that memory stays bounded however large the index gets. */
    rocksdb_block_based_options_set_index_type(ix->table, rocksdb_block_based_table_index_type_two_level_index_search);
    rocksdb_block_based_options_set_partition_filters(ix->table, 1);
    rocksdb_block_based_options_set_metadata_block_size(ix->table, BLOCK_BYTES);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(ix->table, 1);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(ix->table, 1);
    rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(ix->table, 1);
    rocksdb_block_based_options_set_pin_top_level_index_and_filter(ix->table, 1);
    rocksdb_options_set_block_based_table_factory(ix->options, ix->table);
}

/* Two jobs and two write buffers: above, a failed flush that is tried again can misorder updates (7.8.3). */
static void set_options(rocksdb_options_t *o, const struct store_options *opt)
{
    rocksdb_options_set_create_if_missing(o, 1);
    rocksdb_options_set_max_background_jobs(o, 2);
    rocksdb_options_set_max_write_buffer_number(o, 2);
    rocksdb_options_set_write_buffer_size(o, opt->write_buffer_bytes); /* bounds what is replayed after a crash, too */
    rocksdb_options_set_max_open_files(o, (int)opt->open_files);
    rocksdb_options_set_max_file_opening_threads(o, 1);
    rocksdb_options_set_compression(o, rocksdb_lz4_compression);
    rocksdb_options_set_bottommost_compression(o, rocksdb_zstd_compression);
    rocksdb_options_set_level_compaction_dynamic_level_bytes(o, 1);
    rocksdb_options_set_bytes_per_sync(o, 1u << 20);
    rocksdb_options_set_manifest_preallocation_size(o, 64u << 10); /* 4 MiB else, in the smallest store */
    rocksdb_options_set_stats_dump_period_sec(o, 0);
    rocksdb_options_set_stats_persist_period_sec(o, 0);
    rocksdb_options_set_info_log_level(o, NO_LINES);
    rocksdb_options_set_keep_log_file_num(o, 1);
    rocksdb_options_add_compact_on_deletion_collector_factory(o, TOMBSTONE_WINDOW, TOMBSTONE_COUNT);
}

enum st index_open(struct index *ix, const char *path, const struct store_options *opt)
{
    char *error = NULL;

    *ix = (struct index){.options = rocksdb_options_create()};
    set_options(ix->options, opt);
    set_table(ix, opt->cache_bytes);
    ix->write = rocksdb_writeoptions_create();
    rocksdb_writeoptions_disable_WAL(ix->write, 1);
    ix->read = rocksdb_readoptions_create();
    ix->read_cached = rocksdb_readoptions_create();
    rocksdb_readoptions_set_read_tier(ix->read_cached, 1);
    ix->db = rocksdb_open(ix->options, path, &error);
    return error ? failed(ix, error) : ST_OK;
}

enum st index_remove(const char *path)
{
    rocksdb_options_t *options = rocksdb_options_create();
    char *error = NULL;

    rocksdb_destroy_db(options, path, &error);
    rocksdb_options_destroy(options);
    return error ? failed(NULL, error) : ST_OK;
}

void index_close(struct index *ix)
{
    if (!ix->options)
        return;
    if (ix->db)
        rocksdb_close(ix->db);
    rocksdb_readoptions_destroy(ix->read);
    rocksdb_readoptions_destroy(ix->read_cached);
    rocksdb_writeoptions_destroy(ix->write);
    rocksdb_block_based_options_destroy(ix->table);
    rocksdb_cache_destroy(ix->cache);
    rocksdb_options_destroy(ix->options);
    *ix = (struct index){0};
}

/* Of what RocksDB 7.8 reads from memory alone not all can be believed. A get takes a key in a table that is not open for one that
 * is there, and empty (table_cache.cc: "treat as kFound if no_io set"); an iterator passes over tables that it would have to read,
 * and says that all is well (its pull requests 11782 and 11786). So ranges are never read so, and empty values are looked at
 * once more. */
enum st index_get(struct index *ix, enum tier tier, struct arena *a, struct str key, struct str *out_value)
{
    rocksdb_readoptions_t *o = tier == TIER_MEMORY ? ix->read_cached : ix->read;
    rocksdb_pinnableslice_t *slice;
    char *error = NULL;
    enum st st = ST_OK;
    struct str v;

    slice = rocksdb_get_pinned(ix->db, o, key.p, key.n, &error);
    if (error)
        return failed(ix, error);
    if (!slice)
        return ST_NOTFOUND;
    v.p = rocksdb_pinnableslice_value(slice, &v.n);
    if (tier == TIER_MEMORY && !v.n)
        st = ST_TRYLATER;
    else
        *out_value = arena_str(a, v);
    rocksdb_pinnableslice_destroy(slice);
    return st;
}

/* Copies the entry under the iterator. */
static size_t copy_entry(struct arena *a, const rocksdb_iterator_t *it, struct index_entry *e)
{
    struct str k, v;

    k.p = rocksdb_iter_key(it, &k.n);
    v.p = rocksdb_iter_value(it, &v.n);
    *e = (struct index_entry){arena_str(a, k), arena_str(a, v)};
    return k.n + v.n;
}

struct cursor {
    struct index *ix;
    rocksdb_readoptions_t *options;
    rocksdb_iterator_t *it;
};

static struct cursor cursor_open(struct index *ix, enum tier tier, struct str from, struct str to)
{
    struct cursor c = {.ix = ix, .options = rocksdb_readoptions_create()};

    must(tier != TIER_MEMORY);
    rocksdb_readoptions_set_iterate_upper_bound(c.options, to.p, to.n);
    rocksdb_readoptions_set_fill_cache(c.options, tier != TIER_SCAN);
    c.it = rocksdb_create_iterator(ix->db, c.options);
    rocksdb_iter_seek(c.it, from.p, from.n);
    return c;
}

/* Why it is at an end: ST_OK when there is nothing more, or it was left early. */
static enum st cursor_close(struct cursor *c)
{
    char *error = NULL;

    rocksdb_iter_get_error(c->it, &error);
    rocksdb_iter_destroy(c->it);
    rocksdb_readoptions_destroy(c->options);
    return error ? failed(c->ix, error) : ST_OK;
}

enum st index_page(struct index *ix, enum tier tier, struct arena *a, struct str from, struct str to, size_t max_n,
                   size_t max_bytes, struct index_entry **out, size_t *out_n, bool *out_more)
{
    struct index_entry *entries = ARENA_ARRAY(a, struct index_entry, max_n);
    struct cursor c = cursor_open(ix, tier, from, to);
    size_t n = 0, bytes = 0;
    bool more;

    while ((more = rocksdb_iter_valid(c.it)) && n < max_n && bytes < max_bytes) {
        bytes += copy_entry(a, c.it, &entries[n++]);
        rocksdb_iter_next(c.it);
    }
    TRY(cursor_close(&c));
    *out = entries;
    *out_n = n;
    *out_more = more;
    return ST_OK;
}

enum st index_walk(struct index *ix, enum tier tier, struct buf *next, struct str to, size_t max_n,
                   enum st (*each)(void *arg, struct str key, struct str value), void *arg, bool *out_more)
{
    struct cursor c = cursor_open(ix, tier, buf_str(next), to);
    enum st st = ST_OK, ended;
    struct str k, v;
    bool more;

    for (size_t n = 0; (more = rocksdb_iter_valid(c.it)) && n < max_n && st == ST_OK; n++) {
        k.p = rocksdb_iter_key(c.it, &k.n);
        v.p = rocksdb_iter_value(c.it, &v.n);
        buf_clear(next);
        buf_add(next, k);
        buf_addc(next, 0); /* the smallest key behind it */
        st = each(arg, k, v);
        rocksdb_iter_next(c.it);
    }
    ended = cursor_close(&c);
    if (st == ST_OK)
        st = ended;
    if (st == ST_OK)
        *out_more = more;
    return st;
}

void index_view_open(struct index *ix, struct index_view *out)
{
    *out = (struct index_view){ix, rocksdb_create_snapshot(ix->db), rocksdb_readoptions_create()};
    rocksdb_readoptions_set_snapshot(out->read, out->snapshot);
    rocksdb_readoptions_set_fill_cache(out->read, 0);
}

void index_view_close(struct index_view *v)
{
    rocksdb_readoptions_destroy(v->read);
    rocksdb_release_snapshot(v->ix->db, v->snapshot);
}

enum st index_view_get(struct index_view *v, struct arena *a, struct str key, struct str *out_value)
{
    char *error = NULL, *value;
    size_t n;

    value = rocksdb_get(v->ix->db, v->read, key.p, key.n, &n, &error);
    if (error)
        return failed(v->ix, error);
    if (!value)
        return ST_NOTFOUND;
    *out_value = arena_str(a, str_n(value, n));
    rocksdb_free(value);
    return ST_OK;
}

void index_scan_open(struct index_view *v, struct str from, struct str to, struct index_scan *out)
{
    *out = (struct index_scan){.ix = v->ix, .it = rocksdb_create_iterator(v->ix->db, v->read), .to = to};
    rocksdb_iter_seek(out->it, from.p ? from.p : "", from.n);
}

bool index_scan_next(struct index_scan *s, struct str *out_key, struct str *out_value)
{
    if (s->began)
        rocksdb_iter_next(s->it);
    s->began = true;
    if (!rocksdb_iter_valid(s->it))
        return false;
    out_key->p = rocksdb_iter_key(s->it, &out_key->n);
    out_value->p = rocksdb_iter_value(s->it, &out_value->n);
    return !s->to.n || str_cmp(*out_key, s->to) < 0;
}

enum st index_scan_close(struct index_scan *s)
{
    char *error = NULL;

    rocksdb_iter_get_error(s->it, &error);
    rocksdb_iter_destroy(s->it);
    return error ? failed(s->ix, error) : ST_OK;
}

enum st index_write(struct index *ix, rocksdb_writebatch_t *batch)
{
    char *error = NULL;

    rocksdb_write(ix->db, ix->write, batch, &error);
    return error ? failed(ix, error) : ST_OK;
}

bool index_is_stopped(struct index *ix)
{
    uint64_t stopped = 0;

    return rocksdb_property_int(ix->db, "rocksdb.is-write-stopped", &stopped) == 0 && stopped;
}

enum st index_drop_ranges(struct index *ix)
{
    rocksdb_compactoptions_t *o = rocksdb_compactoptions_create();

    rocksdb_compactoptions_set_bottommost_level_compaction(o, BOTTOMMOST_TOO);
    rocksdb_compact_range_opt(ix->db, o, NULL, 0, NULL, 0);
    rocksdb_compactoptions_destroy(o);
    return index_flush(ix); /* the call above tells of no failure, this one does */
}

enum st index_flush(struct index *ix)
{
    rocksdb_flushoptions_t *o = rocksdb_flushoptions_create();
    char *error = NULL;

    rocksdb_flushoptions_set_wait(o, 1);
    rocksdb_flush(ix->db, o, &error);
    rocksdb_flushoptions_destroy(o);
    return error ? failed(ix, error) : ST_OK;
}
