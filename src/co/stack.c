#include "co/stack.h"
#include "base/arena.h"
#include "base/must.h"
#include "base/str.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* Linux 6.13 */
#endif

enum guard { GUARD_NONE, GUARD_KERNEL, GUARD_PROTECT, GUARD_CANARY };

#define CANARY UINT64_C(0x5afe57ac0ca9a917)
#define PAINT 0xc5

/* Mappings that mprotect guards may still cost in this process: two a guard, half of what the
 * kernel allows in all. */
static atomic_long mapping_budget;

static void read_mapping_budget(void)
{
    uint64_t max = 65530; /* the kernel's default */
    uint64_t told;
    char text[32] = "";
    FILE *f;

    f = fopen("/proc/sys/vm/max_map_count", "re");
    if (f) {
        if (fgets(text, sizeof text, f) && str_u64(str_trim(str_z(text)), INT32_MAX, &told) == ST_OK && told > 0)
            max = told;
        fclose(f);
    }
    atomic_store(&mapping_budget, (long)(max / 2));
}

void stack_pool_init(struct stack_pool *p, unsigned count, size_t bytes, bool paint)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    void *base;

    must(count > 0);
    pthread_once(&once, read_mapping_budget);
    *p = (struct stack_pool){.count = count, .free_n = count, .paint = paint, .page = (size_t)sysconf(_SC_PAGESIZE)};
    p->bytes = (bytes + p->page - 1) / p->page * p->page + p->page;
    base = mmap(NULL, p->bytes * count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK,
                -1, 0);
    must(base != MAP_FAILED);
    p->base = base;
    madvise(base, p->bytes * count, MADV_NOHUGEPAGE); /* fails where there are no huge pages: as well */
    p->free = mem_new(count * sizeof *p->free);
    p->kind = mem_new(count);
    for (unsigned i = 0; i < count; i++)
        p->free[i] = count - 1 - i;
}

void stack_pool_fini(struct stack_pool *p)
{
    must(p->free_n == p->count);
    for (unsigned i = 0; i < p->count; i++)
        if (p->kind[i] == GUARD_PROTECT)
            atomic_fetch_add(&mapping_budget, 2);
    munmap(p->base, p->bytes * p->count);
    mem_free(p->free);
    mem_free(p->kind);
}

static uint64_t *canary_of(const struct stack_pool *p, unsigned number)
{
    return (uint64_t *)(void *)(p->base + p->bytes * number);
}

static enum guard make_guard(struct stack_pool *p, unsigned number)
{
    char *low = p->base + p->bytes * number;

    if (madvise(low, p->page, MADV_GUARD_INSTALL) == 0)
        return GUARD_KERNEL;
    if (atomic_fetch_sub(&mapping_budget, 2) >= 2 && mprotect(low, p->page, PROT_NONE) == 0)
        return GUARD_PROTECT;
    atomic_fetch_add(&mapping_budget, 2);
    return GUARD_CANARY;
}

bool stack_get(struct stack_pool *p, struct stack *out)
{
    unsigned n;

    if (p->free_n == 0)
        return false;
    n = p->free[--p->free_n];
    if (p->dirty_n)
        p->dirty_n--;
    if (p->kind[n] == GUARD_NONE)
        p->kind[n] = (unsigned char)make_guard(p, n);
    if (p->kind[n] == GUARD_CANARY)
        *canary_of(p, n) = CANARY;
    *out = (struct stack){.low = p->base + p->bytes * n + p->page, .size = p->bytes - p->page, .number = n};
    if (p->paint)
        memset(out->low, PAINT, out->size);
    return true;
}

void stack_put(struct stack_pool *p, const struct stack *s)
{
    must(p->kind[s->number] != GUARD_CANARY || *canary_of(p, s->number) == CANARY);
    p->free[p->free_n++] = s->number;
    p->dirty_n++;
}

void stack_pool_trim(struct stack_pool *p, unsigned keep)
{
    while (p->dirty_n > keep) {
        unsigned n = p->free[p->free_n - p->dirty_n];

        size_t guard = p->kind[n] == GUARD_CANARY ? 0 : p->page; /* a canary is written anew */

        madvise(p->base + p->bytes * n + guard, p->bytes - guard, MADV_DONTNEED);
        p->dirty_n--;
    }
}

size_t stack_depth(const struct stack_pool *p, const struct stack *s)
{
    size_t i = 0;

    if (!p->paint)
        return 0;
    while (i < s->size && (unsigned char)s->low[i] == PAINT)
        i++;
    return s->size - i;
}
