#include "base/arena.h"
#include "base/must.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define LARGE_PAGE (2u << 20)

#define BLOCK_FIRST 128 /* with its head: sessions that wait hold a name and an address in theirs */
#define BLOCK_TIMES 4   /* each block is so much larger than the one before, up to BLOCK_MOST */
#define BLOCK_MOST 65536
#define ALIGN 16

struct arena_block {
    struct arena_block *next;
    size_t size; /* of the data behind the head */
};

_Static_assert(sizeof(struct arena_block) % ALIGN == 0, "data behind the head stays aligned");

void *mem_new(size_t size)
{
    void *p = calloc(1, size ? size : 1);

    if (!p)
        never("out of memory");
    return p;
}

void *mem_resize(void *p, size_t size)
{
    void *q = realloc(p, size ? size : 1);

    if (!q)
        never("out of memory");
    return q;
}

void mem_large(void *p, size_t size)
{
    uintptr_t from = ((uintptr_t)p + LARGE_PAGE - 1) & ~(uintptr_t)(LARGE_PAGE - 1),
              to = ((uintptr_t)p + size) & ~(uintptr_t)(LARGE_PAGE - 1);

    if (size >= 2 * LARGE_PAGE && to > from)
        madvise((void *)from, to - from, MADV_HUGEPAGE); /* fails where there are none: as well */
}

void mem_free(void *p)
{
    free(p);
}

void arena_init(struct arena *a)
{
    *a = ARENA_INIT;
}

static void use_block(struct arena *a, struct arena_block *b)
{
    a->at = (char *)(b + 1);
    a->end = a->at + b->size;
}

void arena_fini(struct arena *a)
{
    while (a->blocks) {
        struct arena_block *b = a->blocks;

        a->blocks = b->next;
        free(b);
    }
    arena_init(a);
}

void arena_reset(struct arena *a)
{
    /* The oldest block is the smallest: keep that one, so that an idle session stays small. */
    while (a->blocks && a->blocks->next) {
        struct arena_block *b = a->blocks;

        a->blocks = b->next;
        free(b);
    }
    if (a->blocks && a->blocks->size > BLOCK_MOST) {
        arena_fini(a);
        return;
    }
    if (a->blocks)
        use_block(a, a->blocks);
    a->used = 0;
}

static void add_block(struct arena *a, size_t need)
{
    size_t next = a->blocks ? (a->blocks->size + sizeof *a->blocks) * BLOCK_TIMES : BLOCK_FIRST;
    size_t size = MAX(need, MIN(next, BLOCK_MOST) - sizeof *a->blocks);
    struct arena_block *b = malloc(sizeof *b + size);

    if (!b)
        never("out of memory");
    b->size = size;
    b->next = a->blocks;
    a->blocks = b;
    use_block(a, b);
}

void *arena_alloc(struct arena *a, size_t size)
{
    void *p;

    must(size <= SIZE_MAX / 2);
    size = (MAX(size, 1) + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if ((size_t)(a->end - a->at) < size)
        add_block(a, size);
    p = a->at;
    a->at += size;
    a->used += size;
    return memset(p, 0, size);
}

void *arena_array(struct arena *a, size_t size, size_t n)
{
    must(n == 0 || size <= SIZE_MAX / 2 / n);
    return arena_alloc(a, size * n);
}

char *arena_cstr(struct arena *a, struct str s)
{
    char *p = arena_alloc(a, s.n + 1);

    if (s.n)
        memcpy(p, s.p, s.n);
    return p;
}

struct str arena_str(struct arena *a, struct str s)
{
    return str_n(arena_cstr(a, s), s.n);
}

struct str arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap, again;
    char *p;
    int n;

    va_start(ap, fmt);
    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    must(n >= 0);
    p = arena_alloc(a, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return str_n(p, (size_t)n);
}
