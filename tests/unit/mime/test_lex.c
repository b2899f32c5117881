#include "mime/lex.c"

#include "test.h"

TEST(comments_nest_and_quote)
{
    struct str s = STR(" (a (b) \\) c)\r\n (last)x"), comment;

    CHECK_U64(mime_skip_comments(s, 0, &comment), s.n - 1);
    CHECK_STR(comment, STR("last"));
    CHECK_U64(mime_skip_cfws(STR("(open"), 0), 5);
    CHECK_U64(mime_skip_cfws(STR("("), 0), 1);
    CHECK_U64(mime_skip_cfws(STR("(\\"), 0), 2);
    CHECK_U64(mime_skip_cfws(STR("x"), 0), 0);
}

TEST(quoted_strings)
{
    static const struct {
        struct str in, out;
        size_t end;
    } cases[] = {{STR("\"a b\"c"), STR("a b"), 5}, {STR("\"a\\\"b\""), STR("a\"b"), 6},
                 {STR("\"open"), STR("open"), 5},  {STR("\""), STR(""), 1},
                 {STR("\"\\"), STR("\\"), 2},      {STR("\"a\r\n b\""), STR("a b"), 7}};
    char to[20];
    size_t n;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CHECK_U64(mime_unquote(cases[i].in, 0, to, &n), cases[i].end);
        CHECK_STR(str_n(to, n), cases[i].out);
    }
}
