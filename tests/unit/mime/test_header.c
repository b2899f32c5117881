#include "mime/header.c"

#include "test.h"

static const struct str header = STR("From a@b Mon Nov 23\r\n"
                                     "Subject: one\r\n  two\r\n"
                                     "X-Empty:\r\n"
                                     "To : x@y\n"
                                     "subject: again\r\n"
                                     "\r\n"
                                     "Body: no\r\n");

TEST(fields_are_walked_up_to_the_empty_line)
{
    static const char *const want[] = {"", "Subject", "X-Empty", "To", "subject"};
    struct mime_field f;
    size_t n = 0, pos = 0;

    while (mime_header_next(header, &pos, &f)) {
        CHECK(n < ARRAY_LEN(want));
        CHECK_STR(f.name, str_z(want[MIN(n, 4)]));
        n++;
    }
    CHECK_U64(n, ARRAY_LEN(want));
    CHECK_STR(str_from(header, pos), STR("\r\nBody: no\r\n"));
}

/* Cut anywhere, fields keep to the text that is there. */
TEST(fields_of_a_cut_header)
{
    for (size_t i = 0; i <= header.n; i++) {
        struct mime_field f;
        size_t sum = 0;

        for (size_t pos = 0; mime_header_next(str_n(header.p, i), &pos, &f);) {
            CHECK(f.raw.p == header.p + sum);
            sum += f.raw.n;
            CHECK(f.value.p + f.value.n <= f.raw.p + f.raw.n);
            CHECK_U64(pos, sum);
        }
        CHECK(sum <= i);
    }
}

TEST(values_unfold)
{
    struct arena a = ARENA_INIT;
    struct mime_field f;

    CHECK_ST(mime_header_find(header, STR("SUBJECT"), &f), ST_OK);
    CHECK_STR(f.value, STR(" one\r\n  two"));
    CHECK_STR(f.raw, STR("Subject: one\r\n  two\r\n"));
    CHECK_STR(mime_unfold(&a, f.value), STR("one  two"));
    CHECK_ST(mime_header_find(header, STR("x-empty"), &f), ST_OK);
    CHECK_STR(mime_unfold(&a, f.value), STR(""));
    CHECK(f.value.p != NULL);
    CHECK_ST(mime_header_find(header, STR("Body"), &f), ST_NOTFOUND);
    CHECK_STR(mime_unfold(&a, str_n("a\0b\rc", 5)), STR("abc"));
    CHECK_STR(mime_unfold_decoded(&a, STR(" =?iso-8859-1?q?a=E4?=\r\n b")), STR("a\xc3\xa4 b"));
    arena_fini(&a);
}

TEST(what_a_header_goes_on_with)
{
    CHECK(mime_header_goes_on(STR("a: b"), false));
    CHECK(mime_header_goes_on(STR("a \t: b"), false));
    CHECK(mime_header_goes_on(STR(" x"), true));
    CHECK(mime_header_goes_on(STR(">From x"), false));
    CHECK(!mime_header_goes_on(STR(" x"), false));
    CHECK(!mime_header_goes_on(STR("\r\n"), true));
    CHECK(!mime_header_goes_on(STR(": x"), true));
    CHECK(!mime_header_goes_on(STR("two words: x"), true));
    CHECK(!mime_header_goes_on(STR("gr\xc3\xbc: x"), true));
    CHECK(!mime_header_goes_on(STR(""), true));
}

TEST(lists_of_fields_are_filtered)
{
    static const struct str names[] = {STR("SUBJECT"), STR("none")};
    struct buf b;

    buf_init(&b, 1000);
    mime_header_filter(header, names, 2, false, &b);
    CHECK_STR(buf_str(&b), STR("Subject: one\r\n  two\r\nsubject: again\r\n\r\n"));
    buf_clear(&b);
    mime_header_filter(header, names, 2, true, &b);
    CHECK_STR(buf_str(&b), STR("From a@b Mon Nov 23\r\nX-Empty:\r\nTo : x@y\n\r\n"));
    buf_clear(&b);
    mime_header_filter(STR("a: b"), names, 2, true, &b);
    CHECK_STR(buf_str(&b), STR("a: b\r\n\r\n"));
    buf_fini(&b);
}
