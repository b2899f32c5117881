/* Memory that is freed together. Three lifetimes use it: a core's (start to stop), a session's
 * (connect to close), a command's (reset after each). A function that returns memory takes the
 * arena as its first parameter.
 *
 * Allocation does not fail: inputs are bounded before they reach an arena (base/limits.def), and
 * true exhaustion of memory ends the process. */
#pragma once

#include "base/str.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first */
    char *at, *end;             /* free space in the newest */
    size_t used;                /* bytes handed out since the last reset */
};

#define ARENA_INIT ((struct arena){0})

void arena_init(struct arena *a); /* allocates nothing until first used */
void arena_fini(struct arena *a);

/* Forgets everything handed out; keeps one small block for the next use. */
void arena_reset(struct arena *a);

/* Zeroed, aligned for any type, at least one byte. */
void *arena_alloc(struct arena *a, size_t size);
#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_array((a), sizeof(type), (n)))
void *arena_array(struct arena *a, size_t size, size_t n); /* asserts that size * n does not overflow */

struct str arena_str(struct arena *a, struct str s); /* a copy; also NUL-terminated behind its end */
char *arena_cstr(struct arena *a, struct str s);     /* a copy as a C string */
struct str arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* malloc and friends for owned objects: zeroed, and they end the process when memory is exhausted. */
void *mem_new(size_t size);
void *mem_resize(void *p, size_t size); /* new bytes are not zeroed */
void mem_large(void *p,
               size_t size); /* all of it will be used: in large pages, where there are any and it is worth it */
void mem_free(void *p);
#define MEM_NEW(type) ((type *)mem_new(sizeof(type)))
