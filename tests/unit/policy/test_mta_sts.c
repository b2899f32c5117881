#include "policy/mta_sts.c"

#include "test.h"

static enum st id_of(struct arena *a, const char *txt, struct str *out)
{
    struct str record = str_z(txt);

    return sts_record_parse(a, &record, 1, out);
}

TEST(records)
{
    static const struct {
        const char *txt, *id;
    } good[] = {
        {"v=STSv1; id=20160831085700Z;", "20160831085700Z"},
        {"v=STSv1; id=1", "1"},
        {"v=STSv1;id=1;", "1"},
        {"v=STSv1 \t;\t id=1 \t; ", "1"},
        {"v=STSv1; future_x.y-z=a:b,c; id=1", "1"},
        {"v=STSv1; id=1; id=2; ID=3", "1"},
        {"v=STSv1; id=1; id=not.an-id", "1"}, /* only the first counts */
        {"v=STSv1; id=abcdefghijklmnopqrstuvwxyzABCDEF;", "abcdefghijklmnopqrstuvwxyzABCDEF"},
    };
    struct arena a = ARENA_INIT;

    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct str id = STR_NONE;

        CHECK_ST(id_of(&a, good[i].txt, &id), ST_OK);
        CHECK_STR(id, str_z(good[i].id));
    }
    CHECK_STR(sts_record_text(&a, STR("7")), STR("v=STSv1; id=7;"));
    arena_fini(&a);
}

TEST(records_that_are_void)
{
    static const char *const bad[] = {
        "v=STSv1;",
        "v=STSv1; ",
        "v=STSv1; id=",
        "v=STSv1; id",
        "v=STSv1; id=a_b;",
        "v=STSv1; id=a b;",
        "v=STSv1; id =1",
        "v=STSv1; id= 1",
        "v=STSv1; id=1 ",
        "v=STSv1;; id=1",
        "v=STSv1; id=1;;",
        "v=STSv1; id=1; =x",
        "v=STSv1; id=1; x=",
        "v=STSv1; id=1; x=a=b",
        "v=STSv1; id=1; x=\xc3\xbc",
        "v=STSv1; id=1; _x=1",
        "v=STSv1; ID=1",
        "v=STSv1; id=abcdefghijklmnopqrstuvwxyzABCDEFG;",
        "v=STSv1; id=1; abcdefghijklmnopqrstuvwxyz0123456=1",
    };
    static const char *const other[] = {
        "", "v=STSv1", "v=stsv1; id=1", "v=STSv2; id=1", "v=STSv11; id=1", " v=STSv1; id=1", "v=spf1 -all"};
    struct arena a = ARENA_INIT;
    struct str id = STR_NONE;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_ST(id_of(&a, bad[i], &id), ST_SYNTAX);
    for (size_t i = 0; i < ARRAY_LEN(other); i++)
        CHECK_ST(id_of(&a, other[i], &id), ST_NOTFOUND);
    CHECK(!id.p); /* untouched */
    arena_fini(&a);
}

TEST(one_record_among_others)
{
    const struct str one[] = {STR("v=spf1 -all"), STR("v=STSv1; id=5;"), STR("v=STSv1")};
    const struct str two[] = {STR("v=STSv1; id=5;"), STR("v=STSv1; id=5;")};
    struct arena a = ARENA_INIT;
    struct str id;

    CHECK_ST(sts_record_parse(&a, one, 3, &id), ST_OK);
    CHECK_STR(id, STR("5"));
    CHECK_ST(sts_record_parse(&a, two, 2, &id), ST_SYNTAX);
    CHECK_ST(sts_record_parse(&a, two, 0, &id), ST_NOTFOUND);
    arena_fini(&a);
}

#define WHOLE                                                                                                          \
    "version: STSv1\r\nmode: enforce\r\nmx: Mail.Example.COM\r\nmx: *.example.net\r\nmx: backupmx.example.com\r\n"     \
    "max_age: 604800\r\n"

TEST(a_policy)
{
    struct arena a = ARENA_INIT;
    struct sts_policy p;

    CHECK_ST(sts_policy_parse(&a, STR(WHOLE), &p), ST_OK);
    CHECK(p.mode == STS_ENFORCE && p.max_age == 604800 && p.n_mx == 3 && !p.id.n);
    CHECK_STR(p.mx[0], STR("mail.example.com"));
    CHECK_STR(p.mx[1], STR("*.example.net"));
    CHECK_STR(p.mx[2], STR("backupmx.example.com"));
    arena_fini(&a);
}

