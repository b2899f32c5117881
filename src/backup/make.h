/* Making a set, and removing old ones. */
#pragma once

#include "backup/pool.h"
#include "admin/admin.h"

struct backup_made {
    struct str set; /* its name; in the arena */
    struct backup_manifest manifest;
    struct str *removed; /* names of older sets that are gone */
    size_t n_removed;
    uint64_t bytes;         /* of all its files together */
    uint64_t read, written; /* by this run */
    size_t files_of_keys;
};

/* `keep` 0: removes nothing. ST_DENIED: the directory holds the backup of another server, or of a newer version; ST_EXISTS: something
 * else; ST_BUSY: another backup into it is under way; ST_EOF: the server ended meanwhile. What fails leaves older sets, and
 * nothing else. */
enum st backup_make(struct arena *a, const struct admin_backup *b, uint64_t keep, struct backup_made *out) MUST_USE;
