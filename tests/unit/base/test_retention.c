#include "base/retention.c"

#include "test.h"

TEST(retention_is_a_word_and_back)
{
    static const struct {
        const char *text;
        uint32_t days;
    } rows[] = {{"keep", RETAIN_NEVER_EXPIRES}, {"fetched", 0}, {"1d", 1}, {"36500d", 36500}, {"newest:1", 1},
                {"newest:2147483647", 1}};
    char text[24];
    uint32_t r;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_ST(retention_parse(str_z(rows[i].text), false, &r), ST_OK);
        CHECK(r != RETAIN_DEFAULT);
        retention_print(r, text);
        CHECK_STR(str_z(text), str_z(rows[i].text));
        CHECK_U64(retention_expire_days(r), rows[i].days);
        CHECK(retention_is_on(r) == (i > 0));
        CHECK(retention_is_newest(r) == (i > 3));
    }
    CHECK_ST(retention_parse(STR("default"), true, &r), ST_OK);
    CHECK_U64(r, RETAIN_DEFAULT);
    retention_print(r, text);
    CHECK_STR(str_z(text), STR("default"));
}

TEST(what_is_no_retention_is_refused)
{
    static const char *const wrong[] = {
        "", "default", "0d", "d", "36501d", "-1d", "1h", "newest", "newest:", "newest:0", "newest:2147483648", "Keep"};
    uint32_t r = 7;

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        CHECK_ST(retention_parse(str_z(wrong[i]), false, &r), ST_SYNTAX);
    CHECK_U64(r, 7);
}
