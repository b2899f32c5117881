/* Keys that stand in the directory (those that sign letters, and what the keeper makes for itself): taken out of a backup's copy of it, so that
 * they can be sealed with the others, and put back. In between they are a database of their own, in memory. Blocks. */
#pragma once

#include "base/buf.h"

#include <sqlite3.h>

#define BACKUP_DIRECTORY_KEYS "directory-keys.db" /* its name among the sealed files, below keeper/ */

/* Nothing of them stays in the copy, in free pages neither. `out`: NULL when nobody wants them; stays empty when there are none. Wipe it
 * afterwards. `what` names the copy in errors. */
enum st directory_keys_take(sqlite3 *copy, const char *what, struct buf *out) MUST_USE;
/* Into the directory of the same set, before any other program has opened it. */
enum st directory_keys_put(const char *directory, struct str keys) MUST_USE;

enum st directory_keys_failed(sqlite3 *db, const char *what, int rc) MUST_USE; /* SQLite's reason as ours */
