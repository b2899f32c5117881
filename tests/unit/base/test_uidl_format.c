#include "base/uidl_format.c"

#include "test.h"

static void makes(const char *format, const char *id)
{
    const struct uidl_parts p = {17, 1219237010, 0xabcdef0123456789, STR("1257243400.M1.host,S=5")};
    struct buf b;

    buf_init(&b, 400);
    CHECK_ST(uidl_format_check(str_z(format), str_find(str_z(format), 'f') < strlen(format)), ST_OK);
    uidl_format_make(str_z(format), &p, &b);
    CHECK_STR(buf_str(&b), str_z(id));
    CHECK(uidl_is_valid(buf_str(&b)));
    buf_fini(&b);
}

TEST(unique_ids_are_as_other_servers_make_them)
{
    makes("%v.%u", "1219237010.17");
    makes("%08Xu%08Xv", "0000001148ac1492");
    makes("UID%u-%v", "UID17-1219237010");
    makes("%u", "17");
    makes("%Xu", "11");
    makes("%g", "abcdef0123456789");
    makes("a%%b%012u", "a%b000000000017");
    makes("%f", "1257243400.M1.host,S=5");
    CHECK_STR(uidl_format_named(STR("dovecot")), STR("%08Xu%08Xv"));
    CHECK_STR(uidl_format_named(STR("courier")), STR("UID%u-%v"));
    CHECK_STR(uidl_format_named(STR("cyrus")), STR("%v.%u"));
    CHECK_STR(uidl_format_named(STR("%u")), STR("%u"));
}

TEST(a_format_that_could_make_a_wrong_id_is_refused)
{
    static const char *const wrong[] = {"",
                                        "%v",
                                        "abc",
                                        "%",
                                        "%u%",
                                        "%u %v",
                                        "%x",
                                        "%017u",
                                        "%99999999999u",
                                        "%u\x7f",
                                        "%u\xc3\xa4",
                                        "%08Xg%u",
                                        "%f",
                                        "%016u%016u%016u%016u%016u"};

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        CHECK_ST(uidl_format_check(str_z(wrong[i]), false), ST_SYNTAX);
    CHECK_ST(uidl_format_check(STR("%g"), true), ST_SYNTAX);
    CHECK(!uidl_is_valid(STR("")));
    CHECK(!uidl_is_valid(STR("a b")));
    CHECK(!uidl_is_valid(STR("12345678901234567890123456789012345678901234567890123456789012345678901")));
    CHECK(uidl_is_valid(STR("1234567890123456789012345678901234567890123456789012345678901234567890")));
}
