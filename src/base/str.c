#include "base/str.h"

struct str str_z(const char *z)
{
    return z ? (struct str){z, strlen(z)} : STR_NONE;
}

bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_ieq(struct str a, struct str b)
{
    return a.n == b.n && str_istarts(a, b);
}

int str_cmp(struct str a, struct str b)
{
    size_t n = MIN(a.n, b.n);
    int d = n ? memcmp(a.p, b.p, n) : 0;

    if (d)
        return d;
    return a.n < b.n ? -1 : a.n > b.n;
}

bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && str_eq(str_n(s.p, prefix.n), prefix);
}

bool str_istarts(struct str s, struct str prefix)
{
    if (s.n < prefix.n)
        return false;
    for (size_t i = 0; i < prefix.n; i++)
        if (ascii_lower(s.p[i]) != ascii_lower(prefix.p[i]))
            return false;
    return true;
}

bool str_ends(struct str s, struct str suffix)
{
    return s.n >= suffix.n && str_eq(str_from(s, s.n - suffix.n), suffix);
}

bool str_iends(struct str s, struct str suffix)
{
    return s.n >= suffix.n && str_ieq(str_from(s, s.n - suffix.n), suffix);
}

size_t str_find(struct str s, char c)
{
    const char *at = s.n ? memchr(s.p, c, s.n) : NULL;

    return at ? (size_t)(at - s.p) : s.n;
}

size_t str_rfind(struct str s, char c)
{
    const char *at = s.n ? memrchr(s.p, c, s.n) : NULL;

    return at ? (size_t)(at - s.p) : s.n;
}

size_t str_search(struct str s, struct str needle)
{
    const char *at;

    if (needle.n == 0)
        return 0;
    at = s.n >= needle.n ? memmem(s.p, s.n, needle.p, needle.n) : NULL;
    return at ? (size_t)(at - s.p) : s.n;
}

struct str str_from(struct str s, size_t at)
{
    return at < s.n ? str_n(s.p + at, s.n - at) : str_n(s.p, 0);
}

struct str str_sub(struct str s, size_t at, size_t len)
{
    struct str rest = str_from(s, at);

    return str_n(rest.p, MIN(rest.n, len));
}

struct str str_trim(struct str s)
{
    while (s.n && ascii_is_space(s.p[0]))
        s = str_n(s.p + 1, s.n - 1);
    while (s.n && ascii_is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool str_split(struct str *rest, char sep, struct str *out_part)
{
    size_t at;

    if (!rest->p)
        return false;
    at = str_find(*rest, sep);
    *out_part = str_n(rest->p, at);
    *rest = at < rest->n ? str_n(rest->p + at + 1, rest->n - at - 1) : STR_NONE;
    return true;
}

enum st str_u64(struct str s, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;

    if (s.n == 0)
        return FAIL(ST_SYNTAX, "a number is missing");
    for (size_t i = 0; i < s.n; i++) {
        uint64_t digit = (uint64_t)(unsigned char)s.p[i] - '0';

        if (digit > 9)
            return FAIL(ST_SYNTAX, "\"%.*s\" is not a number", (int)MIN(s.n, 40), s.p);
        if (v > (UINT64_MAX - digit) / 10 || v * 10 + digit > max)
            return FAIL(ST_LIMIT, "%.*s is above the maximum of %llu", (int)MIN(s.n, 40), s.p, (unsigned long long)max);
        v = v * 10 + digit;
    }
    *out = v;
    return ST_OK;
}

enum st str_u32(struct str s, uint32_t max, uint32_t *out)
{
    uint64_t v;

    TRY(str_u64(s, max, &v));
    *out = (uint32_t)v;
    return ST_OK;
}

bool str_is_ascii(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return false;
    return true;
}

/* The number of continuation bytes that a lead byte asks for, with the allowed range of the first
 * of them (RFC 3629 section 4); -1 for a byte that can't lead. */
static int utf8_lead(unsigned char c, unsigned char *lo, unsigned char *hi)
{
    *lo = 0x80;
    *hi = 0xbf;
    if (c < 0x80)
        return 0;
    if (c >= 0xc2 && c <= 0xdf)
        return 1;
    if (c >= 0xe0 && c <= 0xef) {
        if (c == 0xe0)
            *lo = 0xa0;
        if (c == 0xed)
            *hi = 0x9f;
        return 2;
    }
    if (c >= 0xf0 && c <= 0xf4) {
        if (c == 0xf0)
            *lo = 0x90;
        if (c == 0xf4)
            *hi = 0x8f;
        return 3;
    }
    return -1;
}

bool str_is_utf8(struct str s)
{
    size_t i = 0;

    while (i < s.n) {
        unsigned char lo, hi;
        int more = utf8_lead((unsigned char)s.p[i++], &lo, &hi);

        if (more < 0 || (size_t)more > s.n - i)
            return false;
        for (; more > 0; more--, lo = 0x80, hi = 0xbf, i++)
            if ((unsigned char)s.p[i] < lo || (unsigned char)s.p[i] > hi)
                return false;
    }
    return true;
}
