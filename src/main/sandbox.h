/* The sandbox of a role: what its row in sandbox.def says, applied once, before the role has threads (they inherit it). Never
 * undone. Nothing here suspends. */
#pragma once

#include "main/role.h"

#include <sys/types.h>

/* Sets r->dir. Switches user and root directory (as root), no-new-privileges, Landlock, seccomp, no core dumps, not to be traced.
 * ST_DENIED with words when a part can't be had that the settings demand. */
enum st sandbox_seal(struct role *r) MUST_USE;

/* The user and group that a role runs as when started by root: those of its setting, a name, or a number that need not be in the
 * system's table (a demonstration takes high ones, so that no user has to be made). ST_NOTFOUND. Reads that table: for main, and
 * before sealing. */
enum st sandbox_user(const struct settings *set, enum role_kind kind, uid_t *out_uid, gid_t *out_gid) MUST_USE;

/* Whether the role has a directory of its own below `data`, by its name. */
bool sandbox_has_dir(enum role_kind kind);
