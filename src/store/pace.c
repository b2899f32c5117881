#include "store/pace.h"

#define LEAST (4u << 20)
#define SHARE 32 /* of what the store holds */
#define STEP 4
#define QUICK_US 60000000u

uint64_t pace_calm_size(const struct pace *p)
{
    uint64_t share = p->bytes / SHARE & ~(uint64_t)(LEAST - 1);

    return MIN(p->most, MAX(share, LEAST));
}

static bool is_quick(const struct pace *p, uint64_t now_us)
{
    return p->size && now_us - p->taken_us < QUICK_US;
}

uint64_t pace_size(const struct pace *p, uint64_t now_us)
{
    uint64_t calm = pace_calm_size(p);

    return is_quick(p, now_us) ? MIN(p->most, MAX(STEP * p->size, calm)) : calm;
}

unsigned pace_spares(const struct pace *p, uint64_t now_us)
{
    if (p->was_quick && is_quick(p, now_us))
        return PACE_SPARES;
    return p->is_half;
}

void pace_took(struct pace *p, uint64_t size, uint64_t now_us)
{
    p->was_quick = is_quick(p, now_us);
    p->size = size;
    p->taken_us = now_us;
    p->is_half = false;
}
