#include "dns/rdata.c"

#include "test.h"

#define BYTES(literal) STR(literal)

TEST(a_mail_exchanger)
{
    struct arena a = ARENA_INIT;
    struct dns_mx mx;

    CHECK_ST(dns_read_mx(&a, BYTES("\0\12\4Mail\7example\0"), &mx), ST_OK);
    CHECK_U64(mx.preference, 10);
    CHECK_STR(mx.host, STR("mail.example"));
    CHECK_ST(dns_read_mx(&a, BYTES("\1\2\0"), &mx), ST_OK);
    CHECK_U64(mx.preference, 258);
    CHECK_U64(mx.host.n, 0);
    arena_fini(&a);
}

TEST(records_that_are_cut_or_have_more_than_they_should)
{
    const struct str whole = BYTES("\0\12\4mail\7example\0");
    struct arena a = ARENA_INIT;
    struct dns_mx mx = {.preference = 7};
    struct dns_tlsa t;
    struct str s;

    for (size_t n = 0; n < whole.n; n++)
        CHECK_ST(dns_read_mx(&a, str_sub(whole, 0, n), &mx), ST_SYNTAX);
    CHECK_U64(mx.preference, 7); /* untouched */
    CHECK_ST(dns_read_mx(&a, BYTES("\0\12\4mail\7example\0x"), &mx), ST_SYNTAX);
    CHECK_ST(dns_read_tlsa(BYTES("\3\1\1"), &t), ST_SYNTAX);
    CHECK_ST(dns_read_txt(&a, STR_NONE, &s), ST_SYNTAX);
    CHECK_ST(dns_read_txt(&a, BYTES("\5four"), &s), ST_SYNTAX);
    arena_fini(&a);
}

TEST(names_that_would_mislead_are_refused)
{
    const struct str bad[] = {BYTES("\5a.b.c\0"), BYTES("\3a\nb\0"), BYTES("\3a\0b\0"),
                              BYTES("\3a b\0"),   BYTES("\300\14"),  BYTES("\2\303\244\0")};
    struct arena a = ARENA_INIT;
    struct str s;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_ST(dns_read_name(&a, bad[i], &s), ST_SYNTAX);
    CHECK_ST(dns_read_name(&a, BYTES("\4_dmx\1B\0"), &s), ST_OK);
    CHECK_STR(s, STR("_dmx.b"));
    arena_fini(&a);
}

TEST(a_name_of_any_length_that_fits)
{
    struct arena a = ARENA_INIT;
    char wire[300], *p = wire;
    struct str s;

    for (unsigned i = 0; i < 4; i++) {
        *p++ = 63;
        memset(p, 'a', 63);
        p += 63;
    }
    *p++ = 0;
    CHECK_ST(dns_read_name(&a, str_n(wire, (size_t)(p - wire)), &s), ST_SYNTAX); /* 257 in wire form */
    wire[192] = 61;
    wire[192 + 62] = 0;
    CHECK_ST(dns_read_name(&a, str_n(wire, 192 + 63), &s), ST_OK);
    CHECK_U64(s.n, 253);
    arena_fini(&a);
}

TEST(the_strings_of_a_text_are_one)
{
    struct arena a = ARENA_INIT;
    struct str s;

    CHECK_ST(dns_read_txt(&a, BYTES("\6v=spf1\0\5 -all"), &s), ST_OK);
    CHECK_STR(s, STR("v=spf1 -all"));
    CHECK_ST(dns_read_txt(&a, BYTES("\0"), &s), ST_OK);
    CHECK_U64(s.n, 0);
    arena_fini(&a);
}

TEST(a_certificate_association)
{
    struct dns_tlsa t;

    CHECK_ST(dns_read_tlsa(BYTES("\3\1\1abc"), &t), ST_OK);
    CHECK(t.usage == 3 && t.selector == 1 && t.matching == 1);
    CHECK_STR(t.data, STR("abc"));
}

TEST(what_is_asked_for)
{
    const struct {
        struct str in, out;
    } good[] = {{STR("Example.COM."), STR("example.com")},
                {STR("_25._tcp.mail.example"), STR("_25._tcp.mail.example")},
                {STR("b\303\274cher.example"), STR("xn--bcher-kva.example")},
                {STR("B\303\234CHER.example."), STR("xn--bcher-kva.example")},
                {STR("xn--bcher-kva.example"), STR("xn--bcher-kva.example")}};
    const struct str bad[] = {STR(""),
                              STR("."),
                              STR("a..b"),
                              STR(".a"),
                              STR("a b"),
                              STR("a\0b"),
                              STR("[192.0.2.1]"),
                              STR("\377.example"),
                              STR("\340\245\215.example"),
                              STR("a123456789b123456789c123456789d123456789e123456789f123456789g1234.example")};
    struct arena a = ARENA_INIT;
    struct str s;

    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        CHECK_ST(dns_ascii_name(&a, good[i].in, &s), ST_OK);
        CHECK_STR(s, good[i].out);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_ST(dns_ascii_name(&a, bad[i], &s), ST_SYNTAX);
    arena_fini(&a);
}

TEST(the_way_back_from_an_address)
{
    struct arena a = ARENA_INIT;

    CHECK_STR(dns_reverse_name(&a, BYTES("\300\0\2\1")), STR("1.2.0.192.in-addr.arpa"));
    CHECK_STR(dns_reverse_name(&a, BYTES("\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1")),
              STR("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"));
    arena_fini(&a);
}
