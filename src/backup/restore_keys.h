/* Keys and certificates of a set: unsealed before anything is touched, so that a wrong passphrase costs nothing, and put where they were. */
#pragma once

#include "backup/chosen.h"
#include "config/settings.h"

struct restored_keys {
    struct buf tar;      /* unsealed; empty: there are none, or they are not wanted */
    const char *why_not; /* the set's are damaged; NULL: they are not. In the arena of the call */
    uint64_t restored;   /* and those that were there already, as they are in the backup */
    struct buf kept;     /* JSON texts: paths where something else is, which stays */
};

/* Asks for the passphrase when the set has keys and --without-keys is not given. ST_DENIED: it is another. */
enum st restore_keys_open(struct arena *a, const struct chosen *c, const struct admin_args *args,
                          struct restored_keys *out) MUST_USE;
/* Those that belong into the directory, which nobody has opened yet. */
enum st restore_keys_to_directory(struct arena *a, const struct restored_keys *k, const char *directory) MUST_USE;
/* What was below the data directory goes below `tmp`, the rest to its own place, never over another file. */
enum st restore_keys_put(struct arena *a, const struct chosen *c, const struct settings *set, const char *tmp,
                         struct restored_keys *k) MUST_USE;
void restore_keys_fini(struct restored_keys *k);
