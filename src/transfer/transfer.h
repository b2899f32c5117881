/* Copying an account's mail to files and back, by the command line: the account is an IMAP connection that is logged in, which
 * the running box serves (docs/architecture.md, "Tools"). */
#pragma once

#include "admin/admin.h"

/* The commands `export` and `import`; `fd` is owned. Prints; returns how to exit. */
enum admin_exit transfer_main(const struct admin_args *args, struct str password, int fd, bool as_json);
