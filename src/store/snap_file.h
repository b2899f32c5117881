/* The file of a snapshot: all rows of the index as they were after one batch, in key order, in chunks that stand for
 * themselves; docs/formats/store.md draws it. Knows the bytes only; snapshot.c knows when and why. Blocks. */
#pragma once

#include "base/buf.h"
#include "base/rec.h"
#include "store/os_file.h"

#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

#define SNAP_VERSION 1u
#define SNAP_HEAD_BYTES 64u
#define SNAP_CHUNK_BYTES (1u << 20) /* of keys and values, before zstd; the last pair may bring it above */

struct snap_head {
    uint64_t seq;          /* of the last batch that is in it */
    uint64_t blob_ceiling; /* no blob id at or above it had been given out */
    uint64_t wall_us;      /* when it was made */
};

struct snap_writer {
    const struct os_file *os;
    int fd;
    struct snap_head head;
    ZSTD_CCtx *z;
    struct buf raw, first, out; /* of the chunk being filled: its pairs, its first key */
    uint64_t at, chunks, chunk_pairs, pairs, raw_bytes, hashes;
};

/* The file is the caller's and empty. */
enum st snap_writer_begin(struct snap_writer *w, const struct os_file *os, int fd, const struct snap_head *h) MUST_USE;
enum st snap_writer_add(struct snap_writer *w, struct str key, struct str value) MUST_USE; /* keys ascend */
enum st snap_writer_end(struct snap_writer *w) MUST_USE;                                   /* not synced yet */
void snap_writer_fini(struct snap_writer *w);

struct snap_reader {
    const struct os_file *os;
    int fd;
    struct snap_head head;
    ZSTD_DCtx *z;
    struct buf stored, raw;
    struct rec pairs; /* of raw: what is left of the chunk */
    uint64_t at, size, chunks, pairs_read, raw_bytes, hashes;
    uint64_t pairs_total, raw_total; /* of the whole */
    bool has_gap;
};

/* Verifies head and end, so that a file that was cut is seen; the chunks are when they are read. ST_CORRUPT, ST_DENIED (a newer
 * version), ST_NOTFOUND. To be closed only when it says ST_OK. */
enum st snap_reader_open(struct snap_reader *r, const struct os_file *os, const char *path) MUST_USE;
/* Views last until the next call. ST_EOF: all has been read, and verified. ST_CORRUPT: see below. */
enum st snap_reader_next(struct snap_reader *r, struct str *out_key, struct str *out_value) MUST_USE;
/* After ST_CORRUPT: goes on with the next good chunk. False: there is none. The end is not verified then. */
bool snap_reader_skip(struct snap_reader *r);
void snap_reader_close(struct snap_reader *r);
