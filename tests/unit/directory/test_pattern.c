#include "directory/pattern.c"

#include "test.h"

TEST(a_star_is_any_run_of_characters)
{
    static const struct {
        const char *pattern, *text;
        bool fits;
    } rows[] = {
        {"a*", "a", true},       {"a*", "abc", true},      {"a*", "ba", false},     {"*a", "a", true},
        {"*a", "bca", true},     {"*a", "ab", false},      {"a*b", "ab", true},     {"a*b", "axxb", true},
        {"a*b", "axbxb", true},  {"a*b", "a", false},      {"a*b*c", "abc", true},  {"a*b*c", "axbxc", true},
        {"a*b*c", "acb", false}, {"a**b", "ab", true},     {"*a*", "xax", true},    {"*a*", "xyz", false},
        {"a*a", "a", false},     {"", "", true},           {"*", "", true},         {"x*y", "", false},
        {"a*ab", "aaab", true},  {"*ab*ab", "abab", true}, {"*ab*ab", "ab", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        CHECK(pattern_matches(str_z(rows[i].pattern), str_z(rows[i].text)) == rows[i].fits);
}

TEST(in_quotes_a_star_is_a_star)
{
    struct arena a = ARENA_INIT;

    CHECK_U64(pattern_weight(STR("sales-*")), 7);
    CHECK_U64(pattern_weight(STR("*")), 1);
    CHECK_U64(pattern_weight(STR("sales")), 0);
    CHECK_U64(pattern_weight(STR("\"a *\"")), 0);
    CHECK_U64(pattern_stars(STR("a*b*")), 2);
    CHECK_STR(pattern_bare(&a, STR("\"a \\\"b\"")), STR("a \"b"));
    CHECK_STR(pattern_bare(&a, STR("plain")), STR("plain"));
    CHECK_STR(pattern_bare(&a, STR("\"")), STR("\""));
    arena_fini(&a);
}
