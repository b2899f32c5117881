/* Connections counted for reports: added up, handed out by day and domain, forgotten. */
#include "directory/tls_sessions.c"

#include "test.h"

static const struct directory_tls good = {
    STR("sts"), STR("mode: testing\n"), STR("mx.a.test"), STR(""), STR(""), STR(""), 2};
static const struct directory_tls bad = {
    STR("sts"), STR("mode: testing\n"), STR("mx.a.test"), STR("certificate-expired"), STR("192.0.2.1"), STR("x"), 3};

TEST(rows_of_one_kind_are_added_up)
{
    const struct directory_tls both[] = {good, bad};
    struct directory_tls_day after = {0}, got;
    struct directory_tls *v;
    struct arena a = ARENA_INIT;
    struct directory *d;
    size_t n;

    CHECK_ST(directory_open(":memory:", &d), ST_OK);
    CHECK_ST(directory_tls_note(d, 100, STR("a.test"), both, 2), ST_OK);
    CHECK_ST(directory_tls_note(d, 100, STR("a.test"), &bad, 1), ST_OK);
    CHECK_ST(directory_tls_next(d, &a, 101, &after, &got, &v, &n), ST_OK);
    CHECK(got.day == 100 && str_eq(got.domain, STR("a.test")) && n == 2);
    CHECK(v[0].sessions + v[1].sessions == 8);
    CHECK_ST(directory_tls_next(d, &a, 100, &after, &got, &v, &n), ST_NOTFOUND); /* the day is not over */
    CHECK_ST(directory_tls_remove(d, 100, STR("a.test")), ST_OK);
    CHECK_ST(directory_tls_next(d, &a, 101, &after, &got, &v, &n), ST_NOTFOUND);
    directory_close(d);
    arena_fini(&a);
}

TEST(one_after_the_other_by_day_and_domain)
{
    static const struct directory_tls_day days[] = {{99, {"b.test", 6}}, {100, {"a.test", 6}}, {100, {"c.test", 6}}};
    struct directory_tls_day after = {0};
    struct directory_tls *v;
    struct arena a = ARENA_INIT;
    struct directory *d;
    size_t n;

    CHECK_ST(directory_open(":memory:", &d), ST_OK);
    for (size_t i = ARRAY_LEN(days); i-- > 0;)
        CHECK_ST(directory_tls_note(d, days[i].day, days[i].domain, &good, 1), ST_OK);
    CHECK_ST(directory_tls_note(d, 80, STR("old.test"), &good, 1), ST_OK);
    for (size_t i = 0; i < ARRAY_LEN(days); i++) { /* what is older than a week is forgotten */
        struct directory_tls_day got;

        CHECK_ST(directory_tls_next(d, &a, 101, &after, &got, &v, &n), ST_OK);
        CHECK(got.day == days[i].day && str_eq(got.domain, days[i].domain) && n == 1);
        after = got;
    }
    CHECK_ST(directory_tls_next(d, &a, 101, &after, &after, &v, &n), ST_NOTFOUND);
    directory_close(d);
    arena_fini(&a);
}
