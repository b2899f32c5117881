/* Time as a value. Deadlines are monotonic milliseconds; what is stored or shown is wall-clock
 * microseconds since 1970. Tests put their own clock underneath (sim). */
#pragma once

#include "base/arena.h"

typedef uint64_t mono_ms; /* the one typedef: a unit that must not be confused */

#define NEVER UINT64_MAX /* only for waits that end with their process */

mono_ms clock_mono_ms(void);
uint64_t clock_mono_us(void);
uint64_t clock_wall_us(void);
uint64_t clock_thread_us(void); /* processor time that this thread has used; a system call, unlike the others */
static inline uint64_t clock_wall_s(void)
{
    return clock_wall_us() / 1000000;
}

/* now + ms, without overflow */
static inline mono_ms deadline_in(uint64_t ms)
{
    mono_ms now = clock_mono_ms();

    return ms > NEVER - now ? NEVER : now + ms;
}

/* For tests: both functions are asked instead of the system; NULL restores it. */
void clock_override(uint64_t (*mono_us)(void), uint64_t (*wall_us)(void));

struct str time_rfc5322(struct arena *a, uint64_t wall_us); /* "Mon, 23 Nov 2026 06:40:20 +0000" */
struct str time_rfc3339(struct arena *a, uint64_t wall_us); /* "2026-11-23T06:40:20Z" */

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar, month 1-12, and back. */
int64_t days_from_civil(int64_t y, unsigned m, unsigned d);
void civil_from_days(int64_t days, int64_t *y, unsigned *m, unsigned *d);
