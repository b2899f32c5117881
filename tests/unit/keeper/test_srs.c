/* Rewritten senders: there and back, whatever case they come in; forged and old ones; those that do not fit. */
#include "keeper/srs.c"

#include "test.h"

static const struct srs_keys one = {.key = {{1, 2, 3}}, .n = 1}, two = {.key = {{9, 9}, {1, 2, 3}}, .n = 2},
                             other = {.key = {{7}}, .n = 1};

static struct directory_address addr(const char *local, const char *domain)
{
    return (struct directory_address){str_z(local), str_z(domain)};
}

static struct str wrapped(struct arena *a, unsigned day, const char *local, const char *domain)
{
    struct directory_address from = addr(local, domain);
    struct str out = STR_NONE;

    CHECK_ST(srs_wrap(a, &one, day, &from, &out), ST_OK);
    return out;
}

static struct str back(struct arena *a, const struct srs_keys *keys, unsigned day, struct str local)
{
    struct srs_original o = {0};

    return srs_unwrap(a, keys, day, local, &o) == ST_OK ? o.address : STR("");
}

TEST(there_and_back)
{
    static const char *const locals[] = {"bob", "a=b", "x+y-z", "B.O.B", "gr\xc3\xbc\xc3\x9f", "SRS0", "srs0x"};
    struct arena a = ARENA_INIT;

    for (size_t i = 0; i < ARRAY_LEN(locals); i++) {
        struct str local = wrapped(&a, 5, locals[i], "there.test");

        CHECK(str_starts(local, STR("SRS0=")) && srs_is(local) && str_ends(local, str_z(locals[i])));
        CHECK_STR(back(&a, &one, 5, local), arena_printf(&a, "%s@there.test", locals[i]));
        CHECK_STR(back(&a, &two, 6, local), arena_printf(&a, "%s@there.test", locals[i]));
        CHECK_STR(back(&a, &other, 5, local), STR(""));
    }
    arena_fini(&a);
}

TEST(servers_on_the_way_may_change_case)
{
    struct arena a = ARENA_INIT;
    struct str local = wrapped(&a, 1000, "Bob", "there.test");
    char low[64], high[64];

    for (size_t i = 0; i < local.n; i++) {
        low[i] = ascii_lower(local.p[i]);
        high[i] = ascii_upper(local.p[i]);
    }
    CHECK(srs_is(str_n(low, local.n)));
    CHECK_STR(back(&a, &one, 1000, str_n(low, local.n)), STR("bob@there.test"));
    CHECK_STR(back(&a, &one, 1000, str_n(high, local.n)), STR("BOB@THERE.TEST"));
    arena_fini(&a);
}

TEST(every_letter_counts)
{
    struct arena a = ARENA_INIT;
    struct str local = wrapped(&a, 5, "bob", "there.test");
    char bad[64];

    for (size_t i = 5; i < local.n; i++) {
        memcpy(bad, local.p, local.n);
        bad[i] = bad[i] == 'q' ? 'r' : 'q';
        CHECK_STR(back(&a, &one, 5, str_n(bad, local.n)), STR(""));
        CHECK_STR(back(&a, &one, 5, str_n(local.p, i)), STR(""));
    }
    arena_fini(&a);
}

TEST(good_for_three_weeks)
{
    struct arena a = ARENA_INIT;

    for (unsigned day = 0; day < DAYS_ROUND; day++) {
        struct str local = wrapped(&a, day, "bob", "there.test");

        CHECK(back(&a, &one, day, local).n > 0);
        CHECK(back(&a, &one, (day + SRS_DAYS) % DAYS_ROUND, local).n > 0);
        CHECK(back(&a, &one, (day + SRS_DAYS + 1) % DAYS_ROUND, local).n == 0);
        CHECK(back(&a, &one, (day + DAYS_ROUND - 1) % DAYS_ROUND, local).n > 0);
        CHECK(back(&a, &one, (day + DAYS_ROUND - 2) % DAYS_ROUND, local).n == 0);
        arena_reset(&a);
    }
    arena_fini(&a);
}

/* What another server has rewritten before goes back to that one only, and never grows. */
TEST(rewritten_again)
{
    struct arena a = ARENA_INIT;
    struct str first = wrapped(&a, 5, "SRS0=HHHH=TT=there.test=bob", "one.test"), second;

    CHECK(str_starts(first, STR("SRS1=")) && str_ends(first, STR("=one.test==HHHH=TT=there.test=bob")));
    CHECK_STR(back(&a, &one, 900, first), STR("SRS0=HHHH=TT=there.test=bob@one.test"));
    second = wrapped(&a, 5, arena_cstr(&a, first), "two.test");
    CHECK_STR(second, first);
    second = wrapped(&a, 5, "srs1+XX=one.test=+HHHH=TT=there.test=bob", "two.test");
    CHECK_STR(back(&a, &one, 5, second), STR("SRS0+HHHH=TT=there.test=bob@one.test"));
    CHECK_STR(back(&a, &one, 5, wrapped(&a, 5, "SRS0-x", "one.test")), STR("SRS0-x@one.test"));
    CHECK(str_starts(wrapped(&a, 5, "SRS1=x", "one.test"), STR("SRS0=")));
    CHECK_STR(back(&a, &one, 5, wrapped(&a, 5, "SRS1=x", "one.test")), STR("SRS1=x@one.test"));
    arena_fini(&a);
}

TEST(what_does_not_fit_is_kept)
{
    struct directory_address long_one = addr("0123456789012345678901234567890123456789", "there.test"),
                             quoted = addr("\"a b\"", "there.test"), literal = addr("bob", "[192.0.2.1]");
    struct srs_original o = {0};
    struct arena a = ARENA_INIT;
    struct str out = STR_NONE;

    CHECK_ST(srs_wrap(&a, &one, 5, &long_one, &out), ST_LIMIT);
    CHECK_ST(srs_wrap(&a, &one, 5, &quoted, &out), ST_LIMIT);
    CHECK_ST(srs_wrap(&a, &one, 5, &literal, &out), ST_LIMIT);
    out = srs_wrap_kept(&a, &one, 5, 0x1234abcd5678);
    CHECK(out.n <= DIRECTORY_LOCAL_MAX);
    CHECK_ST(srs_unwrap(&a, &one, 6, out, &o), ST_OK);
    CHECK(o.kept == 0x1234abcd5678 && !o.address.n);
    CHECK_ST(srs_unwrap(&a, &one, 5 + SRS_DAYS + 1, out, &o), ST_NOTFOUND);
    arena_fini(&a);
}

TEST(nonsense)
{
    static const char *const bad[] = {
        "SRS0=",        "SRS1=",         "SRS0==",           "SRS0====",         "SRS0=abcdef",
        "SRS1=abcdef=", "SRS1=abcdef==", "SRS0=abcdef=aa==", "SRS0=abcdef=aa=x="};
    struct arena a = ARENA_INIT;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_STR(back(&a, &one, 5, str_z(bad[i])), STR(""));
    CHECK(!srs_is(STR("SRS0+x")) && !srs_is(STR("srs")) && !srs_is(STR("")));
    arena_fini(&a);
}
