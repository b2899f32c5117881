/* Character sets. ASCII, UTF-8 and windows-1252 are converted here, the others by ICU through its
 * UTF-16 in pieces of a fixed size. */
#include "mime/charset.h"
#include "mime/utf8.h"

#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>

enum { KIND_UTF8, KIND_GUESS, KIND_LATIN1, KIND_ICU };

struct charset {
    struct str label;
    int kind;
    const char *icu;
};

static const struct charset charsets[] = {
#define CHARSET(label, kind, icu) {STR(label), KIND_##kind, icu},
#include "mime/charsets.def"
#undef CHARSET
};

const struct charset *charset_find(struct str label)
{
    for (size_t i = 0; i < ARRAY_LEN(charsets); i++)
        if (str_ieq(charsets[i].label, label))
            return &charsets[i];
    return NULL;
}

const struct charset *charset_utf8(void)
{
    return &charsets[0];
}

/* The usual label stands first of the rows that mean the same. */
struct str charset_label(const struct charset *cs)
{
    while (cs > charsets && cs[-1].kind == cs->kind && strcmp(cs[-1].icu, cs->icu) == 0)
        cs--;
    return cs->label;
}

/* windows-1252, 0x80-0x9f (WHATWG index); the rest is ISO 8859-1. */
static const uint16_t cp1252[32] = {
    0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,  0x2030, 0x160,
    0x2039, 0x152,  0x8d,   0x17d,  0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178,
};

static void add_cp1252(struct buf *out, unsigned char c)
{
    utf8_put(out, c >= 0x80 && c < 0xa0 ? cp1252[c - 0x80] : c);
}

/* A byte that UTF-8 does not have there. */
static void add_wrong(struct buf *out, int kind, unsigned char c)
{
    if (kind == KIND_UTF8)
        buf_addz(out, "\xef\xbf\xbd");
    else
        add_cp1252(out, c);
}

static size_t ascii_run(struct str s, size_t at)
{
    size_t i = at;
    uint64_t eight;

    for (; i + 8 <= s.n; i += 8) {
        memcpy(&eight, s.p + i, 8);
        if (eight & 0x8080808080808080u)
            break;
    }
    while (i < s.n && !(s.p[i] & 0x80))
        i++;
    return i - at;
}

/* Converts what is whole and returns how much that was; what is left is the start of a character. */
static size_t feed_utf8(int kind, struct str in, struct buf *out)
{
    size_t at = 0, len;

    while (at < in.n) {
        len = ascii_run(in, at);
        if (len == 0) {
            len = utf8_len(in, at);
            if (len > in.n - at)
                return at;
            if (len == 0) {
                add_wrong(out, kind, (unsigned char)in.p[at++]);
                continue;
            }
        }
        buf_add(out, str_n(in.p + at, len));
        at += len;
    }
    return at;
}

static void feed_latin1(struct str in, struct buf *out)
{
    for (size_t at = 0; at < in.n;) {
        size_t len = ascii_run(in, at);

        buf_add(out, str_n(in.p + at, len));
        at += len;
        if (at < in.n)
            add_cp1252(out, (unsigned char)in.p[at++]);
    }
}

static void add_utf16(struct buf *out, const UChar *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t u = p[i];

        if (u >= 0xd800 && u < 0xdc00 && i + 1 < n && p[i + 1] >= 0xdc00 && p[i + 1] < 0xe000)
            u = 0x10000 + ((u - 0xd800) << 10) + (p[++i] - 0xdc00u);
        utf8_put(out, u);
    }
}

/* ICU keeps the state between calls. Some of its converters give the halves of a surrogate pair
 * one at a time: the first is kept back until the second is there. */
