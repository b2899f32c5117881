#include "mime/mutf7.c"

#include "test.h"

TEST(names_both_ways)
{
    static const struct {
        struct str name, utf8;
    } cases[] = {
        /* RFC 3501 5.1.3 */
        {STR("~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
         STR("~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e")},
        {STR("&Jjo-!"), STR("\xe2\x98\xba!")},
        {STR("&U,BTF2XlZyyKng-"), STR("\xe5\x8f\xb0\xe5\x8c\x97\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e")},
        {STR("a&-b&-"), STR("a&b&")},
        {STR("&-&-"), STR("&&")},
        {STR("&APw-&-"), STR("\xc3\xbc&")},
        {STR("Entw&APw-rfe"), STR("Entw\xc3\xbcrfe")},
        {STR("&2D3eAA-"), STR("\xf0\x9f\x98\x80")},
        {STR("&AAE-"), STR("\x01")},
        {STR(""), STR("")},
    };
    struct arena a = ARENA_INIT;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str got;

        CHECK_ST(mutf7_decode(&a, cases[i].name, &got), ST_OK);
        CHECK_STR(got, cases[i].utf8);
        CHECK_ST(mutf7_encode(&a, cases[i].utf8, &got), ST_OK);
        CHECK_STR(got, cases[i].name);
        for (size_t n = 0; n < cases[i].name.n; n++) { /* what is taken is the one right form */
            struct str utf8, back;

            if (mutf7_decode(&a, str_n(cases[i].name.p, n), &utf8) != ST_OK)
                continue;
            CHECK_ST(mutf7_encode(&a, utf8, &back), ST_OK);
            CHECK_STR(back, str_n(cases[i].name.p, n));
        }
    }
    arena_fini(&a);
}

TEST(only_the_one_form_is_taken)
{
    static const struct str bad_names[] = {
        STR("&Jjo!"),              /* no end */
        STR("&U,BTFw-&ZeVnLIqe-"), /* a superfluous shift */
        STR("&"),
        STR("&Jjo"),
        STR("&AGE-"), /* "a" has to stand for itself */
        STR("&A-"),
        STR("&AA-"),
        STR("&AAA-"),
        STR("&AP0AA-"),
        STR("&AP1-"), /* bits left over */
        STR("&2D0-"),
        STR("&3gA-"),
        STR("&2D0AYQ-"), /* half a pair */
        STR("&AP/-"),
        STR("\xc3\xbc"),
        STR("a\nb"),
        STR("a\x7f"),
    };
    struct arena a = ARENA_INIT;
    struct str got = STR("untouched");

    for (size_t i = 0; i < ARRAY_LEN(bad_names); i++)
        CHECK_ST(mutf7_decode(&a, bad_names[i], &got), ST_SYNTAX);
    CHECK_ST(mutf7_encode(&a, STR("\xff"), &got), ST_SYNTAX);
    CHECK_ST(mutf7_encode(&a, str_n("a\0b", 3), &got), ST_SYNTAX);
    CHECK_STR(got, STR("untouched"));
    arena_fini(&a);
}
