#include "test.h"

#include "co/sim.c"

TEST(clock_stands_still_until_moved)
{
    uint64_t mono;

    sim_clock_start(5000000);
    CHECK(sim_clock_is_on());
    mono = clock_mono_ms();
    CHECK_U64(mono, 1000000);
    CHECK_U64(clock_mono_ms(), mono);
    sim_clock_advance(1500);
    CHECK_U64(clock_mono_ms(), mono + 1500);
    CHECK_U64(clock_wall_us(), 6500000);
    sim_clock_stop();
    CHECK(!sim_clock_is_on() && clock_wall_us() > 6500000);
}