static void feed_icu(struct charset_conv *c, struct str in, bool end, struct buf *out)
{
    UChar wide[512];
    const char *src = in.p ? in.p : "", *limit = src + in.n;
    UErrorCode e;

    do {
        UChar *to = wide;
        size_t n;

        e = U_ZERO_ERROR;
        if (c->lead)
            *to++ = c->lead;
        ucnv_toUnicode(c->ucnv, &to, wide + ARRAY_LEN(wide), &src, limit, NULL, end, &e);
        n = (size_t)(to - wide);
        c->lead = n && !(end && U_SUCCESS(e)) && (wide[n - 1] & 0xfc00) == 0xd800 ? wide[n - 1] : 0;
        add_utf16(out, wide, n - (c->lead != 0));
    } while (e == U_BUFFER_OVERFLOW_ERROR);
}

/* ICU's own substitution gives U+001A in some character sets. */
static void substitute(const void *context, UConverterToUnicodeArgs *args, const char *bytes, int32_t n,
                       UConverterCallbackReason reason, UErrorCode *e)
{
    static const UChar wrong = 0xfffd;

    (void)context;
    (void)bytes;
    (void)n;
    if (reason > UCNV_IRREGULAR)
        return; /* reset, close, clone */
    *e = U_ZERO_ERROR;
    ucnv_cbToUWriteUChars(args, &wrong, 1, 0, e);
}

void charset_conv_init(struct charset_conv *c, const struct charset *cs)
{
    UErrorCode e = U_ZERO_ERROR;

    *c = (struct charset_conv){.kind = cs ? cs->kind : KIND_GUESS};
    if (c->kind == KIND_ICU) {
        c->ucnv = ucnv_open(cs->icu, &e);
        if (c->ucnv)
            ucnv_setToUCallBack(c->ucnv, substitute, NULL, NULL, NULL, &e);
        else
            c->kind = KIND_GUESS;
    }
}

void charset_conv_fini(struct charset_conv *c)
{
    if (c->ucnv)
        ucnv_close(c->ucnv);
    c->ucnv = NULL;
}

/* Completes the character that the last piece ended in, a byte at a time. */
static size_t feed_pending(struct charset_conv *c, struct str in, struct buf *out)
{
    size_t used = 0;

    while (c->pending_n && used < in.n) {
        size_t done;

        c->pending[c->pending_n++] = in.p[used++];
        done = feed_utf8(c->kind, str_n(c->pending, c->pending_n), out);
        c->pending_n -= done;
        memmove(c->pending, c->pending + done, c->pending_n);
    }
    return used;
}

void charset_conv_feed(struct charset_conv *c, struct str in, struct buf *out)
{
    size_t done;

    if (in.n == 0)
        return;
    if (c->kind == KIND_ICU) {
        feed_icu(c, in, false, out);
        return;
    }
    if (c->kind == KIND_LATIN1) {
        feed_latin1(in, out);
        return;
    }
    in = str_from(in, feed_pending(c, in, out));
    done = feed_utf8(c->kind, in, out);
    if (done < in.n) {
        c->pending_n = in.n - done;
        memcpy(c->pending, in.p + done, c->pending_n);
    }
}

bool charset_conv_keeps_ascii(const struct charset_conv *c)
{
    return c->kind != KIND_ICU && c->pending_n == 0;
}

void charset_conv_end(struct charset_conv *c, struct buf *out)
{
    if (c->kind == KIND_ICU)
        feed_icu(c, STR_NONE, true, out);
    for (size_t i = 0; i < c->pending_n; i++)
        if (i == 0 || c->kind != KIND_UTF8)
            add_wrong(out, c->kind, (unsigned char)c->pending[i]);
    c->pending_n = 0;
}

void charset_to_utf8(const struct charset *cs, struct str in, struct buf *out)
{
    struct charset_conv c;

    charset_conv_init(&c, cs);
    charset_conv_feed(&c, in, out);
    charset_conv_end(&c, out);
    charset_conv_fini(&c);
}

void charset_preload(void)
{
    for (size_t i = 0; i < ARRAY_LEN(charsets); i++) {
        struct charset_conv c;

        charset_conv_init(&c, &charsets[i]);
        charset_conv_fini(&c);
    }
}
