/* What a backup says of itself: which store it is of, which sets it has, and for each set which files belong to it, to what
 * length and with which hash. docs/formats/backup.md draws it. Files are named as they stand below the backup's directory
 * ("seg/00000012.seg", "dict/0001.dict": the pool, which all sets share) or, without a slash, below the set's. Blocks: for
 * plain threads. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

#define BACKUP_VERSION 1u
#define BACKUP_FILE "BACKUP"            /* which says that this is a backup, and of which store */
#define BACKUP_MANIFEST "manifest.json" /* of a set */
#define BACKUP_DIRECTORY "directory.db"
#define BACKUP_KEYS "keys.sealed"
#define BACKUP_CONFIG "restante.conf"
#define BACKUP_TMP ".tmp" /* behind the name of a set that is not complete */
#define BACKUP_HASH_BYTES 32
#define BACKUP_IDENTITY_CHARS 32 /* hexadecimal digits */
#define BACKUP_SETS_MAX 10000

struct backup_file {
    struct str name;
    uint64_t bytes; /* of it that belong to the set: a segment of the pool may have grown since */
    unsigned char hash[BACKUP_HASH_BYTES]; /* BLAKE2b-256 of them */
};

struct backup_manifest {
    uint64_t time_us; /* of the snapshot */
    struct str identity, program;
    uint64_t batch; /* N: the snapshot is the file N.snap, as in the store (%08llu.snap) */
    uint64_t accounts, messages;
    bool has_keys;
    struct backup_file *files; /* ascending by name, once read */
    size_t n_files;
};

/* JSON, with a hash of itself at its end. Sorts the files. */
enum st backup_manifest_put(const struct backup_manifest *m, struct buf *out) MUST_USE;
/* ST_CORRUPT; ST_DENIED: a newer version wrote it. Everything is in the arena. */
enum st backup_manifest_get(struct arena *a, struct str json, struct backup_manifest *out) MUST_USE;
const struct backup_file *backup_manifest_find(const struct backup_manifest *m, struct str name); /* NULL: none */
struct str backup_snapshot_name(struct arena *a, uint64_t batch);

/* --- in a directory ------------------------------------------------------------------------------------------ */

/* Is it a backup, and of which store? ST_NOTFOUND: it holds none; ST_DENIED: a newer version made it; ST_CORRUPT. */
enum st backup_identity(struct arena *a, const char *dir, struct str *out_identity) MUST_USE;

/* Until *out_fd is closed nobody else has it for writing, or with `alone` at all. ST_BUSY: a backup into it, or a reader, is at work. */
enum st backup_lock(const char *dir, bool alone, int *out_fd) MUST_USE;

struct backup_set {
    struct str name;  /* YYYYMMDDThhmmssZ */
    uint64_t time_us; /* of the name: of the manifest cut to a second, or a little later when sets came quickly */
};
/* The complete sets, from the oldest. */
enum st backup_sets(struct arena *a, const char *dir, struct backup_set **out, size_t *out_n) MUST_USE;
/* The newest of these that is not younger than at_us (UINT64_MAX: the newest). ST_NOTFOUND. */
enum st backup_set_at(const struct backup_set *sets, size_t n, uint64_t at_us, const struct backup_set **out) MUST_USE;
enum st backup_set_read(struct arena *a, const char *dir, struct str set, struct backup_manifest *out) MUST_USE;
struct str backup_set_name(struct arena *a, uint64_t time_us);
/* Where a file of a manifest stands; NUL-terminated. */
const char *backup_path(struct arena *a, const char *dir, struct str set, struct str file);

/* A whole file of at most max bytes. */
enum st backup_read_file(struct arena *a, const char *path, size_t max, struct str *out) MUST_USE;
/* The hash of the first `bytes` of a file; ST_CORRUPT when it is shorter. */
enum st backup_hash_file(const char *path, uint64_t bytes, unsigned char out[BACKUP_HASH_BYTES]) MUST_USE;
