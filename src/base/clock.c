#include "base/clock.h"

#include <time.h>

static uint64_t (*mono_override)(void);
static uint64_t (*wall_override)(void);

static uint64_t read_us(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

uint64_t clock_mono_us(void)
{
    return mono_override ? mono_override() : read_us(CLOCK_MONOTONIC);
}

mono_ms clock_mono_ms(void)
{
    return clock_mono_us() / 1000;
}

uint64_t clock_wall_us(void)
{
    return wall_override ? wall_override() : read_us(CLOCK_REALTIME);
}

uint64_t clock_thread_us(void)
{
    return read_us(CLOCK_THREAD_CPUTIME_ID);
}

void clock_override(uint64_t (*mono_us)(void), uint64_t (*wall_us)(void))
{
    mono_override = mono_us;
    wall_override = wall_us;
}

/* Both after H. Hinnant's public-domain description of civil calendars: years start in March. */
int64_t days_from_civil(int64_t y, unsigned m, unsigned d)
{
    int64_t era, yoe, doy, doe;

    y -= m <= 2;
    era = (y >= 0 ? y : y - 399) / 400;
    yoe = y - era * 400;
    doy = (153 * ((int64_t)m + (m > 2 ? -3 : 9)) + 2) / 5 + (int64_t)d - 1;
    doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

void civil_from_days(int64_t days, int64_t *y, unsigned *m, unsigned *d)
{
    int64_t era, doe, yoe, doy, mp;

    days += 719468;
    era = (days >= 0 ? days : days - 146096) / 146097;
    doe = days - era * 146097;
    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    mp = (5 * doy + 2) / 153;
    *d = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
    *m = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
    *y = yoe + era * 400 + (*m <= 2);
}

struct str time_rfc5322(struct arena *a, uint64_t wall_us)
{
    static const char wday[] = "ThuFriSatSunMonTueWed"; /* 1970-01-01 was a Thursday */
    static const char mon[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    uint64_t s = wall_us / 1000000, day = s / 86400, t = s % 86400;
    unsigned m, d;
    int64_t y;

    civil_from_days((int64_t)day, &y, &m, &d);
    return arena_printf(a, "%.3s, %u %.3s %lld %02u:%02u:%02u +0000", wday + day % 7 * 3, d, mon + (m - 1) * 3,
                        (long long)y, (unsigned)(t / 3600), (unsigned)(t / 60 % 60), (unsigned)(t % 60));
}

struct str time_rfc3339(struct arena *a, uint64_t wall_us)
{
    uint64_t s = wall_us / 1000000, t = s % 86400;
    unsigned m, d;
    int64_t y;

    civil_from_days((int64_t)(s / 86400), &y, &m, &d);
    return arena_printf(a, "%04lld-%02u-%02uT%02u:%02u:%02uZ", (long long)y, m, d, (unsigned)(t / 3600),
                        (unsigned)(t / 60 % 60), (unsigned)(t % 60));
}
