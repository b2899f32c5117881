#include "mime/text_search.c"

#include "mime/scan.h"

#include "test.h"

static const struct str letter = STR("Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= outer\r\n"
                                     "From: Alice <alice@x.test>\r\n"
                                     "Content-Type: multipart/mixed; boundary=b\r\n"
                                     "\r\n"
                                     "preamble\r\n"
                                     "--b\r\n"
                                     "Content-Type: text/plain; charset=iso-8859-1\r\n"
                                     "Content-Transfer-Encoding: quoted-printable\r\n"
                                     "\r\n"
                                     "first te=\r\nxt with =FCmlaut\r\n"
                                     "--b\r\n"
                                     "Content-Type: text/html; charset=\"utf-8\"\r\n"
                                     "Content-Transfer-Encoding: base64\r\n"
                                     "\r\n"
                                     "PHA+w5xiZXIgdGhl\r\nIG1vb248L3A+\r\n"
                                     "--b\r\n"
                                     "Content-Type: application/octet-stream; name=secret\r\n"
                                     "\r\n"
                                     "hidden\r\n"
                                     "--b\r\n"
                                     "Content-Type: message/rfc822\r\n"
                                     "\r\n"
                                     "Subject: inner\r\n"
                                     "\r\n"
                                     "deep\r\n"
                                     "--b--\r\n");

static const struct {
    struct str needle;
    bool in_body, in_text;
} cases[] = {
    {STR("first text"), true, true},
    {STR("\xc3\x9cMLAUT"), true, true},
    {STR("u\xcc\x88mlaut"), true, true},
    {STR("\xc3\xbc"
         "ber the MOON"),
     true, true},
    {STR("gr\xc3\xbc"), false, true},
    {STR("outer"), false, true},
    {STR("alice@x"), false, true},
    {STR("inner"), true, true},
    {STR("deep"), true, true},
    {STR("secret"), false, true},
    {STR("hidden"), false, false},
    {STR("preamble"), false, false},
    {STR("textdeep"), false, false},
    {STR(""), true, true},
    {STR("</p>"), true, true},
    {STR("nowhere"), false, false},
};

static bool search_by(const struct mime_record *r, struct mime_needle *n, bool headers, size_t first, size_t step)
{
    struct mime_search *s = mime_search_new(r, n, headers);

    mime_search_feed(s, str_sub(letter, 0, first));
    for (size_t at = first; at < letter.n; at += step)
        if (mime_search_feed(s, str_sub(letter, at, step)))
            break;
    return mime_search_end(s);
}

TEST(letters_whole_bytewise_and_cut)
{
    struct arena a = ARENA_INIT;
    struct mime_record r;
    struct buf b;

    buf_init(&b, LIMIT_MIME_RECORD);
    mime_record_build(letter, &b);
    CHECK_ST(mime_record_open(buf_str(&b), &r), ST_OK);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct mime_needle n;

        mime_needle_init(&n, &a, cases[i].needle);
        CHECK(mime_search_letter(&r, &n, false, letter) == cases[i].in_body);
        CHECK(mime_search_letter(&r, &n, true, letter) == cases[i].in_text);
        CHECK(search_by(&r, &n, false, 0, 1) == cases[i].in_body);
        CHECK(search_by(&r, &n, true, 0, 1) == cases[i].in_text);
        for (size_t cut = 1; cut < letter.n; cut++) {
            CHECK(search_by(&r, &n, false, cut, letter.n) == cases[i].in_body);
            CHECK(search_by(&r, &n, true, cut, letter.n) == cases[i].in_text);
        }
    }
    buf_fini(&b);
    arena_fini(&a);
}

TEST(fields)
{
    struct arena a = ARENA_INIT;
    struct mime_needle n;

    mime_needle_init(&n, &a, STR("gr\xc3\x9c"));
    CHECK(mime_search_header(&n, letter, STR("SUBJECT")));
    CHECK(!mime_search_header(&n, letter, STR("From")));
    mime_needle_init(&n, &a, STR(""));
    CHECK(mime_search_header(&n, letter, STR("from")));
    CHECK(!mime_search_header(&n, letter, STR("To")));
    CHECK(mime_search_utf8(&n, STR("")));
    arena_fini(&a);
}

TEST(a_match_across_pieces_of_a_long_body)
{
    struct arena a = ARENA_INIT;
    struct mime_record r;
    struct mime_needle n;
    struct buf b, text;

    buf_init(&b, LIMIT_MIME_RECORD);
    buf_init(&text, 100000);
    buf_addz(&text, "a: b\r\n\r\n");
    while (text.n < 3 * PIECE + 4)
        buf_addz(&text, "x");
    buf_addz(&text, "the needle");
    mime_record_build(buf_str(&text), &b);
    CHECK_ST(mime_record_open(buf_str(&b), &r), ST_OK);
    mime_needle_init(&n, &a, STR("xthe NEEDLE"));
    CHECK(mime_search_letter(&r, &n, false, buf_str(&text)));
    mime_needle_init(&n, &a, STR("needles"));
    CHECK(!mime_search_letter(&r, &n, false, buf_str(&text)));
    buf_fini(&b);
    buf_fini(&text);
    arena_fini(&a);
}
