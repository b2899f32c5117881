/* Unpredictable bytes from the kernel. Never fails: without them the process ends. */
#pragma once

#include "base/arena.h"

void random_bytes(void *p, size_t n);
uint64_t random_u64(void);
/* `n` characters out of 32 that people can't mistake for each other (5 bits each). */
struct str random_word(struct arena *a, size_t n);
