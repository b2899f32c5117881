#include "policy/routing.c"

#include "test.h"

static const struct routing_rule rules[] = {
    {.id = 1, .by = ROUTING_BY_DESTINATION, .name = {"*", 1}, .to = {"any:25", 6}},
    {.id = 2, .by = ROUTING_BY_DESTINATION, .name = {".b.test", 7}},
    {.id = 3, .by = ROUTING_BY_DESTINATION, .name = {".a.b.test", 9}},
    {.id = 4, .by = ROUTING_BY_DESTINATION, .name = {"a.b.test", 8}},
    {.id = 5, .by = ROUTING_BY_SENDER, .name = {"ours.test", 9}},
    {.id = 6, .by = ROUTING_BY_ACCOUNT, .account = 7},
    {.id = 7, .by = ROUTING_BY_DESTINATION, .name = {"a.b.test", 8}, .is_fallback = true},
    {.id = 8, .by = ROUTING_BY_DESTINATION, .name = {"*", 1}, .is_fallback = true},
};

static uint64_t found(uint64_t account, const char *sender, const char *to)
{
    const struct routing_rule *r = routing_find(rules, ARRAY_LEN(rules), account, str_z(sender), str_z(to));

    return r ? r->id : 0;
}

TEST(the_narrowest_rule_holds)
{
    CHECK_U64(found(0, "", "other.test"), 1);
    CHECK_U64(found(0, "", "b.test"), 1); /* not below itself */
    CHECK_U64(found(0, "", "xb.test"), 1);
    CHECK_U64(found(0, "", "x.b.test"), 2);
    CHECK_U64(found(0, "", "x.a.b.test"), 3);
    CHECK_U64(found(0, "", "a.b.test"), 4);
    CHECK_U64(found(0, "ours.test", "a.b.test"), 5);
    CHECK_U64(found(8, "ours.test", "a.b.test"), 5);
    CHECK_U64(found(7, "ours.test", "a.b.test"), 6);
    CHECK_U64(found(7, "", ""), 6);
    CHECK(routing_find(&rules[3], 4, 0, STR("x"), STR("other.test")) == NULL);
    CHECK(routing_find(NULL, 0, 7, STR("x"), STR("x")) == NULL);
}

TEST(fallbacks_are_apart)
{
    CHECK_U64(routing_fallback(rules, ARRAY_LEN(rules), STR("a.b.test"))->id, 7);
    CHECK_U64(routing_fallback(rules, ARRAY_LEN(rules), STR("x.test"))->id, 8);
    CHECK(routing_fallback(rules, 6, STR("a.b.test")) == NULL);
    CHECK(routing_fallback(&rules[6], 1, STR("x.test")) == NULL);
}

TEST(kinds_have_words)
{
    enum routing_by by;

    CHECK_ST(routing_by_find(STR("from"), &by), ST_OK);
    CHECK(by == ROUTING_BY_SENDER);
    CHECK_STR(str_z(routing_by_word(by)), STR("from"));
    CHECK_ST(routing_by_find(STR("ACCOUNT"), &by), ST_SYNTAX);
}

TEST(codes_are_checked)
{
    static const char *const good[] = {"550", "5.7.1", "5.7.*", "550/5.7.1", "421,4.7.*", "554/5.7.*,521", ""};
    static const char *const bad[] = {"250",   "55",     "5500",       "5.7",       "5.*",   "*",
                                      "5.*.1", "550/",   "/5.7.1",     "550 5.7.1", "2.0.0", "a",
                                      ",",     "5.7.1.", "5.7.1,,550", "5.7.1111",  "55.7.1"};

    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        CHECK_ST(routing_codes_check(str_z(good[i])), ST_OK);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_ST(routing_codes_check(str_z(bad[i])), ST_SYNTAX);
    CHECK_ST(routing_codes_check(STR(ROUTING_CODES)), ST_OK);
}

TEST(answers_have_codes)
{
    static const struct {
        const char *codes, *answer;
        bool want;
    } cases[] = {
        {"550", "550 no", true},
        {"550", "550", true},
        {"550", "550 5.1.1 no", true},
        {"550", "551 5.1.1 no", false},
        {"5.7.1", "550 5.7.1 blocked", true},
        {"5.7.1", "554 5.7.1 blocked", true},
        {"5.7.1", "550 5.7.1\n550 5.7.1 two lines", true},
        {"5.7.1", "550 5.7.10 blocked", false},
        {"5.7.*", "550 5.7.606 blocked", true},
        {"5.7.*", "550 5.70.1 blocked", false},
        {"5.7.*", "550 blocked 5.7.1", false},
        {"550/5.7.1", "554 5.7.1 blocked", false},
        {"550/5.7.1", "550 5.7.1 blocked", true},
        {"550/5.7.1", "550 blocked", false},
        {"521,554,5.7.*", "554 no service", true},
        {"521,554,5.7.*", "550 5.1.1 nobody", false},
        {"5.7.*", "the certificate does not hold", false},
        {"5.7.*", "", false},
        {"", "550 5.7.1 x", false},
        {"4.7.*", "451 4.7.1 later", true},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK(routing_codes_have(str_z(cases[i].codes), str_z(cases[i].answer)) == cases[i].want);
}

TEST(a_list_between_processes)
{
    struct arena a = ARENA_INIT;
    struct routing_rule *got;
    struct buf b;
    size_t n;

    buf_init(&b, 10000);
    routing_put(&b, rules, ARRAY_LEN(rules));
    CHECK_ST(routing_get(buf_str(&b), &a, &got, &n), ST_OK);
    CHECK_U64(n, ARRAY_LEN(rules));
    CHECK(got[5].by == ROUTING_BY_ACCOUNT && got[5].account == 7 && got[7].is_fallback);
    CHECK_STR(got[0].to, STR("any:25"));
    CHECK_STR(got[2].name, STR(".a.b.test"));
    for (size_t i = 0; i < b.n; i++)
        CHECK_ST(routing_get(str_n(b.p, i), &a, &got, &n), ST_SYNTAX);
    b.p[12] = ROUTING_BYS; /* kind of the first */
    CHECK_ST(routing_get(buf_str(&b), &a, &got, &n), ST_SYNTAX);
    buf_clear(&b);
    rec_put_u32(&b, ROUTING_PAGE + 1);
    CHECK_ST(routing_get(buf_str(&b), &a, &got, &n), ST_SYNTAX);
    buf_fini(&b);
    arena_fini(&a);
}
