/* The segments of a backup, which nobody changes while they are read: the batches of their journal in order, and bodies. For one thread.
 * Inside store/. */
#pragma once

#include "base/map.h"
#include "store/os_file.h"
#include "store/squeeze.h"

struct pool {
    const struct os_file *os;
    char *dir; /* with seg/ and dict/ */
    struct map by_id;
    const struct pool_segment **journal; /* ascending by first batch, of the same the newest first */
    size_t n_journal;
    struct squeeze squeeze;
    int fd; /* of the one that was read last; -1: none */
    uint64_t fd_of;
};

struct pool_segment {
    struct segment_head head;
};

/* Reads the heads of all segments; one without a good head is as if it were not there. */
enum st pool_open(struct pool *p, const struct os_file *os, const char *dir) MUST_USE;
void pool_close(struct pool *p);
const struct pool_segment *pool_segment_of(const struct pool *p, uint64_t id); /* NULL: there is none */

/* The whole body of a row, verified, behind what is in *out. ST_CORRUPT, also when its segment is not there. */
enum st pool_body(struct pool *p, const struct blob_row *row, struct buf *out) MUST_USE;

struct pool_walk {
    struct pool *pool;
    const struct pool_segment *in; /* NULL: none */
    uint64_t at, next;             /* where the next batch should stand, and its number */
    /* the one that has been read: */
    struct buf record;
    uint64_t seq, wall_us;
    bool has_gap; /* it ended, and batches with later numbers are there */
};

/* The batches behind number `after`. */
void pool_walk_begin(struct pool_walk *w, struct pool *p, uint64_t after);
enum st pool_walk_next(struct pool_walk *w) MUST_USE; /* ST_EOF: no further one follows */
void pool_walk_end(struct pool_walk *w);
