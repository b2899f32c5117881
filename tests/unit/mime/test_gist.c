#include "mime/gist.c"

#include "test.h"

static struct str gist_of(struct buf *out, struct str text, unsigned most)
{
    struct gist g = {.out = out, .most = most};

    buf_clear(out);
    gist_puts(&g, text);
    CHECK(g.chars <= most);
    return buf_str(out);
}

TEST(one_line)
{
    struct buf b;

    buf_init(&b, 1000);
    CHECK_STR(gist_of(&b,
                      STR("  a \t\r\n b\xc2\xa0\xe3\x80\x80"
                          "c  "),
                      99),
              STR("a b c"));
    CHECK_STR(gist_of(&b,
                      STR("a\x01\x7f\xc2\xad\xe2\x80\x8b\xef\xbb\xbf\xe2\x80\xae"
                          "b\xff\xc3"),
                      99),
              STR("ab"));
    /* what fills the first lines of advertisements */
    CHECK_STR(gist_of(&b, STR("Sale\xcd\x8f \xe2\x80\x8c \xc2\xa0\xe2\x80\x8c \xc2\xa0 now"), 99), STR("Sale now"));
    /* joiners within a word or an emoji stay */
    CHECK_STR(gist_of(&b, STR("\xd9\x85\xe2\x80\x8c\xd9\x86"), 99), STR("\xd9\x85\xe2\x80\x8c\xd9\x86"));
    buf_fini(&b);
}

TEST(a_maximum_of_characters)
{
    struct buf b;

    buf_init(&b, 1000);
    CHECK_STR(gist_of(&b, STR("\xc3\xa4\xe4\xb8\xad\xf0\x9f\x98\x80z"), 3),
              STR("\xc3\xa4\xe4\xb8\xad\xf0\x9f\x98\x80"));
    CHECK_STR(gist_of(&b, STR("abc def"), 4), STR("abc"));
    CHECK_STR(gist_of(&b, STR("abc def"), 5), STR("abc d"));
    CHECK_STR(gist_of(&b, STR("abc"), 0), STR(""));
    buf_fini(&b);
}

TEST(going_back)
{
    struct buf b;
    struct gist g = {.out = &b, .most = 9};
    struct gist_mark m;

    buf_init(&b, 100);
    gist_puts(&g, STR("ab "));
    m = gist_here(&g);
    gist_puts(&g, STR("cd"));
    gist_back(&g, m);
    gist_puts(&g, STR("e"));
    CHECK_STR(buf_str(&b), STR("ab e"));
    buf_fini(&b);
}
