/* The stacks of a core: address space from one reservation, handed out last in, first out, so that
 * few of them ever hold memory; each has a guard below it. Guards cost a mapping each where the
 * kernel is older than Linux 6.13, so there they stop at a budget, and a canary word stands in. */
#pragma once

#include "base/base.h"

struct stack_pool {
    char *base;
    size_t bytes;   /* of one stack with its guard; a multiple of the page */
    unsigned count; /* stacks in the reservation */
    unsigned *free; /* numbers; the top ones are dirty (have memory) */
    unsigned free_n, dirty_n;
    unsigned char *kind; /* enum guard of each; how its lower end is protected */
    size_t page;
    bool paint;
};

struct stack {
    char *low; /* above the guard */
    size_t size;
    unsigned number;
};

void stack_pool_init(struct stack_pool *p, unsigned count, size_t bytes, bool paint);
void stack_pool_fini(struct stack_pool *p);

bool stack_get(struct stack_pool *p, struct stack *out); /* false: none left */
void stack_put(struct stack_pool *p, const struct stack *s);

/* Gives back the memory of all unused stacks but `keep`. */
void stack_pool_trim(struct stack_pool *p, unsigned keep);

/* How deep a painted stack has been used, in bytes; 0 when the pool does not paint. */
size_t stack_depth(const struct stack_pool *p, const struct stack *s);
