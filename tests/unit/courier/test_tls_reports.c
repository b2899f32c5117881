/* When reports are sent again. What is counted, kept and sent is shown by tests/courier. */
#include "courier/tls_reports.c"

#include "co/sim.h"
#include "test.h"

#define HOUR_US (UINT64_C(3600) * 1000000)

struct ipc *courier_keeper(const struct courier *c)
{
    (void)c;
    return NULL;
}

enum st tls_report_send(struct courier *c, struct arena *a, const struct tls_report *t)
{
    (void)c;
    (void)a;
    (void)t;
    return ST_OK;
}

TEST(what_was_not_taken_is_sent_again_soon_and_ever_less_often)
{
    static const unsigned hours[] = {1, 2, 4, 8};
    const uint64_t midnight = 20000 * DAY_US;
    struct tls_reports_sent failed = {.reported = 3, .failed = 1}, good = {.reported = 3};
    uint64_t pause = 0, next;

    sim_clock_start(midnight + HOUR_US);
    for (size_t i = 0; i < ARRAY_LEN(hours); i++)
        CHECK_U64(next_time(&failed, &pause), midnight + (1 + hours[i]) * HOUR_US);
    for (size_t i = 0; i < 80; i++) { /* never behind the next day's, and never over */
        next = next_time(&failed, &pause);
        CHECK(next > midnight + HOUR_US && next < midnight + DAY_US + SPREAD_US);
    }
    next = next_time(&good, &pause);
    CHECK(pause == 0 && next >= midnight + DAY_US && next < midnight + DAY_US + SPREAD_US);
    CHECK_U64(next_time(&failed, &pause), midnight + 2 * HOUR_US);
    sim_clock_stop();
}
