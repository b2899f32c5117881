#include "test.h"

#include "mime/net_unicode.c"

TEST(names_get_their_normal_form)
{
    static const struct {
        struct str given, normal;
    } rows[] = {
        {STR("abc & d"), STR("abc & d")},
        {STR("\xc3\xa9"), STR("\xc3\xa9")},
        {STR("e\xcc\x81"), STR("\xc3\xa9")},
        {STR("\xe2\x84\xab"), STR("\xc3\x85")},                             /* ANGSTROM SIGN */
        {STR("\xf0\x9d\x85\x9f"), STR("\xf0\x9d\x85\x98\xf0\x9d\x85\xa5")}, /* never composed again */
        {STR("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab/\xe4\xb8\xad"), STR("\xed\x95\x9c/\xe4\xb8\xad")}, /* Hangul */
        {STR(""), STR("")},
    };
    struct arena a = ARENA_INIT;
    struct str got = STR_NONE;

    net_unicode_preload();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_ST(mime_net_unicode(&a, rows[i].given, &got), ST_OK);
        CHECK_STR(got, rows[i].normal);
    }
    got = STR("untouched");
    CHECK_ST(mime_net_unicode(&a, STR("\xc3"), &got), ST_SYNTAX);
    CHECK_ST(mime_net_unicode(&a, STR("\xed\xa0\x80"), &got), ST_SYNTAX);
    CHECK_STR(got, STR("untouched"));
    arena_fini(&a);
}
