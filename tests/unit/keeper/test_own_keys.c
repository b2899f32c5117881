/* Keys that the keeper makes for itself: they outlive it, a new one comes every month, old ones go when nothing good is signed with them. */
#include "keeper/own_keys.c"

#include "base/clock.h"
#include "test.h"

TEST(made_once_kept_and_changed)
{
    struct own_keys k = {0}, again = {0};
    uint64_t now = clock_wall_us();
    unsigned char first[SRS_KEY_BYTES];
    struct directory *d;

    CHECK_ST(directory_open(":memory:", &d), ST_OK);
    CHECK_ST(own_keys_ready(&k, d, OWN_KEYS_SRS, now), ST_OK);
    CHECK_ST(own_keys_ready(&again, d, OWN_KEYS_SRS, now), ST_OK);
    CHECK(k.keys.n == 1 && again.keys.n == 1 && !memcmp(k.keys.key, again.keys.key, sizeof k.keys.key));
    memcpy(first, k.keys.key[0], sizeof first);
    CHECK_ST(own_keys_ready(&again, d, OWN_KEYS_BOUNCES, now + 2 * LOOK_US), ST_OK);
    CHECK(again.keys.n == 1 && memcmp(again.keys.key[0], first, sizeof first)); /* each use has its own */
    CHECK_ST(own_keys_ready(&k, d, OWN_KEYS_SRS, now + 31 * DAY_US), ST_OK);
    CHECK(k.keys.n == 2 && memcmp(k.keys.key[0], first, sizeof first) && !memcmp(k.keys.key[1], first, sizeof first));
    directory_close(d);
}

/* The directory says when each was made: its own clock. */
TEST(old_ones_go)
{
    struct directory_secret v[3] = {
        {3, STR("x"), 100 * DAY_US}, {2, STR("x"), 70 * DAY_US}, {1, STR("x"), 40 * DAY_US}};
    struct directory *d;
    size_t n = 3;

    CHECK_ST(directory_open(":memory:", &d), ST_OK);
    CHECK_ST(drop_old(d, v, &n, 101 * DAY_US), ST_OK);
    CHECK_U64(n, 2);
    CHECK_ST(drop_old(d, v, &n, 124 * DAY_US), ST_OK);
    CHECK_U64(n, 1);
    directory_close(d);
}
