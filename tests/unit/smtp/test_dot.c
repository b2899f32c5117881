#include "smtp/dot.c"

#include "base/buf.h"
#include "test.h"

struct result {
    enum dot_event ev;
    size_t left; /* input behind the end */
};

/* Feeds the input in pieces of `step` bytes. */
static struct result feed(struct str in, size_t step, size_t line_max, struct buf *out)
{
    struct dot_reader d;
    struct result r = {DOT_MORE, 0};

    dot_init(&d, line_max);
    buf_clear(out);
    for (size_t at = 0; at < in.n; at += step) {
        struct str piece = str_sub(in, at, step), span;

        while ((r.ev = dot_read(&d, &piece, &span)) == DOT_SPAN)
            buf_add(out, span);
        if (r.ev != DOT_MORE) {
            r.left = piece.n + (in.n - MIN(in.n, at + step));
            return r;
        }
    }
    return r;
}

static const struct {
    struct str in, want;
    enum dot_event ev;
    size_t left;
} cases[] = {
    {STR(".\r\n"), STR(""), DOT_END, 0},
    {STR("a\r\n.\r\n"), STR("a\r\n"), DOT_END, 0},
    {STR("a\r\n..\r\n.\r\n"), STR("a\r\n.\r\n"), DOT_END, 0},
    {STR("..a.\r\n...\r\n.\r\nQUIT\r\n"), STR(".a.\r\n..\r\n"), DOT_END, 6},
    {STR(".a\r\n.\r\n"), STR("a\r\n"), DOT_END, 0}, /* RFC 5321 4.5.2: the dot goes, whatever follows */
    {STR("\r\n\r\n.\r\n"), STR("\r\n\r\n"), DOT_END, 0},
    {STR("a\r\nb"), STR("a\r\nb"), DOT_MORE, 0},
    {STR("a\n.\n"), STR(""), DOT_BAD, 0},
    {STR("a\r\n.\n"), STR(""), DOT_BAD, 0},
    {STR("a\n.\r\n"), STR(""), DOT_BAD, 0},
    {STR("a\r.\r\n"), STR(""), DOT_BAD, 0},
    {STR("a\r\n.\r."), STR(""), DOT_BAD, 0},
    {STR("a\r\r\n"), STR(""), DOT_BAD, 0},
    {STR("a\0b\r\n"), STR(""), DOT_BAD, 0},
    {STR("12345678901\r\n"), STR(""), DOT_LONG, 0},
    {STR("1234567890\r\n.\r\n"), STR("1234567890\r\n"), DOT_END, 0},
};

TEST(text_ends_at_crlf_dot_crlf_and_nowhere_else)
{
    struct buf out;

    buf_init(&out, 1000);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (size_t step = 1; step <= cases[i].in.n; step++) { /* byte at a time, in every cut, whole */
            struct result r = feed(cases[i].in, step, 10, &out);

            CHECK_U64(r.ev, cases[i].ev);
            if (r.ev == DOT_BAD || r.ev == DOT_LONG)
                continue;
            CHECK_U64(r.left, cases[i].left);
            CHECK_STR(buf_str(&out), cases[i].want);
        }
    }
    buf_fini(&out);
}
