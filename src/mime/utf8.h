/* One character of UTF-8 at a time (RFC 3629). */
#pragma once

#include "base/buf.h"

/* Length of the character at `at`; 0: none is there; more than what is left: it may be cut. */
static inline size_t utf8_len(struct str s, size_t at)
{
    unsigned char c = (unsigned char)s.p[at];
    size_t len = c < 0x80 ? 1 : c >= 0xc2 && c <= 0xdf ? 2 : (c & 0xf0) == 0xe0 ? 3 : c >= 0xf0 && c <= 0xf4 ? 4 : 0;

    for (size_t i = 1; i < len && at + i < s.n; i++) {
        unsigned char d = (unsigned char)s.p[at + i];
        unsigned lo = i > 1 ? 0x80 : c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
        unsigned hi = i > 1 ? 0xbf : c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;

        if (d < lo || d > hi)
            return 0;
    }
    return len;
}

/* The character of utf8_len's length, which is whole. */
static inline uint32_t utf8_get(struct str s, size_t at, size_t len)
{
    uint32_t u = (unsigned char)s.p[at];

    if (len == 1)
        return u;
    u &= 0xffu >> (len + 1);
    for (size_t i = 1; i < len; i++)
        u = u << 6 | ((unsigned char)s.p[at + i] & 63);
    return u;
}

/* Surrogates become U+FFFD. */
static inline void utf8_put(struct buf *out, uint32_t u)
{
    size_t len = u < 0x80 ? 1 : u < 0x800 ? 2 : u < 0x10000 ? 3 : 4;
    char b[4];

    if (u >= 0xd800 && u < 0xe000)
        u = 0xfffd;
    b[0] = (char)(len == 1 ? u : (0xf00u >> len & 0xff) | u >> (6 * (len - 1)));
    for (size_t k = 1; k < len; k++)
        b[k] = (char)(0x80 | (u >> (6 * (len - 1 - k)) & 63));
    buf_add(out, str_n(b, len));
}
