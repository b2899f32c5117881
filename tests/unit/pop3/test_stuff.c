#include "pop3/stuff.c"

#include "base/buf.h"
#include "test.h"

static void stuff(struct str in, size_t step, uint64_t lines, struct buf *out)
{
    struct dot_stuff d;

    stuff_init(&d, lines);
    buf_clear(out);
    for (size_t at = 0; at < in.n; at += step) {
        struct str piece = str_sub(in, at, step), span;
        bool dot;

        while (stuff_next(&d, &piece, &dot, &span)) {
            if (dot)
                buf_addc(out, '.');
            buf_add(out, span);
        }
    }
    buf_add(out, stuff_end(&d));
}

static const struct {
    struct str in;
    uint64_t lines;
    struct str want;
} cases[] = {
    {STR("A: b\r\n\r\nhello\r\n"), UINT64_MAX, STR("A: b\r\n\r\nhello\r\n.\r\n")},
    {STR(".\r\n..a\r\nb.\r\n"), UINT64_MAX, STR("..\r\n...a\r\nb.\r\n.\r\n")},
    {STR("A: b\r\n\r\n.x"), UINT64_MAX, STR("A: b\r\n\r\n..x\r\n.\r\n")},
    {STR("x\r"), UINT64_MAX, STR("x\r\n.\r\n")},
    {STR(""), UINT64_MAX, STR(".\r\n")},
    {STR("A: b\r\n\r\n1\r\n2\r\n3\r\n"), 2, STR("A: b\r\n\r\n1\r\n2\r\n.\r\n")},
    {STR("A: b\r\n\r\n1\r\n2\r\n"), 0, STR("A: b\r\n\r\n.\r\n")},
    {STR("A: b\r\n\r\n1\r\n.2\r\n"), 99, STR("A: b\r\n\r\n1\r\n..2\r\n.\r\n")},
    {STR("A: b\r\nC: d\r\n"), 0, STR("A: b\r\nC: d\r\n.\r\n")},
};

TEST(lines_that_begin_with_a_dot_get_one_more)
{
    struct buf out;

    buf_init(&out, 1000);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (size_t step = 1; step <= cases[i].in.n + 1; step++) {
            stuff(cases[i].in, step, cases[i].lines, &out);
            CHECK_STR(buf_str(&out), cases[i].want);
        }
    buf_fini(&out);
}
