#include "keeper/guard.c"

#include "test.h"

#define ALICE STR("alice")
#define HOME STR("192.0.2.1")
#define AWAY STR("198.51.100.7")

static const struct guard_rule rule = {3, 600000, 3600000};

TEST(strangers_wait_and_who_is_known_does_not)
{
    struct guard g;

    guard_init(&g);
    CHECK(guard_may(&g, &rule, ALICE, AWAY, false));
    guard_succeeded(&g, ALICE, HOME);
    for (int i = 0; i < 3; i++) {
        CHECK(guard_may(&g, &rule, ALICE, AWAY, false));
        guard_failed(&g, &rule, ALICE);
    }
    CHECK(!guard_may(&g, &rule, ALICE, AWAY, false));
    CHECK(guard_may(&g, &rule, ALICE, HOME, false));
    CHECK(guard_may(&g, &rule, ALICE, AWAY, true)); /* the directory knows it */
    CHECK(guard_may(&g, &rule, STR("bob"), AWAY, false));
    ((struct guarded *)map_str_get(&g.by_name, ALICE))->next = 0; /* the pause is over */
    CHECK(guard_may(&g, &rule, ALICE, AWAY, false));
    CHECK(!guard_may(&g, &rule, ALICE, AWAY, false)); /* for one */
    guard_succeeded(&g, ALICE, AWAY);
    CHECK(guard_may(&g, &rule, ALICE, AWAY, false));
    for (char c = 'a'; c < 'a' + GUARD_USUAL; c++)
        guard_succeeded(&g, ALICE, str_n(&c, 1));
    CHECK(!guard_may(&g, &rule, ALICE, HOME, false)); /* too long ago */
    guard_fini(&g);
}

TEST(what_was_long_ago_is_forgotten)
{
    const struct guard_rule now = {1, 0, 3600000};
    struct guard g;
    char name[16];

    guard_init(&g);
    guard_failed(&g, &now, ALICE);
    while (clock_mono_ms() == ((struct guarded *)map_str_get(&g.by_name, ALICE))->since)
        ;
    CHECK(guard_may(&g, &now, ALICE, AWAY, false));
    for (unsigned i = 0; i <= GUARD_MAX; i++)
        guard_failed(&g, &rule, str_n(name, (size_t)snprintf(name, sizeof(name), "%u", i)));
    CHECK_U64(g.by_name.n, GUARD_MAX);
    CHECK(map_str_get(&g.by_name, ALICE) == NULL);
    guard_fini(&g);
}
