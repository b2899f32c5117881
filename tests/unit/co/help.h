/* Runs a test's body as a coroutine on a core of its own, under the clock of sim.h unless told not to. */
#pragma once

#include "co/inside.h"
#include "co/sim.h"
#include "test.h"

struct body {
    void (*fn)(void *);
    void *arg;
};

static void run_body(void *arg)
{
    struct body *b = arg;

    b->fn(b->arg);
    core_stop(core_here());
}

static struct core_stats on_core_real(void (*fn)(void *), void *arg)
{
    struct core_options opt = {.name = "test", .coroutines = 64, .paint_stacks = true};
    struct core *c = core_new(&opt);
    struct body b = {fn, arg};
    struct core_stats stats;
    bool spawned = false;

    core_of_thread = c; /* as a first coroutine must come from somewhere */
    spawned = co_spawn(run_body, &b, "body") == ST_OK;
    core_of_thread = NULL;
    CHECK(spawned);
    core_run(c);
    core_get_stats(c, &stats);
    core_free(c);
    return stats;
}

static struct core_stats on_core(void (*fn)(void *), void *arg)
{
    struct core_stats stats;

    sim_clock_start(UINT64_C(1700000000000000));
    stats = on_core_real(fn, arg);
    sim_clock_stop();
    return stats;
}
