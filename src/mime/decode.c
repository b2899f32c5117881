/* Transfer encodings. Both decoders carry their state between pieces in the struct; neither needs
 * memory of its own. */
#include "mime/decode.h"

enum { QP_TEXT, QP_EQUALS, QP_HEX1, QP_SOFT };

void mime_decoder_init(struct mime_decoder *d, enum mime_encoding encoding)
{
    *d = (struct mime_decoder){.encoding = encoding};
}

bool mime_decoder_is_identity(const struct mime_decoder *d)
{
    return d->encoding != MIME_BASE64 && d->encoding != MIME_QP;
}

/* 0-63, or 64 for what is not of the alphabet. */
static const unsigned char base64_values[256] = {
#define NO8 64, 64, 64, 64, 64, 64, 64, 64
    NO8, NO8, NO8, NO8, NO8, 64,  64,  64,  62,  64,  64,  64,  63,  52,  53,  54,  55,  56,  57,  58,  59,  60,
    61,  64,  64,  64,  64,  64,  64,  64,  0,   1,   2,   3,   4,   5,   6,   7,   8,   9,   10,  11,  12,  13,
    14,  15,  16,  17,  18,  19,  20,  21,  22,  23,  24,  25,  64,  64,  64,  64,  64,  64,  26,  27,  28,  29,
    30,  31,  32,  33,  34,  35,  36,  37,  38,  39,  40,  41,  42,  43,  44,  45,  46,  47,  48,  49,  50,  51,
    64,  64,  64,  64,  64,  NO8, NO8, NO8, NO8, NO8, NO8, NO8, NO8, NO8, NO8, NO8, NO8, NO8, NO8, NO8, NO8,
#undef NO8
};

/* Whole groups in a row, as most of a body is. */
static size_t base64_fast(const unsigned char *p, size_t n, char *to, size_t *out_n)
{
    size_t at = 0, w = 0;

    while (at + 4 <= n) {
        unsigned a = base64_values[p[at]], b = base64_values[p[at + 1]], c = base64_values[p[at + 2]],
                 e = base64_values[p[at + 3]];
        unsigned v = a << 18 | b << 12 | c << 6 | e;

        if ((a | b | c | e) & 64)
            break;
        to[w++] = (char)(v >> 16);
        to[w++] = (char)(v >> 8);
        to[w++] = (char)v;
        at += 4;
    }
    *out_n = w;
    return at;
}

static void feed_base64(struct mime_decoder *d, struct str in, struct buf *out)
{
    const unsigned char *p = (const unsigned char *)in.p;
    char *to = in.n ? buf_space(out, in.n / 4 * 3 + 6) : NULL;
    size_t w = 0, fast_n;

    if (!to)
        return;
    for (size_t at = 0; at < in.n; at++) {
        unsigned v;

        if (d->n_bits == 0) {
            at += base64_fast(p + at, in.n - at, to + w, &fast_n);
            w += fast_n;
            if (at >= in.n)
                break;
        }
        v = base64_values[p[at]];
        if (p[at] == '=')
            d->n_bits = 0; /* the end; another encoded text may follow */
        if (v > 63)
            continue;
        d->bits = d->bits << 6 | v;
        d->n_bits += 6;
        if (d->n_bits == 6)
            continue;
        d->n_bits -= 8;
        to[w++] = (char)(d->bits >> d->n_bits);
    }
    buf_added(out, w);
}

static int hex_value(char c)
{
    c = ascii_lower(c);
    if (ascii_is_digit(c))
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void qp_flush_space(struct mime_decoder *d, struct buf *out)
{
    buf_add(out, str_n(d->space, d->space_n));
    d->space_n = 0;
}

/* RFC 2045 6.7 rule 3: white space at the end of a line was added on the way. */
static void qp_line_end(struct mime_decoder *d, struct buf *out)
{
    bool cr = d->space_n && d->space[d->space_n - 1] == '\r';

    buf_add(out, cr ? STR("\r\n") : STR("\n"));
    d->space_n = 0;
}

static bool is_plain(char c)
{
    return c != '=' && c != ' ' && c != '\t' && c != '\r' && c != '\n';
}

/* In text: takes one run of plain bytes, or one other byte. */
static size_t qp_text(struct mime_decoder *d, struct str in, size_t at, struct buf *out)
{
    size_t end = at;
    char c = in.p[at];

    if (is_plain(c)) {
        while (end < in.n && is_plain(in.p[end]))
            end++;
        qp_flush_space(d, out);
        buf_add(out, str_n(in.p + at, end - at));
        return end;
    }
    if (c == '\n') {
        qp_line_end(d, out);
    } else if (c == '=') {
        qp_flush_space(d, out);
        d->state = QP_EQUALS;
    } else {
        if (d->space_n == sizeof d->space)
            qp_flush_space(d, out);
        d->space[d->space_n++] = c;
    }
    return at + 1;
}

/* Behind "=": true when the byte belonged there; if not, what was held is text after all. */
static bool qp_escape(struct mime_decoder *d, char c, struct buf *out)
{
    int v = hex_value(c), was = d->state;

    d->state = QP_TEXT;
    if (was != QP_HEX1 && c == '\n') {
        d->space_n = 0;
        return true;
    }
    if (was != QP_HEX1 && (c == ' ' || c == '\t' || c == '\r') && d->space_n < sizeof d->space) {
        d->space[d->space_n++] = c;
        d->state = QP_SOFT;
        return true;
    }
    if (was == QP_EQUALS && v >= 0) {
        d->hex1 = c;
        d->state = QP_HEX1;
        return true;
    }
    if (was == QP_HEX1 && v >= 0) {
        buf_addc(out, (char)(hex_value(d->hex1) << 4 | v));
        return true;
    }
    buf_addc(out, '=');
    if (was == QP_HEX1)
        buf_addc(out, d->hex1);
    return false;
}

static void feed_qp(struct mime_decoder *d, struct str in, struct buf *out)
{
    for (size_t at = 0; at < in.n;) {
        if (d->state == QP_TEXT)
            at = qp_text(d, in, at, out);
        else if (qp_escape(d, in.p[at], out))
            at++;
    }
}

void mime_decode_feed(struct mime_decoder *d, struct str in, struct buf *out)
{
    if (mime_decoder_is_identity(d))
        buf_add(out, in);
    else if (d->encoding == MIME_BASE64)
        feed_base64(d, in, out);
    else
        feed_qp(d, in, out);
}

void mime_decode_end(struct mime_decoder *d, struct buf *out)
{
    if (d->state == QP_EQUALS || d->state == QP_HEX1)
        buf_addc(out, '=');
    if (d->state == QP_HEX1)
        buf_addc(out, d->hex1);
    mime_decoder_init(d, d->encoding);
}

void mime_decode_q(struct str in, struct buf *out)
{
    for (size_t at = 0; at < in.n; at++) {
        char c = in.p[at];
        int hi = c == '=' && at + 2 < in.n ? hex_value(in.p[at + 1]) : -1, lo = hi >= 0 ? hex_value(in.p[at + 2]) : -1;

        if (lo >= 0) {
            buf_addc(out, (char)(hi << 4 | lo));
            at += 2;
        } else {
            buf_addc(out, c == '_' ? ' ' : c);
        }
    }
}
