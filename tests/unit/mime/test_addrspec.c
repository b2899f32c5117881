#include "mime/addrspec.c"

#include "test.h"

TEST(addresses_have_one_form)
{
    static const struct {
        struct str in, whole, raw;
        bool literal, utf8;
    } cases[] = {
        {STR("Alice@Example.TEST"), STR("Alice@example.test"), STR("Alice"), false, false},
        {STR("a.b+c@x.y-z.test"), STR("a.b+c@x.y-z.test"), STR("a.b+c"), false, false},
        {STR("\"alice\"@x.test"), STR("alice@x.test"), STR("alice"), false, false},
        {STR("\"a\\lice\"@x.test"), STR("alice@x.test"), STR("alice"), false, false},
        {STR("\"a b\"@x.test"), STR("\"a b\"@x.test"), STR("a b"), false, false},
        {STR("\"a@b\"@x.test"), STR("\"a@b\"@x.test"), STR("a@b"), false, false},
        {STR("\"a\\\"\\\\b\"@x.test"), STR("\"a\\\"\\\\b\"@x.test"), STR("a\"\\b"), false, false},
        {STR("\"\"@x.test"), STR("\"\"@x.test"), STR(""), false, false},
        {STR("a@localhost"), STR("a@localhost"), STR("a"), false, false},
        {STR("a@B\xc3\x9c"
             "cher.example"),
         STR("a@xn--bcher-kva.example"), STR("a"), false, false},
        {STR("a@bu\xcc\x88"
             "cher.example"),
         STR("a@xn--bcher-kva.example"), STR("a"), false, false},
        {STR("a@XN--bcher-KVA.example"), STR("a@xn--bcher-kva.example"), STR("a"), false, false},
        {STR("a@fa\xc3\x9f.example"), STR("a@xn--fa-hia.example"), STR("a"), false, false},
        {STR("u\xcc\x88@x.test"), STR("\xc3\xbc@x.test"), STR("\xc3\xbc"), false, true},
        {STR("a@[192.0.2.1]"), STR("a@[192.0.2.1]"), STR("a"), true, false},
        {STR("a@[ipv6:2001:DB8:0::1]"), STR("a@[IPv6:2001:db8::1]"), STR("a"), true, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct addrspec addr, copy;

        CHECK_ST(addrspec_parse(cases[i].in, &addr), ST_OK);
        addrspec_copy(&copy, &addr);
        memset(&addr, 'x', sizeof addr);
        CHECK_STR(copy.whole, cases[i].whole);
        CHECK_STR(copy.local_raw, cases[i].raw);
        CHECK(copy.is_literal == cases[i].literal && copy.is_utf8 == cases[i].utf8);
        CHECK_U64(copy.local.n + 1 + copy.domain.n, copy.whole.n);
        CHECK_ST(addrspec_parse(cases[i].whole, &addr), ST_OK); /* the form is its own form */
        CHECK_STR(addr.whole, cases[i].whole);
        for (size_t n = 0; n < cases[i].in.n; n++)
            if (addrspec_parse(str_n(cases[i].in.p, n), &addr) == ST_OK)
                CHECK(addr.whole.n <= LIMIT_ADDRESS && addr.domain.n > 0);
    }
}

TEST(what_is_no_address)
{
    static const struct str bad[] = {
        STR(""),
        STR("a"),
        STR("@x.test"),
        STR("a@"),
        STR("a@.test"),
        STR("a@x..test"),
        STR("a@x.test."),
        STR("a@-x.test"),
        STR("a@x-.test"),
        STR(".a@x.test"),
        STR("a.@x.test"),
        STR("a..b@x.test"),
        STR("a b@x.test"),
        STR("a@b@x.test"),
        STR("a@x y.test"),
        STR("a<@x.test"),
        STR("\"a@x.test"),
        STR("\"a\"b@x.test"),
        STR("\"a\n\"@x.test"),
        STR("\"a\\"),
        STR("a@192.0.2.1"),
        STR("a@[192.0.2]"),
        STR("a@[192.0.2.1"),
        STR("a@[IPv6:192.0.2.1]"),
        STR("a@[IPv6:]"),
        STR("a@[]"),
        STR("a@["),
        STR("a@[x-tag:y]"),
        STR("\xff@x.test"),
        STR("a@\xff.test"),
        STR("a@xn--\xc3\xbc.test"),
        STR("a@xn--a.test"),
        STR("a@\xe2\x80\x8b.test"),
        STR("<a@x.test>"),
        STR("a@x.test "),
    };
    struct addrspec addr = {.is_utf8 = true};
    char text[400];

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_ST(addrspec_parse(bad[i], &addr), ST_SYNTAX);
    CHECK_ST(addrspec_parse(str_n("a\0@x.test", 9), &addr), ST_SYNTAX);
    CHECK_ST(addrspec_parse(str_n("a@[192.0.2.1\0]", 14), &addr), ST_SYNTAX);
    memset(text, 'a', sizeof text);
    memcpy(text + 64, "@x.test", 7);
    CHECK_ST(addrspec_parse(str_n(text, 71), &addr), ST_OK);
    memcpy(text + 64, "a@x.test", 8);
    CHECK_ST(addrspec_parse(str_n(text, 72), &addr), ST_SYNTAX);
    memset(text, 'a', sizeof text);
    memcpy(text, "a@", 2);
    CHECK_ST(addrspec_parse(str_n(text, 65), &addr), ST_OK);
    CHECK_ST(addrspec_parse(str_n(text, 66), &addr), ST_SYNTAX);
}

TEST(domains_alone)
{
    struct arena a = ARENA_INIT;
    struct str got;

    CHECK_ST(domain_parse(&a,
                          STR("B\xc3\xbc"
                              "cher.Example"),
                          &got),
             ST_OK);
    CHECK_STR(got, STR("xn--bcher-kva.example"));
    CHECK_STR(domain_show(&a, got), STR("b\xc3\xbc"
                                        "cher.example"));
    CHECK_STR(domain_show(&a, STR("x.test")), STR("x.test"));
    CHECK_STR(domain_show(&a, STR("xn--a.test")), STR("xn--a.test"));
    CHECK_ST(domain_parse(&a, STR("[192.0.2.1]"), &got), ST_SYNTAX);
    CHECK_ST(domain_parse(&a, STR(""), &got), ST_SYNTAX);
    addrspec_preload();
    arena_fini(&a);
}
