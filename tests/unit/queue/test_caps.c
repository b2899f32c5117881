/* Notices an hour: to one, to all, and to more addresses than are told apart. */
#include "queue/caps.c"

#include "test.h"

TEST(an_hour_of_notices)
{
    struct caps c = {0};
    uint64_t now = 100 * HOUR_US;

    for (unsigned i = 0; i < 3; i++)
        CHECK(caps_take(&c, now + i, STR("a@here.test"), 3, 5));
    CHECK(!caps_take(&c, now, STR("A@Here.test"), 3, 5));
    CHECK(caps_take(&c, now, STR("b@here.test"), 3, 5));
    CHECK(caps_take(&c, now, STR("c@here.test"), 3, 5));
    CHECK(!caps_take(&c, now, STR("d@here.test"), 3, 5)); /* all together */
    CHECK(caps_take(&c, now + HOUR_US, STR("a@here.test"), 3, 5));
    caps_fini(&c);
}

TEST(what_has_not_gone_out_is_not_counted)
{
    struct caps c = {0};

    CHECK(caps_take(&c, 1, STR("a@here.test"), 1, 2));
    CHECK(!caps_take(&c, 1, STR("a@here.test"), 1, 2));
    caps_return(&c, 1, STR("A@here.test"));
    CHECK(!c.all && caps_take(&c, 1, STR("a@here.test"), 1, 2));
    caps_return(&c, HOUR_US, STR("a@here.test")); /* of another hour */
    caps_return(&c, 1, STR("b@here.test"));
    CHECK(c.all == 1 && c.by_address.n == 1);
    caps_return(&c, 1, STR("a@here.test"));
    caps_return(&c, 1, STR("a@here.test"));
    CHECK(!c.all);
    caps_fini(&c);
}

TEST(strangers_leave_half)
{
    struct caps c = {0};
    char name[32];

    for (unsigned i = 0; i < 10; i++) {
        int n = snprintf(name, sizeof name, "%u@away.test", i);

        CHECK(caps_take_stranger(&c, 1, str_n(name, (size_t)n), 1, 10) == (i < 5));
    }
    for (unsigned i = 0; i < 5; i++)
        CHECK(caps_take(&c, 1, STR("a@here.test"), 10, 10));
    CHECK(!caps_take(&c, 1, STR("a@here.test"), 10, 10));
    caps_fini(&c);
    for (unsigned i = 0; i < CAPS_SENDERS_MAX; i++) {
        int n = snprintf(name, sizeof name, "%u@away.test", i);

        CHECK(caps_take_stranger(&c, 1, str_n(name, (size_t)n), 1, UINT32_MAX) == (i < CAPS_SENDERS_MAX / 2));
    }
    CHECK(caps_take(&c, 1, STR("a@here.test"), 1, UINT32_MAX));
    caps_fini(&c);
}

TEST(more_addresses_than_are_told_apart)
{
    struct caps c = {0};
    char name[32];

    for (unsigned i = 0; i < CAPS_SENDERS_MAX + 10; i++) {
        int n = snprintf(name, sizeof name, "%u@here.test", i);

        CHECK(caps_take(&c, 1, str_n(name, (size_t)n), 1, UINT32_MAX) == (i < CAPS_SENDERS_MAX));
    }
    CHECK(caps_take(&c, HOUR_US, STR("x@here.test"), 1, 1));
    caps_fini(&c);
}
