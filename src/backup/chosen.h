/* Which set of a backup something is to be had from. */
#pragma once

#include "admin/command.h"
#include "backup/manifest.h"

struct chosen {
    int lock; /* as long as it is held no backup is made, which could remove what is read; -1 where that can't be */
    const char *dir;
    struct backup_set set;
    struct backup_manifest manifest;
    uint64_t at_us;               /* --at; 0: not given */
    bool has_later;               /* there are younger sets: the journal may go on behind this one, */
    struct backup_manifest later; /* up to the next of them at least, if nothing has gone meanwhile */
};

/* The set of `--at`, or the newest, of the backup in a directory. ST_NOTFOUND: no backup, or none so old; ST_DENIED: a newer version
 * made it; ST_SYNTAX: no time; ST_TRYLATER: a backup is being made; ST_CORRUPT. Everything is in the arena. */
enum st chosen_find(struct arena *a, const struct admin_args *args, struct chosen *out) MUST_USE;

void chosen_let_go(struct chosen *c);

/* A file of the set, copied: the bytes that belong to the set, with `whole` also what the pool's file has grown by since. *out_good:
 * the set's bytes were all there, and have the hash that they should. `moved` hears of the bytes as they are copied. */
struct chosen_copy {
    const struct backup_file *file; /* NULL: no hash is known, all is copied */
    const char *from, *to;
    bool whole;
    void (*moved)(void *arg, uint64_t bytes);
    void *arg;
};
enum st chosen_copy_file(const struct chosen_copy *c, bool *out_good) MUST_USE;
