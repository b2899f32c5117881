#include "mime/decode.c"

#include "test.h"

static const struct {
    enum mime_encoding encoding;
    struct str in, out;
} cases[] = {
    {MIME_BASE64, STR("SGVsbG8sIHdvcmxk"), STR("Hello, world")},
    {MIME_BASE64, STR("SGVs\r\nbG8s\r\nIHdv\r\ncmxkIQ=="), STR("Hello, world!")},
    {MIME_BASE64, STR("SGVsbG8=\r\nIHdvcmxk\r\n"), STR("Hello world")},
    {MIME_BASE64, STR("S!G V*s"), STR("Hel")},
    {MIME_BASE64, STR("S"), STR("")},
    {MIME_BASE64, STR(""), STR("")},
    /* RFC 2045 6.7 */
    {MIME_QP, STR("Now's the time =\r\nfor all folk to come=\r\n to the aid of their country.\r\n"),
     STR("Now's the time for all folk to come to the aid of their country.\r\n")},
    {MIME_QP, STR("a=3Db=c3=BC=0D=0A"), STR("a=b\xc3\xbc\r\n")},
    {MIME_QP, STR("trailing \t \r\nkept=20\r\nsoft= \t\r\nend\n"), STR("trailing\r\nkept \r\nsoftend\n")},
    {MIME_QP, STR("bad =ZZ =4 == =\rx"), STR("bad =ZZ =4 == =\rx")},
    {MIME_QP, STR("end="), STR("end=")},
    {MIME_QP, STR("end=4"), STR("end=4")},
    {MIME_QP, STR("lone\rcr"), STR("lone\rcr")},
    {MIME_8BIT, STR("as =it= is"), STR("as =it= is")},
};

TEST(decoders_whole_bytewise_and_cut)
{
    struct buf b;

    buf_init(&b, 1000);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (size_t cut = 0; cut <= cases[i].in.n + 1; cut++) {
            struct mime_decoder d;
            struct str in = cases[i].in;

            buf_clear(&b);
            mime_decoder_init(&d, cases[i].encoding);
            if (cut > in.n) {
                for (size_t k = 0; k < in.n; k++)
                    mime_decode_feed(&d, str_n(in.p + k, 1), &b);
            } else {
                mime_decode_feed(&d, str_n(in.p, cut), &b);
                mime_decode_feed(&d, str_from(in, cut), &b);
            }
            mime_decode_end(&d, &b);
            CHECK_STR(buf_str(&b), cases[i].out);
        }
    buf_fini(&b);
}

TEST(white_space_of_any_length_is_bounded)
{
    struct mime_decoder d;
    struct buf b;

    buf_init(&b, 1000);
    mime_decoder_init(&d, MIME_QP);
    for (int i = 0; i < 200; i++)
        mime_decode_feed(&d, STR(" "), &b);
    mime_decode_feed(&d, STR("x"), &b);
    CHECK_U64(b.n, 201);
    buf_fini(&b);
}

TEST(q_has_its_own_space)
{
    struct buf b;

    buf_init(&b, 100);
    mime_decode_q(STR("a_b=5F=zz="), &b);
    CHECK_STR(buf_str(&b), STR("a b_=zz="));
    buf_fini(&b);
}