TEST(policies_in_other_dress)
{
    static const struct {
        const char *text;
        enum sts_mode mode;
        uint32_t max_age;
        size_t n_mx;
    } good[] = {
        {"version: STSv1\nmode: testing\nmx: a.test\nmax_age: 1", STS_TESTING, 1, 1},
        {"max_age:0\nmx:a.test\nmode:enforce\nversion:STSv1\n", STS_ENFORCE, 0, 1},
        {"version: STSv1\nmode: none\nmax_age: 86400\n", STS_NONE, 86400, 0},
        {"version: STSv1 \t\nmode: \t none  \nmax_age: 31557601\n", STS_NONE, STS_MAX_AGE, 0},
        {"version: STSv1\nmode: none\nmax_age: 9999999999\n", STS_NONE, STS_MAX_AGE, 0},
        {"version: STSv1\nmode: testing\nmode: enforce\nversion: STSv9\nmx: a.test\nmax_age: 5\nmax_age: x\n",
         STS_TESTING, 5, 1},
        {"version: STSv1\nfuture: w\xc3\xb6rter and: more\nMode: enforce\nmode: none\nmax_age: 5\n", STS_NONE, 5, 0},
        {"\nversion: STSv1\n\nmode: none\r\n\r\nmax_age: 5\n\n \n", STS_NONE, 5, 0},
        {"version: STSv1\nmode: enforce\nmx: *.xn--bcher-kva.example\nmx: localhost\nmx: 1.test\nmax_age: 5",
         STS_ENFORCE, 5, 3},
    };
    struct arena a = ARENA_INIT;

    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct sts_policy p = {.max_age = 1000};

        CHECK_ST(sts_policy_parse(&a, str_z(good[i].text), &p), ST_OK);
        CHECK(p.mode == good[i].mode);
        CHECK_U64(p.max_age, good[i].max_age);
        CHECK_U64(p.n_mx, good[i].n_mx);
    }
    arena_fini(&a);
}

TEST(policies_that_are_void)
{
    static const char *const bad[] = {
        "",
        "<html><body>hello</body></html>",
        "version: STSv1\nmode: enforce\nmax_age: 5\n",
        "version: STSv1\nmode: testing\nmax_age: 5\n",
        "version: STSv1\nmode: enforce\nmx: a.test\n",
        "version: STSv1\nmx: a.test\nmax_age: 5\n",
        "mode: enforce\nmx: a.test\nmax_age: 5\n",
        "version: STSv2\nmode: none\nmax_age: 5\n",
        "version: STSv2\nversion: STSv1\nmode: none\nmax_age: 5\n",
        "version: STSv1\nmode: Enforce\nmx: a.test\nmax_age: 5\n",
        "version: STSv1\nmode: \nmx: a.test\nmax_age: 5\n",
        "version: STSv1\nmode: none\nmax_age: -5\n",
        "version: STSv1\nmode: none\nmax_age: 5d\n",
        "version: STSv1\nmode: none\nmax_age: 12345678901\n",
        "version: STSv1\nmode : none\nmax_age: 5\n",
        " version: STSv1\nmode: none\nmax_age: 5\n",
        "version: STSv1\nmode: none\nmax_age: 5\nno field\n",
        "version: STSv1\nmode: none\nmax_age: 5\nx: a\x01z\n",
        "version: STSv1\nmode: none\nmax_age: 5\nx: \xff\n",
        "version: STSv1\nmode: none\nmax_age: 5\nx:\n",
        "version: STSv1\rmode: none\rmax_age: 5\r",
        "version: STSv1\nmode: none\nmax_age: 5\nmx: *.*.test\n",
        "version: STSv1\nmode: none\nmax_age: 5\nmx: a*.test\n",
        "version: STSv1\nmode: none\nmax_age: 5\nmx: *\n",
        "version: STSv1\nmode: none\nmax_age: 5\nmx: *.\n",
        "version: STSv1\nmode: none\nmax_age: 5\nmx: a.test.\n",
        "version: STSv1\nmode: none\nmax_age: 5\nmx: .a.test\n",
        "version: STSv1\nmode: none\nmax_age: 5\nmx: a..test\n",
        "version: STSv1\nmode: none\nmax_age: 5\nmx: -a.test\n",
        "version: STSv1\nmode: none\nmax_age: 5\nmx: a-.test\n",
        "version: STSv1\nmode: none\nmax_age: 5\nmx: a.test, b.test\n",
        "version: STSv1\nmode: none\nmax_age: 5\nmx: b\xc3\xbc"
        "cher.example\n",
        "version: STSv1\nmode: none\nmax_age: 5\nmx: [192.0.2.1]\n",
    };
    struct arena a = ARENA_INIT;
    struct sts_policy p = {.max_age = 77};

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_ST(sts_policy_parse(&a, str_z(bad[i]), &p), ST_SYNTAX);
    CHECK_ST(sts_policy_parse(&a, str_n("version: STSv1\nmode: none\nmax_age: 5\nx: a\0b\n", 42), &p), ST_SYNTAX);
    CHECK_U64(p.max_age, 77); /* untouched */
    arena_fini(&a);
}

