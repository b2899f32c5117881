/* Folding. Runs of ASCII go eight bytes at a time; the rest asks ICU for each character. */
#include "mime/casefold.h"
#include "mime/utf8.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>

/* Adds capitals for the ASCII at the start of s and gives its length. */
static size_t fold_ascii(struct str s, struct buf *out)
{
    const uint64_t high = 0x8080808080808080u, ones = 0x0101010101010101u;
    char *to = buf_space(out, s.n);
    size_t i = 0;

    if (!to)
        return s.n;
    for (; i + 8 <= s.n; i += 8) {
        uint64_t v, small;

        memcpy(&v, s.p + i, 8);
        if (v & high)
            break;
        /* the high bit of each byte: at least 'a', and not above 'z' */
        small = (v + ones * (0x80 - 'a')) & ~(v + ones * (0x7f - 'z')) & high;
        v -= small >> 2;
        memcpy(to + i, &v, 8);
    }
    for (; i < s.n && !(s.p[i] & 0x80); i++)
        to[i] = ascii_upper(s.p[i]);
    buf_added(out, i);
    return i;
}

/* RFC 5051 section 2 */
static void fold_char(const UNormalizer2 *nfkd, uint32_t c, struct buf *out)
{
    UErrorCode e = U_ZERO_ERROR;
    UChar wide[32];
    int32_t n = -1;

    c = (uint32_t)u_totitle((UChar32)c);
    if (nfkd)
        n = unorm2_getDecomposition(nfkd, (UChar32)c, wide, (int32_t)ARRAY_LEN(wide), &e);
    if (n < 0 || U_FAILURE(e)) {
        utf8_put(out, c);
        return;
    }
    for (int32_t i = 0; i < n; i++) {
        c = wide[i];
        if (c >= 0xd800 && c < 0xdc00 && i + 1 < n)
            c = 0x10000 + ((c - 0xd800) << 10) + (wide[++i] - 0xdc00u);
        utf8_put(out, c);
    }
}

void mime_casefold(struct str utf8, struct buf *out)
{
    UErrorCode e = U_ZERO_ERROR;
    const UNormalizer2 *nfkd = NULL;
    size_t at = 0;

    while (at < utf8.n && !out->over) {
        at += fold_ascii(str_from(utf8, at), out);
        if (at < utf8.n && !nfkd)
            nfkd = unorm2_getNFKDInstance(&e);
        while (at < utf8.n && (utf8.p[at] & 0x80)) {
            size_t len = utf8_len(utf8, at);

            if (len == 0 || len > utf8.n - at) {
                buf_addc(out, utf8.p[at++]);
                continue;
            }
            fold_char(nfkd, utf8_get(utf8, at, len), out);
            at += len;
        }
    }
}

void casefold_preload(void)
{
    struct buf b;

    buf_init(&b, 256);
    mime_casefold(STR("\xc3\xa4\xef\xb7\xba"), &b);
    buf_fini(&b);
}
