#include "mime/casefold.c"

#include "test.h"

TEST(folding)
{
    static const struct {
        struct str in, out;
    } cases[] = {
        {STR("az AZ @[`{ 09 abcdefghijklmnopqrstuvwxyz"), STR("AZ AZ @[`{ 09 ABCDEFGHIJKLMNOPQRSTUVWXYZ")},
        {STR("\xc3\xa4"), STR("A\xcc\x88")}, /* a with diaeresis: decomposed */
        {STR("A\xcc\x88"), STR("A\xcc\x88")},
        {STR("\xce\xa3\xcf\x83\xcf\x82"), STR("\xce\xa3\xce\xa3\xce\xa3")}, /* all sigmas */
        {STR("\xef\xbc\xa1\xef\xbd\x81"), STR("AA")},                       /* fullwidth */
        {STR("\xef\xac\x81"), STR("fi")}, /* a ligature decomposes after titlecase: RFC 5051 as it is */
        {STR("\xf0\x90\x90\xa8"), STR("\xf0\x90\x90\x80")}, /* Deseret */
        {STR("x\xff\xe6\x97"), STR("X\xff\xe6\x97")},
        {STR(""), STR("")},
    };
    struct buf b;

    buf_init(&b, 1000);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        buf_clear(&b);
        mime_casefold(cases[i].in, &b);
        CHECK_STR(buf_str(&b), cases[i].out);
    }
    buf_fini(&b);
    casefold_preload();
}

TEST(ascii_in_words_of_eight_is_ascii_bytewise)
{
    char all[128];
    struct buf b;

    buf_init(&b, 200);
    for (int i = 0; i < 128; i++)
        all[i] = (char)i;
    mime_casefold(str_n(all, 128), &b);
    CHECK_U64(b.n, 128);
    for (size_t i = 0; i < b.n; i++)
        CHECK(b.p[i] == ascii_upper((char)i));
    buf_fini(&b);
}
