#include "store/pace.h"

#define LEAST (4u << 20)
#define CALM_SHARE 64 /* of what the store holds */
#define BUSY_SHARE 32
#define QUICK_US 60000000u

static uint64_t size_of(const struct pace *p, uint64_t share)
{
    return MIN(p->most, MAX(p->bytes / share & ~(uint64_t)(LEAST - 1), LEAST));
}

uint64_t pace_calm_size(const struct pace *p)
{
    return size_of(p, CALM_SHARE);
}

static bool is_quick(const struct pace *p, uint64_t now_us)
{
    return p->size && now_us - p->taken_us < QUICK_US;
}

uint64_t pace_size(const struct pace *p, uint64_t now_us)
{
    return size_of(p, is_quick(p, now_us) ? BUSY_SHARE : CALM_SHARE);
}

unsigned pace_spares(const struct pace *p, uint64_t now_us)
{
    if (p->was_quick && is_quick(p, now_us))
        return PACE_SPARES;
    return p->is_half;
}

void pace_calm(struct pace *p)
{
    p->was_quick = p->is_half = false;
}

void pace_took(struct pace *p, uint64_t size, uint64_t now_us)
{
    p->was_quick = is_quick(p, now_us);
    p->size = size;
    p->taken_us = now_us;
    p->is_half = false;
}
