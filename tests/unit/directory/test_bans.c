#include "directory/bans.c"

#include "test.h"

static size_t listed(struct directory *d, struct arena *a, struct directory_ban **out)
{
    size_t n = 99;

    CHECK_ST(directory_ban_list(d, a, out, &n), ST_OK);
    return n;
}

TEST(bans_are_kept_replaced_lifted_and_end)
{
    struct directory_ban ban = {STR("192.0.2.1"), 100, 200, false, STR("too many errors")}, *v;
    struct arena a = ARENA_INIT;
    struct directory *d;

    CHECK_ST(directory_open(":memory:", &d), ST_OK);
    CHECK_ST(directory_ban_put(d, &ban, 100), ST_OK);
    ban.until_us = 300;
    CHECK_ST(directory_ban_put(d, &ban, 100), ST_OK);
    CHECK_ST(directory_ban_put(d, &(struct directory_ban){STR("2001:db8::/48"), 120, 0, true, STR("by hand")}, 100),
             ST_OK);
    CHECK_U64(listed(d, &a, &v), 2);
    CHECK_STR(v[0].network, STR("192.0.2.1"));
    CHECK_U64(v[0].until_us, 300);
    CHECK(!v[0].by_hand && v[1].by_hand && v[1].until_us == 0);
    CHECK_STR(v[1].reason, STR("by hand"));
    CHECK_ST(directory_ban_put(d, &(struct directory_ban){STR("192.0.2.2"), 310, 400, false, STR("x")}, 310), ST_OK);
    CHECK_U64(listed(d, &a, &v), 2); /* the first has ended */
    CHECK_STR(v[1].network, STR("192.0.2.2"));
    CHECK_ST(directory_ban_lift(d, STR("192.0.2.1")), ST_NOTFOUND);
    CHECK_ST(directory_ban_lift(d, STR("2001:db8::/48")), ST_OK);
    CHECK_U64(listed(d, &a, &v), 1);
    directory_close(d);
    arena_fini(&a);
}

TEST(too_many_push_out_the_oldest_that_are_not_by_hand)
{
    struct arena a = ARENA_INIT;
    struct directory_ban *v;
    struct directory *d;
    size_t n;

    CHECK_ST(directory_open(":memory:", &d), ST_OK);
    CHECK_ST(directory_begin(d), ST_OK);
    CHECK_ST(directory_ban_put(d, &(struct directory_ban){STR("by hand"), 1, 0, true, STR("")}, 1), ST_OK);
    for (uint64_t i = 0; i < DIRECTORY_BANS_MAX + 5; i += i < DIRECTORY_BANS_MAX - 5 ? 1 : 1) {
        char name[20];

        snprintf(name, sizeof name, "n%llu", (unsigned long long)i);
        if (i >= 20 && i < DIRECTORY_BANS_MAX - 20) { /* quickly */
            sqlite3_stmt *s;

            CHECK_ST(sql_bind(d, SQL_BAN_PUT, &s, "suubs", str_z(name), i + 2, (uint64_t)0, 0, STR("")), ST_OK);
            CHECK_ST(sql_run(d, s, NULL), ST_OK);
            continue;
        }
        CHECK_ST(directory_ban_put(d, &(struct directory_ban){str_z(name), i + 2, 0, false, STR("")}, 1), ST_OK);
    }
    CHECK_ST(directory_commit(d), ST_OK);
    n = listed(d, &a, &v);
    CHECK_U64(n, DIRECTORY_BANS_MAX);
    CHECK_STR(v[0].network, STR("by hand"));
    CHECK_STR(v[1].network, STR("n6"));
    directory_close(d);
    arena_fini(&a);
}
