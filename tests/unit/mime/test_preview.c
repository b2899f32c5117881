#include "mime/preview.c"

#include "mime/scan.h"
#include "mime/utf8.h"
#include "test.h"

static void preview(struct str letter, struct buf *out)
{
    struct mime_record r;
    struct buf record;

    buf_init(&record, LIMIT_MIME_RECORD);
    mime_record_build(letter, &record);
    CHECK_ST(mime_record_open(buf_str(&record), &r), ST_OK);
    buf_clear(out);
    mime_preview(&r, letter, out);
    buf_fini(&record);
}

#define HTML "Content-Type: text/html; charset=utf-8\r\n\r\n"
#define MIXED(kind) "Content-Type: multipart/" kind "; boundary=b\r\n\r\n"

static const struct {
    struct str letter, text;
} cases[] = {
    {STR("Subject: x\r\n\r\nHello,\r\nhow are you?\r\n\r\nAnn\r\n"), STR("Hello, how are you? Ann")},
    {STR("Subject: x\r\n\r\n"), STR("")},
    {STR("Subject: x"), STR("")},
    {STR(""), STR("")},
    {STR("\r\nwith -- dashes\r\n--\r\nsignature\r\n"), STR("with -- dashes")},
    {STR("\r\nhere\r\n-- \r\nsignature\r\n"), STR("here")},
    {STR("\r\n-- \r\nonly a signature\r\n"), STR("-- only a signature")},
    {STR("\r\n> quoted\r\n> lines\r\n\r\nMy answer\r\n> more\r\n"), STR("My answer")},
    {STR("\r\nOn Mon, Nov 23, 2026 at 10:00 Ann\r\n<ann@example.test> wrote:\r\n\r\n> why?\r\n\r\nBecause.\r\n"),
     STR("Because.")},
    {STR("\r\nMy list:\r\n\r\nfirst\r\n"), STR("My list: first")},
    {STR("\r\n> only\r\n> quoted\r\n"), STR("> only > quoted")},
    {STR("\r\nSee below\r\n-----Original Message-----\r\nFrom: x\r\n"), STR("See below")},
    {STR("\r\n----- Original Message -----\r\nFrom: x\r\n"), STR("From: x")},
    {STR("\r\n=======\r\nNews\r\n* * *\r\nof today\r\n"), STR("News of today")},
    {STR("\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA9secret\r\n-----END PGP MESSAGE-----\r\n"), STR("")},
    {STR("\r\nRead this:\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA9secret\r\n"), STR("Read this:")},
    {STR("\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\nTrue.\r\n-----BEGIN PGP "
         "SIGNATURE-----\r\nabc\r\n"),
     STR("True.")},
    {STR(HTML "<pre>Look<br>-----BEGIN PGP MESSAGE-----<br>hQEMA9secret"), STR("Look")},
    {STR("Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: "
         "quoted-printable\r\n\r\nGr=FC=DF=\r\ne\r\n"),
     STR("Gr\xc3\xbc\xc3\x9f"
         "e")},
    {STR("Content-Transfer-Encoding: base64\r\n\r\nSGVsbG8=\r\n"), STR("Hello")},
    {STR("Content-Transfer-Encoding: x-own\r\n\r\nHello\r\n"), STR("")},
    {STR(HTML "<style>x{}</style><div style=\"display:none\">Preheader</div><p>Text</p>"), STR("Preheader Text")},
    {STR(MIXED("alternative") "--b\r\n\r\nplain\r\n--b\r\n" HTML "<p>html\r\n--b--\r\n"), STR("plain")},
    {STR(MIXED("alternative") "--b\r\n" HTML "<p>html\r\n--b\r\n\r\nplain\r\n--b--\r\n"), STR("plain")},
    {STR(MIXED("mixed") "--b\r\n" HTML "<p>html\r\n--b\r\n\r\nfooter\r\n--b--\r\n"), STR("html")},
    {STR(MIXED("alternative") "--b\r\n\r\n \r\n--b\r\n" HTML "<p>html\r\n--b--\r\n"), STR("html")},
    {STR(MIXED("alternative") "--b\r\n\r\n> all quoted\r\n--b\r\n" HTML "<p>own\r\n--b--\r\n"), STR("own")},
    {STR(MIXED("mixed") "--b\r\nContent-Disposition: attachment\r\n\r\nlog\r\n--b\r\n\r\nletter\r\n--b--\r\n"),
     STR("letter")},
    {STR(MIXED("mixed") "--b\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n--b--\r\n"), STR("")},
    {STR(MIXED("mixed") "--b\r\nContent-Type: image/png\r\n\r\nPNG\r\n--b--\r\n"), STR("")},
    {STR(MIXED("encrypted") "--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: "
                            "1\r\n--b\r\n\r\nhQEMA9\r\n--b--\r\n"),
     STR("")},
    {STR(MIXED("mixed") "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: "
                        "y\r\n\r\ninner\r\n--b\r\n\r\nouter\r\n--b--\r\n"),
     STR("outer")},
    {STR(MIXED("mixed") "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\ninner\r\n--b--\r\n"),
     STR("inner")},
    {STR("Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nMIIB\r\n"), STR("")},
};

