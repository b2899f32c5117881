/* `restore`: a server out of a backup, or one account's mail into a server. Part of the command line; blocks. */
#pragma once

#include "admin/admin.h"

/* Into a data directory that is empty or missing. See struct admin_hooks. */
enum st restore_whole(const struct admin_restore *r, struct buf *out, bool *out_wrong) MUST_USE;
/* --account: prints. */
enum admin_exit restore_account(const struct admin_restore *r);
