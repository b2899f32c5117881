/* Writes varied letters for tests, N.eml in a folder, CRLF line ends: the same bytes for the same
 * seed on every machine (own random numbers, no clock, no locale, integers only).
 *
 *   corpus --seed 1 --count 200 --dir D [--big] [--plain]
 *
 * Letter N is of kind N modulo the number of kinds, so that a small count has each kind. --big makes
 * letter 0 one of 20 MB. --plain leaves out what an SMTP server may refuse: lines above 998 bytes. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/codec.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#define LETTER_MAX (32u << 20)
#define BIG_BYTES (20u << 20)

struct gen {
    uint64_t state;
    uint64_t number; /* of the letter */
    struct buf *out;
    bool plain;
};

/* splitmix64 (S. Vigna, public domain) */
static uint64_t next(struct gen *g)
{
    uint64_t z = g->state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static unsigned below(struct gen *g, unsigned n)
{
    return (unsigned)(next(g) % n);
}

#define PICK(g, list) ((list)[below((g), ARRAY_LEN(list))])

static const char *const words[] = {"the",
                                    "letter",
                                    "arrives",
                                    "at",
                                    "noon",
                                    "with",
                                    "seven",
                                    "stamps",
                                    "and",
                                    "a",
                                    "seal",
                                    "from",
                                    "afar",
                                    "we",
                                    "read",
                                    "it",
                                    "aloud",
                                    "twice",
                                    "then",
                                    "file",
                                    "away",
                                    "quietly",
                                    "gr\xc3\xbc\xc3\x9f"
                                    "e",
                                    "caf\xc3\xa9",
                                    "\xe6\x97\xa5\xe6\x9c\xac",
                                    "\xd0\xbf\xd0\xb8\xd1\x81\xd1\x8c\xd0\xbc\xd0\xbe",
                                    "\xf0\x9f\x93\xae"};
#define ASCII_WORDS 22

static const char *const names[] = {"Alice Example",           "Bob B. Builder",           "\"Last, First\"",
                                    "=?utf-8?q?J=C3=BCrgen?=", "=?iso-8859-1?q?Andr=E9?=", "=?utf-8?b?5pel5pys?=",
                                    "\"q \\\"uo\\\" ted\""};

static void line(struct gen *g, const char *z)
{
    buf_addz(g->out, z);
    buf_addz(g->out, "\r\n");
}

static void address(struct gen *g)
{
    if (below(g, 4))
        buf_addf(g->out, "%s <user%u@host%u.example>", PICK(g, names), below(g, 100), below(g, 10));
    else
        buf_addf(g->out, "user%u@host%u.example", below(g, 100), below(g, 10));
}

static void address_field(struct gen *g, const char *name, unsigned n)
{
    buf_addf(g->out, "%s: ", name);
    for (unsigned i = 0; i < n; i++) {
        if (i)
            buf_addz(g->out, i % 3 ? ", " : ",\r\n ");
        address(g);
    }
    buf_addz(g->out, "\r\n");
}

static void subject(struct gen *g)
{
    static const char *const fixed[] = {"Re: ", "Fwd: ", "[list] Re: ", "", "", ""};
    static const char *const encoded[] = {
        "=?utf-8?q?Gr=C3=BC=C3=9Fe_aus?= =?utf-8?q?_K=C3=B6ln?=", "=?utf-8?b?5pel5pys6Kqe44Gu5Lu25ZCN?=",
        "=?koi8-r?b?8MnT2M3P?=", "=?windows-1252?q?caf=E9_=80_5?="};

    buf_addf(g->out, "Subject: %s", PICK(g, fixed));
    if (below(g, 3) == 0)
        buf_addz(g->out, PICK(g, encoded));
    for (unsigned i = 0, n = 1 + below(g, 14); i < n; i++)
        buf_addf(g->out, "%s%s", i && i % 7 == 0 ? "\r\n " : " ", words[below(g, ASCII_WORDS)]);
    buf_addz(g->out, "\r\n");
}

/* What every usual letter begins with, up to the MIME fields. */
static void head(struct gen *g)
{
    static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char *const zones[] = {"+0000", "-0800", "+0530", "+0100 (CET)", "GMT", "EST"};
    unsigned day = below(g, 28);

    address_field(g, "From", 1);
    address_field(g, "To", 1 + below(g, 4));
    if (below(g, 3) == 0)
        address_field(g, "Cc", 1 + below(g, 7));
    if (below(g, 9) == 0)
        line(g, "Reply-To: undisclosed-recipients:;");
    subject(g);
    /* January 2026 began on a Thursday */
    buf_addf(g->out, "Date: %s, %u Jan 2026 %02u:%02u:%02u %s\r\n", days[day % 7], day + 1, below(g, 24), below(g, 60),
             below(g, 60), PICK(g, zones));
    buf_addf(g->out, "Message-ID: <%llu.%llx@corpus.example>\r\n", (unsigned long long)g->number,
             (unsigned long long)next(g));
    if (g->number && below(g, 2))
        buf_addf(g->out,
                 "In-Reply-To: <%u@corpus.example>\r\nReferences: <%u@corpus.example>\r\n\t<%u@corpus.example>\r\n",
                 below(g, 50), below(g, 50), below(g, 50));
    line(g, "MIME-Version: 1.0");
}

static void paragraph(struct gen *g, unsigned lines, bool ascii)
{
    for (unsigned i = 0; i < lines; i++) {
        size_t start = g->out->n;

        if (below(g, 8) == 0)
            buf_addz(g->out, below(g, 2) ? "." : "..");
        while (g->out->n - start < 60 && below(g, 12))
            buf_addf(g->out, "%s ", words[below(g, ascii ? ASCII_WORDS : ARRAY_LEN(words))]);
        buf_addz(g->out, "\r\n");
    }
}

static void base64_lines(struct gen *g, size_t n)
{
    char raw[57];

    for (size_t at = 0; at < n; at += sizeof raw) {
        for (size_t i = 0; i < sizeof raw; i++)
            raw[i] = (char)next(g);
        base64_encode(g->out, str_n(raw, MIN(sizeof raw, n - at)));
        buf_addz(g->out, "\r\n");
    }
}

static void text_part(struct gen *g)
{
    line(g, "Content-Type: text/plain; charset=utf-8");
    line(g, "Content-Transfer-Encoding: 8bit\r\n");
    paragraph(g, 1 + below(g, 12), false);
}

static void html_part(struct gen *g)
{
    line(g, "Content-Type: text/html; charset=\"iso-8859-1\"");
    line(g, "Content-Transfer-Encoding: quoted-printable\r\n");
    line(g, "<p style=3D\"x\">Gr=FC=DFe, a line that goes on =\r\nhere, and white space at the end=20</p>");
}

static void attachment_part(struct gen *g)
{
    static const char *const fields[] = {
        "Content-Disposition: attachment; filename=\"plain name.bin\"",
        "Content-Disposition: attachment;\r\n filename*=utf-8''gr%C3%BC%C3%9Fe%20%E2%82%AC.bin",
        "Content-Disposition: attachment;\r\n filename*0*=utf-8''a%20very%20long;\r\n filename*1*=%20n%C3%A4me;\r\n "
        "filename*2=\".bin\"",
        "Content-Disposition: attachment; filename=\"=?utf-8?q?n=C3=A4me.bin?=\"",
        "Content-Disposition: inline; filename=bare name.bin",
    };

    line(g, "Content-Type: application/octet-stream; name=x.bin");
    line(g, "Content-Transfer-Encoding: base64");
    line(g, PICK(g, fields));
    line(g, "");
    base64_lines(g, 10 + below(g, 3000));
}

static void kind_plain(struct gen *g)
{
    head(g);
    line(g, "Content-Type: text/plain; charset=us-ascii\r\n");
    paragraph(g, 1 + below(g, 60), true);
}

static void kind_8bit(struct gen *g)
{
    head(g);
    text_part(g);
    line(g, "latin: \xfc\xe4\xf6 bytes that are no UTF-8");
}

static void kind_attachments(struct gen *g)
{
    unsigned n = 1 + below(g, 4);

    head(g);
    line(g, "Content-Type: multipart/mixed; boundary=\"=_mixed\"\r\n\r\nThis is a letter in several "
            "parts.\r\n\r\n--=_mixed");
    text_part(g);
    for (unsigned i = 0; i < n; i++) {
        line(g, "--=_mixed");
        attachment_part(g);
    }
    line(g, "--=_mixed--");
}

static void kind_alternative(struct gen *g)
{
    head(g);
    line(g, "Content-Type: multipart/alternative; boundary=a\r\n\r\n--a");
    text_part(g);
    line(g, "\r\n--a");
    html_part(g);
    line(g, "\r\n--a--\r\n\r\nepilogue");
}

static void kind_nested(struct gen *g)
{
    unsigned depth = 2 + below(g, 6);

    head(g);
    for (unsigned i = 0; i < depth; i++)
        buf_addf(g->out, "Content-Type: multipart/mixed; boundary=\"b%u\"\r\n\r\n--b%u\r\n", i, i);
    html_part(g);
    for (unsigned i = depth; i-- > 0;) {
        buf_addf(g->out, "\r\n--b%u\r\n", i);
        attachment_part(g);
        buf_addf(g->out, "--b%u--\r\n", i);
    }
}

static void kind_embedded(struct gen *g)
{
    head(g);
    line(g, "Content-Type: multipart/mixed; boundary=outer\r\n\r\n--outer");
    line(g, "Content-Type: message/rfc822\r\nContent-Description: the letter before\r\n");
    kind_alternative(g);
    line(g, "\r\n--outer\r\nContent-Type: multipart/digest; boundary=dig\r\n\r\n--dig\r\n");
    kind_plain(g);
    line(g, "--dig--\r\n--outer--");
}

/* Lines of exactly 998 bytes, of 76 base64 never broken, and beyond. */
static void kind_long_lines(struct gen *g)
{
    unsigned n = g->plain ? 2 : 4;

    head(g);
    line(g, "Content-Type: text/plain\r\n");
    for (unsigned i = 0; i < n; i++) {
        unsigned length = i == 0 ? 998 : i == 1 ? 997 : 999 + below(g, 20000);

        for (unsigned k = 0; k < length; k++)
            buf_addc(g->out, (char)('a' + k % 26));
        line(g, "");
    }
}

static void kind_dots(struct gen *g)
{
    head(g);
    line(g, "\r\n.\r\n..\r\n...\r\n.a\r\n..b\r\n \r\n. \r\n\r\n.\r\n\r\nFrom here\r\n>From there\r\n.");
}

static void kind_empty_body(struct gen *g)
{
    head(g);
    line(g, "");
}

static void kind_header_only(struct gen *g)
{
    head(g);
}

static void kind_no_header(struct gen *g)
{
    line(g, "\r\nThis letter has no header at all.");
    paragraph(g, 3, true);
}

static void kind_unended(struct gen *g)
{
    head(g);
    line(g, "Content-Type: multipart/mixed; boundary=\"never ends\"\r\n\r\n--never ends");
    text_part(g);
    line(g, "--never ends\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n");
    base64_lines(g, 100);
}

static void kind_utf8_header(struct gen *g)
{
    buf_addf(g->out,
             "Subject: gr\xc3\xbc\xc3\x9f"
             "e %s unencoded\r\n",
             PICK(g, words));
    head(g);
    line(g, "X-Empty:\r\nX-Folded: one\r\n\ttwo\r\n three\r\nContent-Type: text/plain; "
            "charset=utf-8\r\nContent-Language: de, en\r\n");
    paragraph(g, 5, false);
}

static void kind_many_recipients(struct gen *g)
{
    head(g);
    address_field(g, "Cc", 150);
    line(g, "To: A Group: a@b.example, \"c d\" <e@f.example>;");
    line(g, "");
    paragraph(g, 3, true);
}

static void kind_no_last_line_end(struct gen *g)
{
    head(g);
    line(g, "Content-Type: text/plain\r\n\r\ntrailing white space  \t ");
    line(g, "\r\n\r\nthe end");
}

static void (*const kinds[])(struct gen *) = {
    kind_plain,     kind_8bit,       kind_attachments, kind_alternative,     kind_nested,
    kind_embedded,  kind_long_lines, kind_dots,        kind_empty_body,      kind_header_only,
    kind_no_header, kind_unended,    kind_utf8_header, kind_many_recipients, kind_no_last_line_end};

static void big(struct gen *g)
{
    head(g);
    line(g, "Content-Type: multipart/mixed; boundary=big\r\n\r\n--big");
    text_part(g);
    line(g, "--big\r\nContent-Type: application/zip; name=big.zip\r\nContent-Transfer-Encoding: base64\r\n");
    while (g->out->n < BIG_BYTES)
        base64_lines(g, 57 * 1000);
    line(g, "--big--");
}

static bool save(const char *dir, uint64_t number, struct str letter)
{
    char name[4096];
    FILE *f;
    bool good;

    snprintf(name, sizeof name, "%s/%llu.eml", dir, (unsigned long long)number);
    f = fopen(name, "wb");
    good = f && fwrite(letter.p, 1, letter.n, f) == letter.n;
    good = f && fclose(f) == 0 && good;
    if (!good)
        perror(name);
    return good;
}

static int usage(void)
{
    fprintf(stderr, "usage: corpus --seed N --count N --dir DIR [--big] [--plain]\n");
    return 2;
}

int main(int argc, char **argv)
{
    uint64_t seed = 1, count = 100;
    const char *dir = NULL;
    bool with_big = false, plain = false;
    struct buf out;

    for (int i = 1; i < argc; i++) {
        struct str arg = str_z(argv[i]), value = str_z(i + 1 < argc ? argv[i + 1] : NULL);

        if (str_eq(arg, STR("--big")))
            with_big = true;
        else if (str_eq(arg, STR("--plain")))
            plain = true;
        else if (str_eq(arg, STR("--dir")) && value.p)
            dir = argv[++i];
        else if (!(str_eq(arg, STR("--seed")) && str_u64(value, UINT64_MAX, &seed) == ST_OK && ++i) &&
                 !(str_eq(arg, STR("--count")) && str_u64(value, 1000000, &count) == ST_OK && ++i))
            return usage();
    }
    if (!dir)
        return usage();
    if (mkdir(dir, 0777) != 0 && errno != EEXIST) {
        perror(dir);
        return 1;
    }
    buf_init(&out, LETTER_MAX);
    for (uint64_t i = 0; i < count; i++) {
        /* Each letter has numbers of its own, so that a change of one kind leaves the others alone. */
        struct gen g = {.state = seed * 0x2545f4914f6cdd1du + i, .number = i, .out = &out, .plain = plain};

        buf_clear(&out);
        if (i == 0 && with_big)
            big(&g);
        else
            kinds[i % ARRAY_LEN(kinds)](&g);
        if (!save(dir, i, buf_str(&out)))
            return 1;
    }
    buf_fini(&out);
    return 0;
}
