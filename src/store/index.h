/* The index: RocksDB, without a log of its own, since the journal in the segments is one. Calls here block and
 * belong to no core; kv.c puts them where they may wait. Keys are whole: account in front, 8 bytes big-endian. */
#pragma once

#include "store/store.h"

#include <rocksdb/c.h>
#include <stdatomic.h>

struct index {
    rocksdb_t *db;
    rocksdb_options_t *options;
    rocksdb_block_based_table_options_t *table;
    rocksdb_cache_t *cache;
    rocksdb_writeoptions_t *write;
    rocksdb_readoptions_t *read, *read_cached;
    atomic_bool is_damaged; /* a call has found it so */
};

enum st index_open(struct index *ix, const char *path, const struct store_options *opt)
    MUST_USE;                                    /* its sizes must be set */
enum st index_remove(const char *path) MUST_USE; /* all of it; it is not open */
void index_close(struct index *ix);              /* writes out what it holds; fine when open failed */

/* Whether to read only what is in memory (single keys; ST_TRYLATER when that does not suffice) or from the disk too; a scan does not
 * push out of memory what others need. */
enum tier { TIER_MEMORY, TIER_DISK, TIER_SCAN };

/* ST_NOTFOUND without an error text: it is an answer like another. */
enum st index_get(struct index *ix, enum tier tier, struct arena *a, struct str key, struct str *out_value) MUST_USE;

struct index_entry {
    struct str key, value;
};
/* At most max_n entries (the last one may bring it over max_bytes) from `from` on, below `to`. */
enum st index_page(struct index *ix, enum tier tier, struct arena *a, struct str from, struct str to, size_t max_n,
                   size_t max_bytes, struct index_entry **out, size_t *out_n, bool *out_more) MUST_USE;

/* Calls `each` with at most max_n entries from *next on, below `to`, and leaves in *next where to go on, also when it
 * fails. Nothing is copied: what is handed out is gone when `each` returns, which ends the walk by another answer than
 * ST_OK. */
enum st index_walk(struct index *ix, enum tier tier, struct buf *next, struct str to, size_t max_n,
                   enum st (*each)(void *arg, struct str key, struct str value), void *arg, bool *out_more) MUST_USE;

/* The index as it is now, whatever is written meanwhile: always the state after some batch. Close it soon, it holds
 * what is overwritten. */
struct index_view {
    struct index *ix;
    const rocksdb_snapshot_t *snapshot;
    rocksdb_readoptions_t *read;
};
void index_view_open(struct index *ix, struct index_view *out);
void index_view_close(struct index_view *v);
enum st index_view_get(struct index_view *v, struct arena *a, struct str key, struct str *out_value) MUST_USE;

/* All from `from` on, below `to` (empty: no end; the caller's until closed), in order. Views last until the next call. */
struct index_scan {
    struct index *ix;
    rocksdb_iterator_t *it;
    struct str to;
    bool began;
};
void index_scan_open(struct index_view *v, struct str from, struct str to, struct index_scan *out);
bool index_scan_next(struct index_scan *s, struct str *out_key, struct str *out_value);
enum st index_scan_close(struct index_scan *s) MUST_USE; /* why it stopped; ST_OK: it came to its end, or was left */

/* A batch is made by the rocksdb_writebatch calls and written whole. */
enum st index_write(struct index *ix, rocksdb_writebatch_t *batch) MUST_USE;
bool index_is_stopped(struct index *ix); /* it can't write to its disk just now */
/* Writes it all anew, without ranges that are deleted: older versions left some (journal.c, settle_range). Blocks, for long. */
enum st index_drop_ranges(struct index *ix) MUST_USE;
/* What has been written before the call is durable afterwards. Blocks. */
enum st index_flush(struct index *ix) MUST_USE;
