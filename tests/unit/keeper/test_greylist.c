#include "keeper/greylist.c"

#include "test.h"

static const struct greylist_rule rule = {.delay_us = 100, .window_us = 1000, .keep_us = 10000, .passes = 2};

static uint64_t ask(struct greylist *g, const char *network, const char *sender, const char *rcpt, uint64_t now_us)
{
    return greylist_ask(g, &rule, str_z(network), str_z(sender), str_z(rcpt), now_us);
}

TEST(who_comes_again_in_time_is_known)
{
    struct greylist g;

    greylist_init(&g);
    CHECK_U64(ask(&g, "n", "s", "r", 5000), 100);
    CHECK_U64(ask(&g, "n", "s", "r", 5040), 60);
    CHECK_U64(ask(&g, "n", "s", "other", 5050), 100);
    CHECK_U64(ask(&g, "m", "s", "r", 5050), 100);
    CHECK_U64(ask(&g, "n", "sr", "", 5050), 100); /* not the same texts in other places */
    CHECK_U64(ask(&g, "n", "s", "r", 5100), 0);
    CHECK_U64(ask(&g, "n", "s", "r", 15000), 0); /* each letter prolongs it */
    CHECK_U64(ask(&g, "n", "s", "r", 24000), 0);
    CHECK_U64(ask(&g, "n", "s", "r", 34001), 100); /* it was too long ago */
    CHECK_U64(ask(&g, "m", "s", "r", 6051), 100);  /* too late: new */
    CHECK_U64(ask(&g, "m", "s", "r", 6151), 0);
    greylist_fini(&g);
}

TEST(a_network_from_which_enough_have_come_again_is_not_asked)
{
    struct greylist g;

    greylist_init(&g);
    for (const char *r = "ab"; *r; r++) {
        char rcpt[2] = {*r, 0};

        CHECK_U64(ask(&g, "n", "s", rcpt, 5000), 100);
        CHECK_U64(ask(&g, "n", "s", rcpt, 5200), 0);
    }
    CHECK_U64(ask(&g, "n", "s", "c", 5300), 0);
    CHECK_U64(ask(&g, "m", "s", "c", 5300), 100);
    CHECK_U64(ask(&g, "n", "s", "d", 15301), 100);
    greylist_fini(&g);
}

TEST(what_has_changed_is_handed_out_and_taken_back)
{
    struct arena a = ARENA_INIT;
    struct greylist g, other;
    struct greylist_row *rows;
    size_t n;

    greylist_init(&g);
    greylist_init(&other);
    ask(&g, "n", "s", "r", 5000);
    ask(&g, "n", "s", "r", 5100);
    rows = greylist_take(&g, &a, 1, &n);
    CHECK_U64(n, 1);
    greylist_add(&other, &rows[0]);
    rows = greylist_take(&g, &a, 10, &n);
    CHECK_U64(n, 1);
    greylist_add(&other, &rows[0]);
    greylist_take(&g, &a, 10, &n);
    CHECK_U64(n, 0);
    CHECK_U64(ask(&other, "n", "s", "r", 5200), 0);
    greylist_fini(&g);
    greylist_fini(&other);
    arena_fini(&a);
}

TEST(the_number_is_bounded)
{
    struct greylist g;
    char rcpt[20];

    greylist_init(&g);
    for (int i = 0; i < GREYLIST_MAX + 10; i++) {
        snprintf(rcpt, sizeof rcpt, "r%d", i);
        ask(&g, "n", "s", rcpt, 5000);
    }
    CHECK_U64(g.by_key.n, GREYLIST_MAX);
    greylist_fini(&g);
}
