#include "base/str.c"

#include "test.h"

TEST(numbers_are_decimal_and_bounded)
{
    uint64_t v = 7;
    uint32_t w = 7;

    CHECK_ST(str_u64(STR("18446744073709551615"), UINT64_MAX, &v), ST_OK);
    CHECK_U64(v, UINT64_MAX);
    CHECK_ST(str_u64(STR("18446744073709551616"), UINT64_MAX, &v), ST_LIMIT);
    CHECK_ST(str_u64(STR(""), 10, &v), ST_SYNTAX);
    CHECK_ST(str_u64(STR("+1"), 10, &v), ST_SYNTAX);
    CHECK_ST(str_u64(STR("1x"), 10, &v), ST_SYNTAX);
    CHECK_ST(str_u32(STR("11"), 10, &w), ST_LIMIT);
    CHECK_U64(w, 7);
    CHECK_ST(str_u32(STR("0010"), 10, &w), ST_OK);
    CHECK_U64(w, 10);
}

TEST(comparisons_ignore_case_only_where_they_say)
{
    CHECK(str_ieq(STR("INBOX"), STR("inBox")));
    CHECK(!str_eq(STR("INBOX"), STR("inBox")));
    CHECK(!str_ieq(STR("INBOX"), STR("INBOXE")));
    CHECK(str_eq(STR_NONE, STR("")));
    CHECK(str_istarts(STR("MAIL FROM:<>"), STR("mail from:")));
    CHECK(str_iends(STR("a@B.Example"), STR(".EXAMPLE")));
    CHECK(str_cmp(STR("a"), STR("ab")) < 0);
}

TEST(split_gives_every_part_also_empty_ones)
{
    struct str rest = STR("a,,b,"), part;

    CHECK(str_split(&rest, ',', &part) && str_eq(part, STR("a")));
    CHECK(str_split(&rest, ',', &part) && part.n == 0);
    CHECK(str_split(&rest, ',', &part) && str_eq(part, STR("b")));
    CHECK(str_split(&rest, ',', &part) && part.n == 0);
    CHECK(!str_split(&rest, ',', &part));
}

TEST(finding_and_cutting)
{
    CHECK_U64(str_find(STR("a@b"), '@'), 1);
    CHECK_U64(str_rfind(STR("a@b@c"), '@'), 3);
    CHECK_U64(str_find(STR("ab"), '@'), 2);
    CHECK_U64(str_search(STR("hello"), STR("ll")), 2);
    CHECK_STR(str_trim(STR(" \tx y\r\n")), STR("x y"));
    CHECK_STR(str_sub(STR("abcdef"), 4, 9), STR("ef"));
    CHECK_U64(str_from(STR("abc"), 5).n, 0);
}

TEST(utf8_is_strict)
{
    CHECK(str_is_utf8(STR("gr\xc3\xbc\xc3\x9f")));
    CHECK(str_is_utf8(STR("\xf0\x9f\x98\x80")));
    CHECK(!str_is_utf8(STR("\xc0\xaf")));         /* overlong */
    CHECK(!str_is_utf8(STR("\xed\xa0\x80")));     /* surrogate */
    CHECK(!str_is_utf8(STR("\xf4\x90\x80\x80"))); /* above U+10FFFF */
    CHECK(!str_is_utf8(STR("\xe2\x82")));         /* cut */
}
