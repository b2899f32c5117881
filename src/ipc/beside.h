/* Bytes that stand in the file beside a message, since they do not fit it. The file has no name; whoever reads it does so by
 * place, never maps it, and does not trust its length. */
#pragma once

#include "base/arena.h"

/* Behind what has been written there. ST_NOSPACE, ST_IO. Blocks. */
enum st beside_write(int fd, struct str bytes) MUST_USE;
/* `n` bytes from `at` on, without moving the file's place. ST_IO: there are fewer. Blocks. */
enum st beside_read(int fd, uint64_t at, size_t n, char *to) MUST_USE;
/* The same into the arena. */
enum st beside_take(int fd, uint64_t at, size_t n, struct arena *a, struct str *out) MUST_USE;
