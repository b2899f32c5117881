/* Copies into a backup, each byte hashed on its way: whole files under another name first, segments that have grown at
 * their end. A copy is synced when it is there. Blocks. */
#pragma once

#include "backup/manifest.h"
#include "base/clock.h"

/* What flows, and whom it concerns. */
struct backup_flow {
    uint64_t read, written; /* bytes, also of the backup itself */
    uint64_t done, total;   /* bytes that are dealt with, copied or not: for the progress bar */
    bool is_terminal;
    unsigned percent;
    const char *what;
    int hold; /* to which a sign of life goes now and then; -1: none */
    mono_ms said;
};

/* So many bytes more are dealt with. ST_EOF: the other end of the hold is gone. */
enum st backup_flow_on(struct backup_flow *f, uint64_t bytes) MUST_USE;

/* The first `bytes` of a file; what stood under that name is replaced when all is there. */
enum st backup_copy(struct backup_flow *f, const char *from, const char *to, uint64_t bytes,
                    unsigned char out_hash[BACKUP_HASH_BYTES]) MUST_USE;
/* `to` holds the first known->bytes already, which are verified: ST_CORRUPT when they have changed, or are missing. When it fails, they
 * are all that it holds. */
enum st backup_copy_more(struct backup_flow *f, const char *from, const char *to, const struct backup_file *known,
                         uint64_t bytes, unsigned char out_hash[BACKUP_HASH_BYTES]) MUST_USE;
/* From memory. */
enum st backup_put(struct backup_flow *f, struct str bytes, const char *to, unsigned char out_hash[BACKUP_HASH_BYTES])
    MUST_USE;
