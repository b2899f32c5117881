#include "store/upkeep.c"

#include "fixture.h"
#include "test.h"

TEST(the_pace_is_kept_and_the_end_cuts_waiting_short)
{
    const char *dir = new_dir();
    struct store_upkeep set = {.dictionary = true, .rate = 0};
    struct store_options o = test_options(dir);
    struct store *s;
    uint64_t began;

    o.upkeep = &set;
    CHECK_ST(store_open(&o, &s), ST_OK);
    CHECK(upkeep_settings(s).dictionary && !upkeep_is_ending(s));
    CHECK(upkeep_pay(s, 1u << 30)); /* no rate, no waiting */
    set.rate = 10u << 20;
    store_set_upkeep(s, &set);
    began = clock_mono_us();
    for (int i = 0; i < 10; i++)
        CHECK(upkeep_pay(s, 256u << 10));
    CHECK(clock_mono_us() - began + AHEAD_US >= 250000);
    upkeep_stop(s);
    CHECK(upkeep_is_ending(s));
    CHECK(!upkeep_pay(s, 1ull << 40)); /* a day's worth */
    store_close(s);
    remove_dir(dir);
}
