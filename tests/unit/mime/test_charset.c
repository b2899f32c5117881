#include "mime/charset.c"

#include "test.h"

#define JAPAN "\xe6\x97\xa5\xe6\x9c\xac"
#define WRONG "\xef\xbf\xbd"

static const struct {
    const char *label;
    struct str in, out;
} cases[] = {
    {"utf-8", STR("gr\xc3\xbc\xf0\x9f\x98\x80 abcdefghijklmnop"), STR("gr\xc3\xbc\xf0\x9f\x98\x80 abcdefghijklmnop")},
    {"utf-8", STR("a\xff\xc0\x80\xed\xa0\x80z"), STR("a" WRONG WRONG WRONG WRONG WRONG WRONG "z")},
    {"utf-8", STR("cut\xe6\x97"), STR("cut" WRONG)},
    {"us-ascii", STR("a\xfc\xc3\xbc\x80"), STR("a\xc3\xbc\xc3\xbc\xe2\x82\xac")},
    {NULL, STR("cut\xc3"), STR("cut\xc3\x83")},
    {"iso-8859-1", STR("\xc3\xbc\x99"), STR("\xc3\x83\xc2\xbc\xe2\x84\xa2")},
    {"ISO-8859-15", STR("\xa4"), STR("\xe2\x82\xac")},
    {"koi8-r", STR("\xcd\xc9\xd2"), STR("\xd0\xbc\xd0\xb8\xd1\x80")},
    {"iso-2022-jp", STR("\x1b$BF|K\\\x1b(B"), STR(JAPAN)},
    {"euc-jp", STR("\xc6\xfc\xcb\xdc"), STR(JAPAN)},
    {"gb2312", STR("\xc8\xd5\xb1\xbe"), STR(JAPAN)},
    {"big5", STR("\xa4\xe9\xa5\xbb"), STR(JAPAN)},
    {"utf-16be", {"\0a\xd8\x3d\xde\0", 6}, STR("a\xf0\x9f\x98\x80")},
    {"utf-16be", {"\xd8\x3d\0a", 4}, STR(WRONG "a")},
    {"shift_jis", STR("\x93\xfa\x96"), STR("\xe6\x97\xa5" WRONG)},
    {"utf-7", STR("+2D3eAA-"), STR("\xf0\x9f\x98\x80")},
};

TEST(character_sets_whole_bytewise_and_cut)
{
    struct buf b;

    buf_init(&b, 1000);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (size_t cut = 0; cut <= cases[i].in.n + 1; cut++) {
            struct str in = cases[i].in;
            struct charset_conv c;

            buf_clear(&b);
            CHECK(!cases[i].label || charset_find(str_z(cases[i].label)));
            charset_conv_init(&c, charset_find(str_z(cases[i].label)));
            for (size_t k = 0; cut > in.n && k < in.n; k++)
                charset_conv_feed(&c, str_n(in.p + k, 1), &b);
            if (cut <= in.n) {
                charset_conv_feed(&c, str_n(in.p, cut), &b);
                CHECK(str_is_utf8(buf_str(&b)));
                charset_conv_feed(&c, str_from(in, cut), &b);
            }
            charset_conv_end(&c, &b);
            charset_conv_fini(&c);
            CHECK_STR(buf_str(&b), cases[i].out);
        }
    buf_fini(&b);
}

TEST(every_label_has_its_converter)
{
    for (size_t i = 0; i < ARRAY_LEN(charsets); i++) {
        struct charset_conv c;

        charset_conv_init(&c, &charsets[i]);
        CHECK_U64(c.kind, charsets[i].kind);
        if (c.kind != charsets[i].kind)
            printf("# %s\n", charsets[i].icu);
        charset_conv_fini(&c);
    }
    charset_preload();
    CHECK(charset_find(STR("x-user-defined")) == NULL);
    CHECK_STR(charset_label(charset_find(STR("LATIN1"))), STR("iso-8859-1"));
    CHECK_STR(charset_label(charset_find(STR("sjis"))), STR("shift_jis"));
    CHECK_STR(charset_label(charset_utf8()), STR("utf-8"));
}

/* More than one round of ICU's buffer, with characters of two units across its end. */
TEST(long_texts_go_in_rounds)
{
    struct buf in, out;

    buf_init(&in, 100000);
    buf_init(&out, 100000);
    buf_add(&in, str_n("\0a", 2));
    for (int i = 0; i < 3000; i++)
        buf_add(&in, str_n("\xd8\x3d\xde\0", 4));
    charset_to_utf8(charset_find(STR("utf-16be")), buf_str(&in), &out);
    CHECK_U64(out.n, 12001);
    CHECK(str_is_utf8(buf_str(&out)));
    CHECK(str_search(buf_str(&out), STR(WRONG)) == out.n);
    buf_fini(&in);
    buf_fini(&out);
}
