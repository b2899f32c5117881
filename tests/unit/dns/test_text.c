#include "dns/text.c"

#include "test.h"

static struct arena a;

static void is(enum dns_type type, struct str rdata, const char *want)
{
    struct str got = dns_rdata_text(&a, type, rdata);

    if (!str_eq(got, str_z(want)))
        fprintf(stderr, "%s: %.*s\n", want, STR_ARGS(got));
    CHECK(str_eq(got, str_z(want)));
}

TEST(records_as_people_read_them)
{
    is(DNS_A, STR("\300\0\2\1"), "192.0.2.1");
    is(DNS_AAAA, STR("\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1"), "2001:db8::1");
    is(DNS_MX, STR("\0\12\4mail\3org\0"), "10 mail.org.");
    is(DNS_MX, STR("\0\0\0"), "0 .");
    is(DNS_SRV, STR("\0\1\0\2\3\341\4Mail\3org\0"), "1 2 993 mail.org.");
    is(DNS_TXT, STR("\3v=a\2; "), "v=a; ");
    is(DNS_TXT, STR("\3\"\\\n"), "\"\\\\010");
    is(DNS_CNAME, STR("\4mail\3org\0"), "mail.org.");
    is(DNS_TLSA, STR("\3\1\1\252\273"), "3 1 1 aabb");
    is(DNS_CAA, STR("\0\5issueca\"x"), "0 issue \"ca\\\"x\"");
    is(DNS_SOA, STR("\1\2"), "\\# 2 0102");
}

/* Whatever is wrong with a record, it is shown, and nothing of it is taken for a name. */
TEST(what_cant_be_read_is_shown_in_hex)
{
    static const enum dns_type all[] = {DNS_A, DNS_NS, DNS_MX, DNS_SRV, DNS_TXT, DNS_AAAA, DNS_TLSA, DNS_CAA};
    struct str srv = STR("\0\1\0\2\3\341\4Mail\3org\0");

    is(DNS_A, STR("\300\0\2"), "\\# 3 c00002");
    is(DNS_TXT, STR_NONE, "\\# 0");
    is(DNS_MX, STR("\0\12\3a.b\0"), "\\# 7 000a03612e6200");
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        for (size_t n = 0; n < srv.n; n++)
            CHECK(dns_rdata_text(&a, all[i], str_sub(srv, 0, n)).n > 0 || all[i] == DNS_TXT);
    for (size_t n = 0; n < srv.n; n++)
        CHECK(str_starts(dns_rdata_text(&a, DNS_SRV, str_sub(srv, 0, n)), STR("\\#")));
}

TEST(names_of_types)
{
    enum dns_type type;

    CHECK_ST(dns_type_parse(STR("mx"), &type), ST_OK);
    CHECK_U64(type, DNS_MX);
    CHECK_ST(dns_type_parse(STR("CAA"), &type), ST_OK);
    CHECK_U64(type, 257);
    CHECK_ST(dns_type_parse(STR("MXX"), &type), ST_SYNTAX);
    CHECK(strcmp(dns_type_name(DNS_SRV), "SRV") == 0);
}