TEST(a_policy_has_bounds)
{
    struct arena a = ARENA_INIT;
    struct sts_policy p;
    struct buf b;

    buf_init(&b, 2 * STS_POLICY_BYTES);
    buf_addz(&b, "version: STSv1\nmode: enforce\nmax_age: 5\n");
    for (unsigned i = 0; i < STS_MX_MAX; i++)
        buf_addf(&b, "mx: h%u.test\n", i);
    CHECK_ST(sts_policy_parse(&a, buf_str(&b), &p), ST_OK);
    CHECK_U64(p.n_mx, STS_MX_MAX);
    buf_addz(&b, "mx: one.more.test\n");
    CHECK_ST(sts_policy_parse(&a, buf_str(&b), &p), ST_LIMIT);
    buf_clear(&b);
    buf_addz(&b, "version: STSv1\nmode: none\nmax_age: 5\n");
    while (b.n < STS_POLICY_BYTES)
        buf_addc(&b, '\n');
    CHECK_ST(sts_policy_parse(&a, buf_str(&b), &p), ST_OK);
    buf_addc(&b, '\n');
    CHECK_ST(sts_policy_parse(&a, buf_str(&b), &p), ST_LIMIT);
    buf_fini(&b);
    arena_fini(&a);
}

/* A file that was cut while it came is no policy, unless the cut is behind a whole field that was the last one needed. */
TEST(cut_anywhere)
{
    struct str whole = STR(WHOLE);
    struct arena a = ARENA_INIT;

    for (size_t n = 0; n < whole.n; n++) {
        struct sts_policy p;
        enum st st = sts_policy_parse(&a, str_n(whole.p, n), &p);

        if (n < str_search(whole, STR("604800")) + 1)
            CHECK_ST(st, ST_SYNTAX);
        else
            CHECK(st == ST_OK && p.n_mx == 3);
    }
    arena_fini(&a);
}

TEST(written_and_read_back)
{
    struct str mx[] = {STR("a.test"), STR("*.b.test")};
    struct sts_policy p = {.mode = STS_TESTING, .mx = mx, .n_mx = 2, .max_age = 86400}, q;
    struct arena a = ARENA_INIT;
    struct str text = sts_policy_text(&a, &p);

    CHECK_STR(text, STR("version: STSv1\r\nmode: testing\r\nmx: a.test\r\nmx: *.b.test\r\nmax_age: 86400\r\n"));
    CHECK_ST(sts_policy_parse(&a, text, &q), ST_OK);
    CHECK(q.mode == p.mode && q.max_age == p.max_age && q.n_mx == 2);
    CHECK_STR(q.mx[1], STR("*.b.test"));
    arena_fini(&a);
}

TEST(hosts)
{
    struct str mx[] = {STR("mail.example.com"), STR("*.example.net")};
    struct sts_policy p = {.mode = STS_ENFORCE, .mx = mx, .n_mx = 2}, none = {.mode = STS_ENFORCE};
    static const char *const yes[] = {"mail.example.com", "MAIL.example.COM", "mail.example.com.", "a.example.net",
                                      "A.EXAMPLE.net"};
    static const char *const no[] = {"",
                                     ".",
                                     "example.com",
                                     "x.mail.example.com",
                                     "example.net",
                                     ".example.net",
                                     "foo.bar.example.net",
                                     "badexample.net",
                                     "mail.example.com.evil.test",
                                     "*.example.com"};

    for (size_t i = 0; i < ARRAY_LEN(yes); i++)
        CHECK(sts_policy_allows(&p, str_z(yes[i])));
    for (size_t i = 0; i < ARRAY_LEN(no); i++)
        CHECK(!sts_policy_allows(&p, str_z(no[i])));
    CHECK(!sts_policy_allows(&none, STR("mail.example.com")));
}

TEST(modes_have_names)
{
    enum sts_mode mode = STS_TESTING;

    CHECK_ST(sts_mode_parse(STR("enforce"), &mode), ST_OK);
    CHECK(mode == STS_ENFORCE && !strcmp(sts_mode_name(mode), "enforce"));
    CHECK_ST(sts_mode_parse(STR("off"), &mode), ST_SYNTAX);
    CHECK(mode == STS_ENFORCE);
}
