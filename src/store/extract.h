/* One account out of a backup: its rows as they were after a batch or at a time, and its bodies, read from a snapshot and a pool of
 * segments that nobody changes. What it keeps meanwhile, a small index of these rows, lies in a directory of its own. Blocks; for a plain
 * thread. */
#pragma once

#include "store/store.h"

/* Which rows of the account are wanted. `key` is without the account. False: not this one. *out_value is what to keep of the value (it
 * is the value at first), *out_blob the body that it refers to (0: none). */
typedef bool extract_wants_fn(void *arg, struct str key, struct str value, struct str *out_value, uint64_t *out_blob);

struct extract_source {
    const char *snapshot; /* its file */
    const char *pool;     /* the directory with seg/ and dict/ */
    const char *work;     /* an empty directory */
    uint64_t account;
    uint64_t until_us; /* go on with the journal as long as its batches are not younger; 0: the snapshot as it is */
    extract_wants_fn *wants;
    void *arg;
};

struct extract_found {
    uint64_t rows;
    uint64_t batch, time_us; /* the last one; its time, or the snapshot's */
    uint64_t gaps;           /* places of the snapshot that are damaged: rows may be missing */
    bool has_gap;            /* the journal ends before until_us, and goes on somewhere later */
};

struct extract;

/* ST_CORRUPT: nothing of the snapshot can be used; ST_DENIED: a newer version. */
enum st extract_open(const struct extract_source *from, struct extract **out, struct extract_found *out_found) MUST_USE;
void extract_close(struct extract *e); /* NULL is fine */

/* In the order of keys (without the account) from `from` on, below `to`; `each` ends the walk by another answer than ST_OK. */
enum st extract_walk(struct extract *e, struct str from, struct str to,
                     enum st (*each)(void *arg, struct str key, struct str value), void *arg) MUST_USE;
enum st extract_get(struct extract *e, struct arena *a, struct str key, struct str *out_value)
    MUST_USE; /* ST_NOTFOUND */
/* The whole body, verified, behind what is in *out. ST_CORRUPT, ST_NOTFOUND. */
enum st extract_body(struct extract *e, uint64_t blob, struct buf *out) MUST_USE;
