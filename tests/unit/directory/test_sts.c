/* Policies of other domains: kept, replaced, run out, too many. */
#include "directory/sts.c"

#include "test.h"

static struct directory_sts one(const char *domain, const char *id, uint64_t fetched_us, uint64_t expires_us)
{
    return (struct directory_sts){.domain = str_z(domain),
                                  .id = str_z(id),
                                  .policy = STR("version: STSv1"),
                                  .fetched_us = fetched_us,
                                  .expires_us = expires_us,
                                  .used_us = fetched_us};
}

TEST(kept_until_they_run_out)
{
    struct directory_sts p = one("a.test", "1", 100, 1000), got;
    struct arena a = ARENA_INIT;
    struct directory *d;

    CHECK_ST(directory_open(":memory:", &d), ST_OK);
    CHECK_ST(directory_sts_get(d, &a, STR("a.test"), 100, &got), ST_NOTFOUND);
    CHECK_ST(directory_sts_put(d, &p, 100), ST_OK);
    CHECK_ST(directory_sts_get(d, &a, STR("a.test"), 999, &got), ST_OK);
    CHECK_STR(got.id, STR("1"));
    CHECK_STR(got.policy, STR("version: STSv1"));
    CHECK(got.fetched_us == 100 && got.tried_us == 100);
    CHECK_ST(directory_sts_get(d, &a, STR("a.test"), 1000, &got), ST_NOTFOUND);
    p = one("a.test", "2", 500, 2000);
    CHECK_ST(directory_sts_put(d, &p, 500), ST_OK);
    CHECK_ST(directory_sts_note(d, p.domain, 600, 0), ST_OK);
    CHECK_ST(directory_sts_get(d, &a, STR("a.test"), 1500, &got), ST_OK);
    CHECK_STR(got.id, STR("2"));
    CHECK(got.fetched_us == 500 && got.tried_us == 600);
    CHECK_ST(directory_sts_remove(d, p.domain), ST_OK);
    CHECK_ST(directory_sts_remove(d, p.domain), ST_OK);
    CHECK_ST(directory_sts_get(d, &a, STR("a.test"), 1500, &got), ST_NOTFOUND);
    p.policy.n = DIRECTORY_STS_POLICY_MAX + 1;
    CHECK_ST(directory_sts_put(d, &p, 500), ST_LIMIT);
    directory_close(d);
    arena_fini(&a);
}

TEST(which_are_due)
{
    struct directory_sts p;
    struct arena a = ARENA_INIT;
    struct directory *d;
    struct str due[10];
    size_t n;

    CHECK_ST(directory_open(":memory:", &d), ST_OK);
    p = one("new.test", "1", 900, 5000);
    CHECK_ST(directory_sts_put(d, &p, 1), ST_OK);
    p = one("old.test", "1", 300, 5000);
    CHECK_ST(directory_sts_put(d, &p, 1), ST_OK);
    p = one("older.test", "1", 200, 5000);
    CHECK_ST(directory_sts_put(d, &p, 1), ST_OK);
    p = one("unused.test", "1", 100, 5000);
    CHECK_ST(directory_sts_put(d, &p, 1), ST_OK);
    p = one("over.test", "1", 300, 999);
    CHECK_ST(directory_sts_put(d, &p, 1), ST_OK);
    p = one("future.test", "1", 2000, 5000); /* a clock that was wrong */
    CHECK_ST(directory_sts_put(d, &p, 1), ST_OK);
    CHECK_ST(directory_sts_due(d, &a, 1000, 500, 150, 10, due, &n), ST_OK);
    CHECK(n == 3);
    CHECK_STR(due[0], STR("older.test"));
    CHECK_STR(due[1], STR("old.test"));
    CHECK_STR(due[2], STR("future.test"));
    CHECK_ST(directory_sts_note(d, STR("older.test"), 950, 0), ST_OK);
    CHECK_ST(directory_sts_note(d, STR("unused.test"), 0, 700), ST_OK);
    CHECK_ST(directory_sts_due(d, &a, 1000, 500, 150, 1, due, &n), ST_OK);
    CHECK(n == 1);
    CHECK_STR(due[0], STR("unused.test"));
    directory_close(d);
    arena_fini(&a);
}

TEST(the_longest_unused_go)
{
    struct arena a = ARENA_INIT;
    struct directory *d;
    struct directory_sts got, p;

    CHECK_ST(directory_open(":memory:", &d), ST_OK);
    for (unsigned i = 0; i <= DIRECTORY_STS_MAX; i += DIRECTORY_STS_MAX / 4) { /* few rows, and a trim by hand */
        p = one(arena_cstr(&a, arena_printf(&a, "d%u.test", i)), "1", i + 1, 1000000);
        CHECK_ST(directory_sts_put(d, &p, 1), ST_OK);
    }
    CHECK_ST(directory_sts_note(d, STR("d0.test"), 0, 999999), ST_OK);
    {
        sqlite3_stmt *s;

        CHECK_ST(sql_bind(d, SQL_STS_TRIM, &s, "uu", (uint64_t)1, (uint64_t)2), ST_OK);
        CHECK_ST(sql_run(d, s, NULL), ST_OK);
    }
    CHECK_ST(directory_sts_get(d, &a, STR("d0.test"), 1, &got), ST_OK);
    CHECK_ST(directory_sts_get(d, &a, STR("d10000.test"), 1, &got), ST_OK);
    CHECK_ST(directory_sts_get(d, &a, STR("d7500.test"), 1, &got), ST_NOTFOUND);
    CHECK_ST(directory_sts_get(d, &a, STR("d2500.test"), 1, &got), ST_NOTFOUND);
    directory_close(d);
    arena_fini(&a);
}
