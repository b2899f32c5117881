/* The lock on the data directory: the running server holds it, and so must everybody who works on the files there while
 * no server runs (the command line, offline). */
#pragma once

#include "base/str.h"

#define CONFIG_RESTORING "restoring" /* in it: what is being restored, while it is */

/* Opens the file `lock` in the directory (made when it is missing) and takes it exclusively, without waiting. The lock lives as
 * long as the descriptor. ST_BUSY: a server runs, or somebody works there offline. ST_DENIED: what is being
 * restored there is not whole. */
enum st config_lock_data(struct str data_dir, int *out_fd) MUST_USE;
/* The same, for who restores. */
enum st config_lock_restoring(struct str data_dir, int *out_fd) MUST_USE;
