#include "co/sim.h"

#include <stdatomic.h>

static atomic_bool on;
static atomic_uint_fast64_t passed_us; /* since sim_clock_start */
static uint64_t wall_began_us;

#define MONO_BEGAN_US UINT64_C(1000000000)

static uint64_t mono_us(void)
{
    return MONO_BEGAN_US + atomic_load(&passed_us);
}

static uint64_t wall_us(void)
{
    return wall_began_us + atomic_load(&passed_us);
}

void sim_clock_start(uint64_t wall)
{
    wall_began_us = wall;
    atomic_store(&passed_us, 0);
    clock_override(mono_us, wall_us);
    atomic_store(&on, true);
}

void sim_clock_stop(void)
{
    atomic_store(&on, false);
    clock_override(NULL, NULL);
}

bool sim_clock_is_on(void)
{
    return atomic_load_explicit(&on, memory_order_relaxed);
}

void sim_clock_advance(mono_ms by)
{
    atomic_fetch_add(&passed_us, by * 1000);
}
