#include "base/map.c"

#include "test.h"

TEST(a_map_keeps_what_it_is_given)
{
    struct map m = MAP_INIT;
    static int values[5000];
    size_t pos = 0, seen = 0;
    void *v;

    for (uint64_t i = 0; i < 5000; i++)
        CHECK(map_put(&m, i * 977, &values[i]) == NULL);
    for (uint64_t i = 0; i < 5000; i += 2)
        CHECK(map_del(&m, i * 977) == &values[i]);
    for (uint64_t i = 0; i < 5000; i++)
        CHECK(map_get(&m, i * 977) == (i % 2 ? &values[i] : NULL));
    while (map_next(&m, &pos, &v))
        seen++;
    CHECK_U64(seen, 2500);
    CHECK_U64(m.n, 2500);
    map_fini(&m);
}

TEST(churn_does_not_fill_a_map_with_dead_places)
{
    struct map m = MAP_INIT;
    static int value;

    for (uint64_t i = 0; i < 100000; i++) {
        map_put(&m, i, &value);
        CHECK(map_del(&m, i) == &value);
    }
    CHECK(m.cap <= 64);
    map_fini(&m);
}

TEST(text_keys_are_copied)
{
    struct map m = MAP_INIT;
    char key[] = "alice@example.test";
    static int a, b;

    CHECK(map_str_put(&m, str_z(key), &a) == NULL);
    key[0] = 'b';
    CHECK(map_str_get(&m, STR("alice@example.test")) == &a);
    CHECK(map_str_get(&m, str_z(key)) == NULL);
    CHECK(map_str_put(&m, STR("alice@example.test"), &b) == &a);
    CHECK(map_str_del(&m, STR("alice@example.test")) == &b);
    CHECK(map_str_get(&m, STR("alice@example.test")) == NULL);
    map_fini(&m);
}
