#include "sasl/prep.c"

#include "test.h"

/* RFC 4013 section 3, and what ASCII and bounds do */
TEST(the_examples_of_the_rfc)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"I\xc2\xadX", "IX"},
        {"user", "user"},
        {"USER", "USER"},
        {"\xc2\xaa", "a"},
        {"\xe2\x85\xa8", "IX"},
        {"a\xcc\x88", "\xc3\xa4"},
        {"a\xc2\xa0"
         "b",
         "a b"},
        {"pass word", "pass word"},
    };
    struct arena a = ARENA_INIT;
    struct str out;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_ST(sasl_prep(&a, str_z(rows[i].in), true, &out), ST_OK);
        CHECK_STR(out, str_z(rows[i].out));
    }
    arena_fini(&a);
}

TEST(prohibited_and_empty_are_refused)
{
    static const char *const rows[] = {"\x07", "", "\xd8\xa7\x31", "\xc2\xad", "\xff", "a\x7f"};
    struct arena a = ARENA_INIT;
    struct str out = STR("untouched");

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        CHECK_ST(sasl_prep(&a, str_z(rows[i]), false, &out), ST_SYNTAX);
    CHECK_STR(out, STR("untouched"));
    arena_fini(&a);
}

TEST(unassigned_code_points_only_in_queries)
{
    struct arena a = ARENA_INIT;
    struct str out;

    CHECK_ST(sasl_prep(&a, STR("x\xc8\xa1"), false, &out), ST_OK); /* U+0221, unassigned in Unicode 3.2 */
    CHECK_ST(sasl_prep(&a, STR("x\xc8\xa1"), true, &out), ST_SYNTAX);
    arena_fini(&a);
}
