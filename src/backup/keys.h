/* Keys, certificates and what else is secret in the data directory, as a tar that is sealed with a passphrase. docs/formats/backup.md
 * draws it. Blocks, for a second or so on purpose (Argon2id). */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "config/settings.h"

#define KEYS_TAR_MAX (64u << 20)

/* All of them, as a tar: names are whole paths without the first slash. `directory_keys` (directory_keys.h) go along as a file of their own.
 * Wipe it afterwards. */
enum st backup_keys_gather(const struct settings *set, struct str directory_keys, struct buf *out_tar,
                           size_t *out_files) MUST_USE;
enum st backup_keys_seal(struct str tar, struct str passphrase, struct buf *out) MUST_USE;

/* ST_DENIED: another passphrase. ST_CORRUPT: cut, or changed. Wipe it afterwards. */
enum st backup_keys_unseal(struct str sealed, struct str passphrase, struct buf *out_tar) MUST_USE;
enum st backup_keys_check_head(struct str sealed) MUST_USE; /* all that can be told without the passphrase */

struct backup_key {
    struct str path, bytes; /* absolute */
    unsigned mode, uid, gid;
};
/* What a tar holds, in the arena. */
enum st backup_keys_list(struct arena *a, struct str tar, struct backup_key **out, size_t *out_n) MUST_USE;
