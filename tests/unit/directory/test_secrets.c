/* Keys of the server's own, and senders that are kept for a while. */
#include "directory/secrets.c"

#include "test.h"

TEST(keys_by_their_use)
{
    struct directory_secret v[2];
    struct arena a = ARENA_INIT;
    struct directory *d;
    size_t n;

    CHECK_ST(directory_open(":memory:", &d), ST_OK);
    CHECK_ST(directory_secret_add(d, STR("a"), STR("01"), 1), ST_OK);
    CHECK_ST(directory_secret_add(d, STR("a"), STR("02"), 1), ST_OK);
    CHECK_ST(directory_secret_add(d, STR("b"), STR("03"), 1), ST_OK);
    CHECK_ST(directory_secret_list(d, &a, STR("a"), v, 2, &n), ST_OK);
    CHECK_U64(n, 2);
    CHECK_STR(v[0].value, STR("02"));
    CHECK_ST(directory_secret_remove(d, v[0].id), ST_OK);
    CHECK_ST(directory_secret_list(d, &a, STR("a"), v, 2, &n), ST_OK);
    CHECK_U64(n, 1);
    CHECK_STR(v[0].value, STR("01"));
    directory_close(d);
    arena_fini(&a);
}

TEST(senders_have_a_number_for_a_while)
{
    uint64_t first, second, again, now = 100 * (uint64_t)86400000000;
    struct arena a = ARENA_INIT;
    struct directory *d;
    struct str text;

    CHECK_ST(directory_open(":memory:", &d), ST_OK);
    CHECK_ST(directory_sender_keep(d, STR("x@there.test"), now, &first), ST_OK);
    CHECK_ST(directory_sender_keep(d, STR("y@there.test"), now, &second), ST_OK);
    CHECK_ST(directory_sender_keep(d, STR("x@there.test"), now + 5 * (uint64_t)86400000000, &again), ST_OK);
    CHECK(first == again && first != second);
    CHECK_ST(directory_sender_kept(d, &a, second, &text), ST_OK);
    CHECK_STR(text, STR("y@there.test"));
    CHECK_ST(directory_sender_keep(d, STR("z@there.test"), now + DIRECTORY_SENDER_US + 86400000000, &again), ST_OK);
    CHECK_ST(directory_sender_kept(d, &a, second, &text), ST_NOTFOUND);
    CHECK_ST(directory_sender_kept(d, &a, first, &text), ST_OK);
    directory_close(d);
    arena_fini(&a);
}
