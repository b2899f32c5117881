#include "base/codec.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct buf *out, struct str raw)
{
    const unsigned char *p = (const unsigned char *)raw.p;
    size_t n = raw.n;

    for (; n >= 3; p += 3, n -= 3) {
        char quad[4] = {alphabet[p[0] >> 2], alphabet[(p[0] & 3) << 4 | p[1] >> 4],
                        alphabet[(p[1] & 15) << 2 | p[2] >> 6], alphabet[p[2] & 63]};

        buf_add(out, str_n(quad, 4));
    }
    if (n) {
        unsigned second = n == 2 ? p[1] : 0;
        char quad[4] = {alphabet[p[0] >> 2], alphabet[(p[0] & 3) << 4 | second >> 4],
                        n == 2 ? alphabet[(second & 15) << 2] : '=', '='};

        buf_add(out, str_n(quad, 4));
    }
}

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

enum st base64_decode(struct arena *a, struct str text, struct str *out_raw)
{
    size_t pad = 0, n = 0;
    unsigned char *raw;

    if (text.n % 4)
        return FAIL(ST_SYNTAX, "base64 comes in groups of four characters");
    while (pad < 2 && pad < text.n && text.p[text.n - 1 - pad] == '=')
        pad++;
    raw = arena_alloc(a, text.n / 4 * 3 + 1);
    for (size_t i = 0; i < text.n; i += 4) {
        uint32_t group = 0;
        size_t skip = i + 4 == text.n ? pad : 0;

        for (size_t k = 0; k < 4; k++) {
            int v = k >= 4 - skip ? 0 : value_of(text.p[i + k]);

            if (v < 0)
                return FAIL(ST_SYNTAX, "a character that base64 does not have");
            group = group << 6 | (uint32_t)v;
        }
        if ((skip == 1 && (group & 0xff)) || (skip == 2 && (group & 0xffff)))
            return FAIL(ST_SYNTAX, "base64 with bits behind its end");
        raw[n++] = (unsigned char)(group >> 16);
        if (skip < 2)
            raw[n++] = (unsigned char)(group >> 8);
        if (skip < 1)
            raw[n++] = (unsigned char)group;
    }
    *out_raw = str_n((const char *)raw, n);
    return ST_OK;
}

static const char hex_digits[] = "0123456789abcdef";

struct str hex_of(struct arena *a, const void *raw, size_t n)
{
    const unsigned char *p = raw;
    char *text = arena_alloc(a, n * 2 + 1);

    for (size_t i = 0; i < n; i++) {
        text[2 * i] = hex_digits[p[i] >> 4];
        text[2 * i + 1] = hex_digits[p[i] & 15];
    }
    return str_n(text, n * 2);
}

static int hex_value(char c)
{
    c = ascii_lower(c);
    if (ascii_is_digit(c))
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum st hex_decode(struct arena *a, struct str text, struct str *out_raw)
{
    unsigned char *raw;

    if (text.n % 2)
        return FAIL(ST_SYNTAX, "an odd number of hexadecimal digits");
    raw = arena_alloc(a, text.n / 2 + 1);
    for (size_t i = 0; i < text.n; i += 2) {
        int hi = hex_value(text.p[i]), lo = hex_value(text.p[i + 1]);

        if (hi < 0 || lo < 0)
            return FAIL(ST_SYNTAX, "not a hexadecimal digit");
        raw[i / 2] = (unsigned char)(hi << 4 | lo);
    }
    *out_raw = str_n((const char *)raw, text.n / 2);
    return ST_OK;
}
