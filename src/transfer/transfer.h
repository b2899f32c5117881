/* Copying an account's mail to files and back, by the command line: the account is an IMAP connection that is logged in, which
 * the running box serves (docs/architecture.md, "Tools"). */
#pragma once

#include "admin/admin.h"

/* The commands `export` and `import`; `fd` is owned. Prints; returns how to exit. */
enum admin_exit transfer_main(const struct admin_args *args, struct str password, int fd, bool as_json);

/* Letters from elsewhere (transfer/importer.h) into an account: `fill` runs on a coroutine and puts them. */
struct importer;
struct json;
typedef enum st importer_fill_fn(void *arg, struct importer *im) SUSPENDS;
struct transfer_source {
    importer_fill_fn *fill;
    const char *verb;                            /* of the sum: how many letters were ... */
    void (*describe)(void *arg, struct json *j); /* adds members to the sum; may be NULL */
    void *arg;
};
enum admin_exit transfer_put(const struct transfer_source *from, int fd, bool as_json);
