#include "mime/lines.c"

#include "test.h"

static struct mime_lines fed(struct str s, size_t piece, bool header_only)
{
    struct mime_lines l;

    mime_lines_init(&l, 10, header_only);
    for (size_t at = 0; at < s.n; at += piece)
        mime_lines_feed(&l, str_sub(s, at, piece));
    mime_lines_end(&l);
    return l;
}

TEST(lines_however_they_come)
{
    static const struct {
        struct str text;
        bool bare, is_long, bare_header;
    } cases[] = {
        {STR(""), false, false, false},
        {STR("a: b\r\n\r\nbody"), false, false, false},
        {STR("0123456789\r\n"), false, false, false},
        {STR("0123456789a\r\n"), false, true, false},
        {STR("a\nb"), true, false, true},
        {STR("a\rb"), true, false, true},
        {STR("a\r\r\n"), true, false, true},
        {STR("a\r"), true, false, true},
        {STR("a\0b"), true, false, true},
        {STR("a: b\r\n\r\n\0\n\r"), true, false, false},
        {STR("\r\n\0"), true, false, false},
        {STR("a: b\r\n c\r\n\n"), true, false, true},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (size_t piece = 1; piece <= cases[i].text.n + 1; piece++) {
            struct mime_lines l = fed(cases[i].text, piece, false);

            CHECK_U64(l.has_bare, cases[i].bare);
            CHECK_U64(l.has_long, cases[i].is_long);
            CHECK_U64(fed(cases[i].text, piece, true).has_bare, cases[i].bare_header);
        }
    CHECK(mime_lines_of(STR("a\r\n.\n"), 100).has_bare);
    CHECK(!mime_lines_of(STR("a\r\n.\r\n"), 100).has_bare);
}
