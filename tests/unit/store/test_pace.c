#include "store/pace.c"

#include "test.h"

#define MB 1048576ull
#define S 1000000ull

TEST(segments_grow_with_the_store_between_two_bounds)
{
    struct pace p = {.most = 64 * MB};

    CHECK_U64(pace_calm_size(&p), 4 * MB);
    p.bytes = 600 * MB;
    CHECK_U64(pace_calm_size(&p), 8 * MB);
    p.bytes = 100000 * MB;
    CHECK_U64(pace_calm_size(&p), 64 * MB);
    p.most = 1 * MB;
    CHECK_U64(pace_calm_size(&p), 1 * MB);
}

TEST(segments_that_are_filled_quickly_are_followed_by_larger_ones)
{
    struct pace p = {.most = 64 * MB};

    p.bytes = 600 * MB;
    CHECK_U64(pace_size(&p, 5 * S), 8 * MB);
    pace_took(&p, 8 * MB, 5 * S);
    CHECK_U64(pace_size(&p, 6 * S), 16 * MB);
    CHECK_U64(pace_size(&p, 5 * S + QUICK_US), 8 * MB);
    p.bytes = 2400 * MB;
    CHECK_U64(pace_size(&p, 6 * S), 64 * MB);
}

TEST(spares_are_kept_as_writing_goes_on)
{
    struct pace p = {.most = 64 * MB};

    CHECK_U64(pace_spares(&p, 1 * S), 0);
    p.is_half = true; /* of one that was there at the start */
    CHECK_U64(pace_spares(&p, 1 * S), 1);
    pace_took(&p, 4 * MB, 5 * S);
    CHECK_U64(pace_spares(&p, 6 * S), 0);
    p.is_half = true;
    CHECK_U64(pace_spares(&p, 6 * S), 1);
    pace_took(&p, 4 * MB, 7 * S);
    CHECK_U64(pace_spares(&p, 8 * S), 2);
    CHECK_U64(pace_spares(&p, 8 * S + QUICK_US), 0); /* it has become quiet */
    pace_took(&p, 4 * MB, 8 * S + QUICK_US);
    CHECK_U64(pace_spares(&p, 9 * S + QUICK_US), 0);
    p.was_quick = p.is_half = true;
    CHECK_U64(pace_spares(&p, 10 * S + QUICK_US), 2);
    pace_calm(&p);
    CHECK_U64(pace_spares(&p, 10 * S + QUICK_US), 0);
}
