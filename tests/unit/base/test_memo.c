#include "base/memo.c"

#include "test.h"

static bool knows(struct memo *m, const char *key, mono_ms now, const char *value)
{
    struct str found;

    return memo_get(m, str_z(key), now, &found) && str_eq(found, str_z(value));
}

TEST(an_answer_is_given_until_its_time_is_over)
{
    struct memo m;

    memo_init(&m, 10, 1000);
    CHECK(!knows(&m, "a", 5, "one"));
    memo_put(&m, m.generation, STR("a"), STR("one"), 100);
    memo_put(&m, m.generation, STR("none"), STR_NONE, NEVER);
    CHECK(knows(&m, "a", 99, "one"));
    CHECK(knows(&m, "none", 99, ""));
    CHECK(!knows(&m, "a", 100, "one"));
    CHECK_U64(m.by_key.n, 1);
    CHECK_U64(m.bytes, 4);
    memo_fini(&m);
}

TEST(a_later_answer_takes_the_place_of_the_first)
{
    struct memo m;

    memo_init(&m, 10, 1000);
    memo_put(&m, m.generation, STR("a"), STR("one"), 100);
    memo_put(&m, m.generation, STR("a"), STR("other"), 200);
    CHECK(knows(&m, "a", 150, "other"));
    CHECK_U64(m.by_key.n, 1);
    CHECK_U64(m.bytes, 6);
    memo_fini(&m);
}

TEST(a_drop_takes_all_and_what_it_has_overtaken_is_not_kept)
{
    struct memo m;
    uint64_t before;

    memo_init(&m, 10, 1000);
    before = m.generation;
    memo_put(&m, before, STR("a"), STR("one"), 100);
    memo_drop(&m);
    CHECK(!knows(&m, "a", 1, "one"));
    memo_put(&m, before, STR("b"), STR("two"), 100);
    CHECK(!knows(&m, "b", 1, "two"));
    CHECK_U64(m.bytes, 0);
    memo_put(&m, m.generation, STR("b"), STR("two"), 100);
    CHECK(knows(&m, "b", 1, "two"));
    memo_fini(&m);
}

TEST(it_is_bounded_and_keeps_what_is_asked_for)
{
    struct memo m;
    char name[8];

    memo_init(&m, 3, 1600);
    for (unsigned i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "k%u", i);
        CHECK(i == 0 || knows(&m, "k0", 1, "v"));
        memo_put(&m, m.generation, str_z(name), STR("v"), 100);
    }
    CHECK(knows(&m, "k0", 1, "v") && knows(&m, "k2", 1, "v") && knows(&m, "k3", 1, "v"));
    CHECK(!knows(&m, "k1", 1, "v"));
    CHECK_U64(m.by_key.n, 3);
    memo_fini(&m);
}

TEST(bytes_are_bounded_and_no_answer_pushes_out_all_others)
{
    static char big[101];
    struct memo m;
    char name[8];

    memo_init(&m, 1000, 1600);
    memo_put(&m, m.generation, STR("a"), str_n(big, sizeof big), 100);
    CHECK_U64(m.by_key.n, 0);
    for (unsigned i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "%02u", i);
        memo_put(&m, m.generation, str_z(name), str_n(big, 98), 100);
        CHECK(m.bytes <= 1600);
    }
    CHECK_U64(m.by_key.n, 16);
    memo_fini(&m);
}

TEST(without_room_nothing_is_kept)
{
    struct memo m;

    memo_init(&m, 0, 1000);
    memo_put(&m, m.generation, STR("a"), STR("one"), 100);
    CHECK(!knows(&m, "a", 1, "one"));
    memo_fini(&m);
}

TEST(one_is_forgotten_alone)
{
    struct memo m;

    memo_init(&m, 10, 1000);
    memo_put(&m, m.generation, STR("a"), STR("one"), 100);
    memo_put(&m, m.generation, STR("b"), STR("two"), 100);
    memo_forget(&m, STR("a"));
    memo_forget(&m, STR("c"));
    CHECK(!knows(&m, "a", 1, "one") && knows(&m, "b", 1, "two"));
    memo_put(&m, m.generation, STR("c"), STR("three"), 100); /* what others have asked for is kept */
    CHECK(knows(&m, "c", 1, "three"));
    memo_fini(&m);
}
