#include "mime/narrow.c"

#include "mime/decode.h"
#include "test.h"

static struct buf out;

static enum st narrow(const char *letter)
{
    if (!out.max)
        buf_init(&out, 1u << 20);
    buf_clear(&out);
    return mime_narrow(str_z(letter), MIME_TO_7BIT, &out);
}

static void becomes(const char *letter, const char *want)
{
    CHECK_ST(narrow(letter), ST_OK);
    CHECK_STR(buf_str(&out), str_z(want));
}

TEST(a_text_becomes_quoted_printable)
{
    becomes(
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\nSubject: "
        "x\r\n\r\nj\xc3\xb6rg = \r\nend",
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nSubject: x\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\nj=C3=B6rg =3D=20\r\nend");
    becomes("Subject: x\r\n\r\nj\xc3\xb6rg",
            "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\nj=C3=B6rg");
    becomes("Subject: x\r\n\r\nj\xf6rg", "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; "
                                         "charset=unknown-8bit\r\n"
                                         "Content-Transfer-Encoding: quoted-printable\r\n\r\nj=F6rg");
}

TEST(what_is_seven_bits_stays_as_it_is)
{
    static const char plain[] = "Subject: x\r\nDKIM-Signature: y\r\n\r\nbody\r\n";
    static const char mixed[] =
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        "preamble\r\n--b\r\n\r\nplain = text\r\n--b\r\nContent-Type: application/x\r\nContent-Transfer-Encoding: "
        "binary\r\n\r\n\xff\x01\x02\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: y\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/html\r\n\r\n\xe4\r\n--b--\r\nepilogue\r\n";

    becomes(plain, plain);
    becomes(mixed,
            "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
            "preamble\r\n--b\r\n\r\nplain = text\r\n--b\r\nContent-Type: application/x\r\nContent-Transfer-Encoding: "
            "base64\r\n\r\n/wEC\r\n--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
            "Subject: y\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: "
            "quoted-printable\r\n\r\n=E4\r\n--b--\r\nepilogue\r\n");
}

TEST(what_must_not_or_can_not_be_changed)
{
    static const char *const letters[] = {
        "DKIM-Signature: v=1\r\nSubject: x\r\n\r\n\xe4",
        "ARC-Seal: i=1\r\nSubject: x\r\n\r\n\xe4",
        "Subject: \xc3\xa4\r\n\r\nplain",
        "Subject: \xc3\xa4\r\n\r\n\xc3\xa4",
        "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\n\xe4\r\n--b\r\n\r\ns\r\n--b--\r\n",
        "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: multipart/encrypted; "
        "boundary=b\r\n\r\n--b\r\n\r\n\xe4\r\n--b--\r\n--a--\r\n",
        "Content-Type: multipart/mixed; boundary=a\r\n\r\n\xe4 in front\r\n--a\r\n\r\nx\r\n--a--\r\n",
        "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n\xe4 behind\r\n",
        "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nX: \xe4\r\n\r\nx\r\n--a--\r\n",
        "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n\xe4",
        "Content-Type: text/plain\r\nContent-Transfer-Encoding: (c) quoted-printable (x)\r\n\r\n\xe4",
        "Content-Type: multipart/mixed\r\n\r\n\xe4",
        "Content-Type: message/partial; id=x\r\n\r\n\xe4",
        "Content-Type: message/global\r\n\r\nSubject: \xc3\xa4\r\n\r\nx"};

    for (size_t i = 0; i < ARRAY_LEN(letters); i++)
        CHECK_ST(narrow(letters[i]), ST_DENIED);
}

static void decoded(struct str in, enum mime_encoding e, struct buf *to)
{
    struct mime_decoder d;

    buf_clear(to);
    mime_decoder_init(&d, e);
    mime_decode_feed(&d, in, to);
    mime_decode_end(&d, to);
}

static void check_lines(struct str s)
{
    struct str line;

    while (str_split(&s, '\n', &line))
        CHECK(line.n <= LINE_MAX + 1);
}

TEST(encodings_decode_to_what_was_encoded)
{
    char bytes[700];
    struct buf coded, back;
    uint32_t x = 7;

    buf_init(&coded, 1u << 20);
    buf_init(&back, 1u << 20);
    for (size_t n = 0; n < sizeof bytes; n++) {
        static const char some[] = " \t-=a\r\n\r\n.\xff";

        x = x * 1103515245u + 12345u;
        bytes[n] = n % 3 ? some[(x >> 16) % (sizeof some - 1)] : (char)(x >> 20);
        for (enum mime_encoding e = MIME_QP; e <= MIME_BASE64; e++) {
            buf_clear(&coded);
            (e == MIME_QP ? mime_encode_qp : mime_encode_base64)(str_n(bytes, n), &coded);
            CHECK(str_is_ascii(buf_str(&coded)));
            check_lines(buf_str(&coded));
            decoded(buf_str(&coded), e, &back);
            CHECK_STR(buf_str(&back), str_n(bytes, n));
        }
    }
    buf_fini(&coded);
    buf_fini(&back);
}

TEST(no_line_of_an_encoding_looks_like_a_boundary_that_was_none)
{
    char text[400];
    struct str rest, line;

    memset(text, '-', sizeof text);
    text[0] = 'x';
    buf_clear(&out);
    mime_encode_qp(str_n(text, sizeof text), &out);
    rest = buf_str(&out);
    while (str_split(&rest, '\n', &line))
        CHECK(!str_starts(line, STR("-")));
    buf_fini(&out);
}

TEST(an_end_of_room_is_said)
{
    struct buf small;

    buf_init(&small, 50);
    CHECK_ST(mime_narrow(STR("Subject: x\r\n\r\nj\xc3\xb6rg"), MIME_TO_7BIT, &small), ST_LIMIT);
    buf_fini(&small);
}

static void becomes_lines(struct str letter, struct str want)
{
    buf_clear(&out);
    CHECK_ST(mime_narrow(letter, MIME_TO_8BIT, &out), ST_OK);
    CHECK_STR(buf_str(&out), want);
}

/* RFC 3030 section 3: valid MIME of 8 bits, without loss, and without encodings within encodings. */
TEST(binary_becomes_lines)
{
    static const struct str signed_one = STR("DKIM-Signature: v=1\r\nContent-Type: x/y\r\n\r\n\0"),
                            bare_header = STR("Subject: x\nTo: y\r\n\r\nz"),
                            hidden = STR("Content-Transfer-Encoding: base64\r\n\r\nAAAA\nBBBB");

    if (!out.max)
        buf_init(&out, 1u << 20);
    becomes_lines(STR("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
                      "Content-Transfer-Encoding: binary\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n"
                      "Content-Transfer-Encoding: binary\r\n\r\nj\xc3\xb6rg\r\n--b\r\nContent-Type: "
                      "application/x\r\nContent-Transfer-Encoding: binary\r\n\r\n\0\n.\r\r\n--b--\r\n"),
                  STR("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
                      "Content-Transfer-Encoding: 8bit\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n"
                      "Content-Transfer-Encoding: 8bit\r\n\r\nj\xc3\xb6rg\r\n--b\r\nContent-Type: "
                      "application/x\r\nContent-Transfer-Encoding: base64\r\n\r\nAAouDQ==\r\n--b--\r\n"));
    becomes_lines(STR("Subject: x\r\n\r\na\nb"), STR("Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; "
                                                     "charset=utf-8\r\nContent-Transfer-Encoding: "
                                                     "quoted-printable\r\n\r\na=0Ab"));
    becomes_lines(STR("DKIM-Signature: v=1\r\n\r\n\xe4\r\n"), STR("DKIM-Signature: v=1\r\n\r\n\xe4\r\n"));
    buf_clear(&out);
    CHECK_ST(mime_narrow(signed_one, MIME_TO_8BIT, &out), ST_DENIED);
    buf_clear(&out);
    CHECK_ST(mime_narrow(bare_header, MIME_TO_8BIT, &out), ST_DENIED);
    buf_clear(&out);
    CHECK_ST(mime_narrow(hidden, MIME_TO_8BIT, &out), ST_DENIED);
}
