/* Backups of the whole server: made beside it or without it, listed, verified. Part of the command line; blocks. */
#pragma once

#include "admin/admin.h"

/* `backup`, `backup list`, `backup verify`: see struct admin_hooks. */
enum st backup_run(const struct admin_backup *b, struct buf *out, bool *out_wrong) MUST_USE;
