#include "net/proxy_header.c"

#include "test.h"

#define SIG "\r\n\r\n\0\r\nQUIT\n"
#define V4 SIG "\x21\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\2\x04\xd2\0\x19"

/* Read as the gate does it: never more than is said to belong to the header. */
static enum st parsed(struct str in, struct proxy_header *h, size_t *n)
{
    size_t have = 0, want;

    for (;;) {
        enum st st = proxy_header_parse(str_sub(in, 0, have), h, &want);

        if (st != ST_BUSY) {
            *n = st == ST_OK ? want : 0;
            CHECK(st != ST_OK || want == have);
            return st;
        }
        CHECK(want > have);
        if (have == in.n)
            return ST_BUSY;
        have = MIN(want, in.n);
    }
}

static void is_from(struct str in, const char *from, const char *to)
{
    char text[ADDR_TEXT_MAX];
    struct proxy_header h;
    size_t n;

    CHECK_ST(parsed(in, &h, &n), ST_OK);
    CHECK(str_ends(in, STR("rest")) ? n == in.n - 4 : n == in.n);
    CHECK_U64(h.is_own, !from);
    if (!from)
        return;
    CHECK_STR(addr_text(&h.from, text), str_z(from));
    CHECK_STR(addr_text(&h.to, text), str_z(to));
}

TEST(headers_of_both_versions)
{
    is_from(STR("PROXY TCP4 192.0.2.1 198.51.100.2 1234 25\r\nrest"), "192.0.2.1:1234", "198.51.100.2:25");
    is_from(STR("PROXY TCP6 2001:db8::1 ::1 65535 0\r\nrest"), "[2001:db8::1]:65535", "[::1]:0");
    is_from(STR("PROXY UNKNOWN\r\nrest"), NULL, NULL);
    is_from(STR("PROXY UNKNOWN ff:: ff:: 1 2 anything\r\nrest"), NULL, NULL);
    is_from(STR(V4 "rest"), "192.0.2.1:1234", "198.51.100.2:25");
    is_from(STR(SIG "\x21\x11\0\x12\xc0\0\2\1\xc6\x33\x64\2\x04\xd2\0\x19\4\0\3abcrest"), "192.0.2.1:1234",
            "198.51.100.2:25");
    is_from(
        STR(SIG "\x21\x21\0\x24 \1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x04\xd2\0\x19rest"),
        "[2001:db8::1]:1234", "[::1]:25");
    is_from(STR(SIG "\x20\0\0\0rest"), NULL, NULL);
    is_from(STR(SIG "\x20\xff\0\2xxrest"), NULL, NULL);
    is_from(STR(SIG "\x21\0\0\0rest"), NULL, NULL);
}

TEST(what_is_no_header)
{
    static const struct str bad[] = {
        STR("EHLO client.example\r\n"),
        STR("PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n"),
        STR("PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n"),
        STR("PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n"),
        STR("PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n"),
        STR("PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n"),
        STR("PROXY TCP4 192.0.2.1 192.0.2.2 -1 2\r\n"),
        STR("PROXY TCP4 ::1 ::1 1 2\r\n"),
        STR("PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n"),
        STR("PROXY TCP6 [::1] ::1 1 2\r\n"),
        STR("PROXY tcp4 192.0.2.1 192.0.2.2 1 2\r\n"),
        STR("PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n"),
        STR("PROXY UNKNOWNX\r\n.."),
        STR("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\nEHLO"),
        STR("PROXY TCP4 192.0.2.1\r192.0.2.2 1 2\r\n"),
        STR("PROXY UNKNOWN \0\r\n"),
        STR(SIG "\x31\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\2\x04\xd2\0\x19"),
        STR(SIG "\x22\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\2\x04\xd2\0\x19"),
        STR(SIG "\x21\x12\0\x0c\xc0\0\2\1\xc6\x33\x64\2\x04\xd2\0\x19"),
        STR(SIG "\x21\x11\0\x0b\xc0\0\2\1\xc6\x33\x64\2\x04\xd2\0"),
        STR(SIG "\x21\x11\0\x0e\xc0\0\2\1\xc6\x33\x64\2\x04\xd2\0\x19\4\0"),
        STR(SIG "\x21\x11\0\x0f\xc0\0\2\1\xc6\x33\x64\2\x04\xd2\0\x19\4\0\1"),
        STR("\r\n\r\n\0\r\nQUIT\r"),
    };
    struct proxy_header h;
    size_t n;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_ST(parsed(bad[i], &h, &n), ST_SYNTAX);
    CHECK_ST(parsed(STR(SIG "\x21\x11\x10\x01 and so on"), &h, &n), ST_LIMIT);
    CHECK_ST(
        parsed(STR("PROXY UNKNOWN 0123456789012345678901234567890123456789012345678901234567890123456789012345678901"
                   "23456789012345678901234567890\r\n"),
               &h, &n),
        ST_LIMIT);
}

TEST(a_header_that_is_cut_is_the_beginning_of_one)
{
    static const struct str whole[] = {STR("PROXY TCP4 192.0.2.1 198.51.100.2 1234 25\r\n"), STR(V4)};
    struct proxy_header h;
    size_t n;

    for (size_t i = 0; i < ARRAY_LEN(whole); i++)
        for (size_t cut = 0; cut < whole[i].n; cut++)
            CHECK_ST(parsed(str_sub(whole[i], 0, cut), &h, &n), ST_BUSY);
}