TEST(letters)
{
    struct buf b;

    buf_init(&b, 4096);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        preview(cases[i].letter, &b);
        CHECK_STR(buf_str(&b), cases[i].text);
    }
    buf_fini(&b);
}

/* Cut anywhere there is still a preview, of a part of the text. */
TEST(cut_letters)
{
    struct buf b;

    buf_init(&b, 4096);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (size_t n = 0; n < cases[i].letter.n; n++) {
            preview(str_sub(cases[i].letter, 0, n), &b);
            CHECK(str_is_utf8(buf_str(&b)) && b.n <= MIME_PREVIEW_CHARS * 4);
        }
    buf_fini(&b);
}

TEST(long_letters)
{
    struct buf b, letter;

    buf_init(&b, 4096);
    buf_init(&letter, 4 << 20);
    buf_addz(&letter, "\r\n");
    for (unsigned i = 0; i < 1000; i++)
        buf_addz(&letter, "\xe4\xb8\xad\xe6\x96\x87");
    preview(buf_str(&letter), &b);
    CHECK_U64(b.n, 600); /* of a line that is longer than what is looked at */
    buf_clear(&letter);
    buf_addz(&letter, HTML "<style>");
    for (unsigned i = 0; i < 100000; i++)
        buf_addz(&letter, "p { x: y }\r\n");
    buf_addz(&letter, "</style>far away");
    preview(buf_str(&letter), &b);
    CHECK_STR(buf_str(&b), STR("")); /* behind what is read at most */
    buf_fini(&letter);
    buf_fini(&b);
}

/* Deep, with large headers, and many parts: what is asked of it stays little. */
TEST(large_trees)
{
    struct buf b, letter;

    buf_init(&b, 4096);
    buf_init(&letter, 16 << 20);
    for (unsigned i = 0; i < 40; i++) {
        buf_addf(&letter, "Content-Type: %s; boundary=b%u\r\n", i == 20 ? "multipart/mixed" : "multipart/related", i);
        for (unsigned k = 0; k < 2000; k++)
            buf_addf(&letter, "X-%u: filling a header with what nobody reads\r\n", k);
        buf_addf(&letter, "\r\n--b%u\r\n", i);
        if (i == 20)
            buf_addz(&letter, "Content-Type: message/rfc822\r\n\r\n");
    }
    for (unsigned i = 0; i < 900; i++)
        buf_addf(&letter, "\r\n%s\r\n--b39\r\n", i == 5 ? "here" : "");
    preview(buf_str(&letter), &b);
    CHECK_STR(buf_str(&b), STR("here"));
    buf_fini(&letter);
    buf_fini(&b);
}
