/* A clock for tests: time stands still while anything can run, and jumps to the next timer when all
 * is idle, so that a day of waiting is a moment of test. For one core in the process (its offload
 * pools are waited for); real sockets work, since the loop looks at them before each jump. */
#pragma once

#include "base/clock.h"

void sim_clock_start(uint64_t wall_us); /* the wall clock's first value; the monotonic one starts at 1,000,000 ms */
void sim_clock_stop(void);
bool sim_clock_is_on(void);
void sim_clock_advance(mono_ms by); /* besides the jumps: a slow moment */
