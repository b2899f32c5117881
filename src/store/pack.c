#include "store/pack.h"

#include "base/rec.h"

#define LINES_LEAST 4
#define CHARS_LEAST 40
#define CRLF_BIT 0x8000u
#define BAD 0x80

/* The two characters of 12 bits. */
#define L(v) (char)((v) < 26 ? 'A' + (v) : (v) < 52 ? 'a' + (v)-26 : (v) < 62 ? '0' + (v)-52 : (v) == 62 ? '+' : '/')
#define P(v)                                                                                                           \
    {                                                                                                                  \
        L((v) >> 6), L((v)&63)                                                                                         \
    }
#define P4(v) P(v), P((v) + 1), P((v) + 2), P((v) + 3)
#define P16(v) P4(v), P4((v) + 4), P4((v) + 8), P4((v) + 12)
#define P64(v) P16(v), P16((v) + 16), P16((v) + 32), P16((v) + 48)
#define P256(v) P64(v), P64((v) + 64), P64((v) + 128), P64((v) + 192)
#define P1024(v) P256(v), P256((v) + 256), P256((v) + 512), P256((v) + 768)
static const char pairs[4096][2] = {P1024(0), P1024(1024), P1024(2048), P1024(3072)};

#define D(c)                                                                                                           \
    ((c) >= 'A' && (c) <= 'Z'   ? (c) - 'A'                                                                            \
     : (c) >= 'a' && (c) <= 'z' ? (c) - 'a' + 26                                                                       \
     : (c) >= '0' && (c) <= '9' ? (c) - '0' + 52                                                                       \
     : (c) == '+'               ? 62                                                                                   \
     : (c) == '/'               ? 63                                                                                   \
                                : BAD)
#define D4(c) D(c), D((c) + 1), D((c) + 2), D((c) + 3)
#define D16(c) D4(c), D4((c) + 4), D4((c) + 8), D4((c) + 12)
#define D64(c) D16(c), D16((c) + 16), D16((c) + 32), D16((c) + 48)
static const unsigned char values[256] = {D64(0), D64(64), D64(128), D64(192)};

/* --- what there is --------------------------------------------------------------------------------------------- */

struct run {
    size_t plain, lines, chars, end; /* end: behind its last line, in what is left */
    bool has_cr;
};

static bool is_base64(const char *p, size_t n)
{
    unsigned char bad = 0;

    if (n % 4 || n < CHARS_LEAST || n > PACK_LINE_MOST)
        return false;
    if ((values[(unsigned char)p[0]] | values[(unsigned char)p[n - 1]] | values[(unsigned char)p[n / 2]]) & BAD)
        return false; /* most text */
    for (size_t i = 0; i < n; i++)
        bad |= values[(unsigned char)p[i]];
    return !(bad & BAD);
}

/* The line at `at`: its characters, and whether they are base64 and end in LF or CRLF. */
static bool line_at(struct str s, size_t at, size_t *out_chars, bool *out_cr, size_t *out_next)
{
    size_t n = str_find(str_from(s, at), '\n');

    *out_next = MIN(at + n + 1, s.n);
    if (at + n >= s.n)
        return false;
    *out_cr = n && s.p[at + n - 1] == '\r';
    *out_chars = n - *out_cr;
    return is_base64(s.p + at, *out_chars);
}

/* The next run of lines; without any (lines 0) when the rest has none. */
static struct run next_run(struct str s)
{
    size_t at = 0, next, chars;
    struct run r;
    bool cr;

    while (at < s.n) {
        if (!line_at(s, at, &chars, &cr, &next)) {
            at = next;
            continue;
        }
        r = (struct run){at, 1, chars, next, cr};
        while (r.end < s.n && line_at(s, r.end, &chars, &cr, &next) && chars == r.chars && cr == r.has_cr) {
            r.lines++;
            r.end = next;
        }
        if (r.lines >= LINES_LEAST)
            return r;
        at = r.end;
    }
    return (struct run){.plain = s.n, .end = s.n};
}

uint64_t pack_saves(struct str raw)
{
    uint64_t saves = 0;

    while (raw.n) {
        struct run r = next_run(raw);

        saves += r.lines * (r.chars / 4 + 1 + r.has_cr);
        raw = str_from(raw, r.end);
    }
    return saves;
}

/* --- packing ----------------------------------------------------------------------------------------------------- */

static void put_head(char *to, const struct run *r)
{
    uint32_t plain = (uint32_t)r->plain, lines = (uint32_t)r->lines;
    uint16_t chars = (uint16_t)(r->chars | (r->has_cr ? CRLF_BIT : 0));

    for (unsigned i = 0; i < 4; i++) {
        to[i] = (char)(plain >> 8 * i);
        to[4 + i] = (char)(lines >> 8 * i);
    }
    to[8] = (char)(unsigned char)chars;
    to[9] = (char)(chars >> 8);
}

static char *decode_line(char *to, const char *from, size_t chars)
{
    const unsigned char *p = (const unsigned char *)from;

    for (size_t i = 0; i < chars; i += 4, to += 3) {
        uint32_t v = (uint32_t)values[p[i]] << 18 | (uint32_t)values[p[i + 1]] << 12 | (uint32_t)values[p[i + 2]] << 6 |
                     values[p[i + 3]];

        to[0] = (char)(v >> 16);
        to[1] = (char)(v >> 8);
        to[2] = (char)v;
    }
    return to;
}

size_t pack(struct str raw, char *to)
{
    char *begin = to;

    do {
        struct run r = next_run(raw);
        const char *line = raw.p + r.plain;

        put_head(to, &r);
        if (r.plain)
            memcpy(to + PACK_HEAD, raw.p, r.plain);
        to += PACK_HEAD + r.plain;
        for (size_t i = 0; i < r.lines; i++, line += r.chars + r.has_cr + 1)
            to = decode_line(to, line, r.chars);
        raw = str_from(raw, r.end);
    } while (raw.n);
    return (size_t)(to - begin);
}

size_t pack_first_plain(struct str packed)
{
    struct rec r = rec_of(packed);

    return rec_u32(&r);
}

/* --- unpacking --------------------------------------------------------------------------------------------------- */

static enum st take_head(struct unpack *u)
{
    struct rec r = rec_of(str_n((char *)u->head, PACK_HEAD));
    uint16_t chars;

    u->plain = rec_u32(&r);
    u->lines = rec_u32(&r);
    chars = rec_u16(&r);
    u->has_cr = chars & CRLF_BIT;
    u->chars = chars & ~CRLF_BIT;
    if (u->lines && (!u->chars || u->chars % 4 || u->chars > PACK_LINE_MOST))
        return FAIL(ST_CORRUPT, "packed lines of %u characters", u->chars);
    return ST_OK;
}

static void put_plain(struct unpack *u, struct str s)
{
    size_t n = MIN(s.n, u->most - u->n);

    if (n)
        memcpy(u->to + u->n, s.p, n);
    u->n += n;
}

static char *encode(char *to, const unsigned char *p, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += 3, to += 4) {
        memcpy(to, pairs[p[i] << 4 | p[i + 1] >> 4], 2);
        memcpy(to + 2, pairs[(p[i + 1] & 15) << 8 | p[i + 2]], 2);
    }
    return to;
}

static char *encode_line(const struct unpack *u, char *to, const unsigned char *p)
{
    to = encode(to, p, u->chars / 4 * 3);
    if (u->has_cr)
        *to++ = '\r';
    *to++ = '\n';
    return to;
}

/* The last one, of which not all may be wanted. Apart from the others, which need no memory for it. */
static __attribute__((noinline)) void put_last(struct unpack *u, const unsigned char *p)
{
    char line[PACK_LINE_MOST + 2];

    put_plain(u, str_n(line, (size_t)(encode_line(u, line, p) - line)));
}

static void put_encoded(struct unpack *u, const unsigned char *p)
{
    if (u->most - u->n >= u->chars + 2)
        u->n = (size_t)(encode_line(u, u->to + u->n, p) - u->to);
    else
        put_last(u, p);
    u->lines--;
}

static size_t take_line(struct unpack *u, struct str s)
{
    unsigned bytes = u->chars / 4 * 3, n = bytes - u->line_n;

    if (!u->line_n && s.n >= bytes) {
        put_encoded(u, (const unsigned char *)s.p);
        return bytes;
    }
    n = (unsigned)MIN((size_t)n, s.n);
    memcpy(u->line + u->line_n, s.p, n);
    u->line_n += n;
    if (u->line_n == bytes) {
        u->line_n = 0;
        put_encoded(u, u->line);
    }
    return n;
}

enum st unpack_some(struct unpack *u, struct str packed)
{
    while (packed.n && u->n < u->most) {
        size_t n;

        if (u->plain) {
            n = MIN((size_t)u->plain, packed.n);
            put_plain(u, str_sub(packed, 0, n));
            u->plain -= (uint32_t)n;
        } else if (u->lines) {
            n = take_line(u, packed);
        } else {
            n = MIN(PACK_HEAD - u->head_n, packed.n);
            memcpy(u->head + u->head_n, packed.p, n);
            u->head_n += (unsigned)n;
            if (u->head_n == PACK_HEAD) {
                u->head_n = 0;
                TRY(take_head(u));
            }
        }
        packed = str_from(packed, n);
    }
    u->is_over |= packed.n > 0;
    return ST_OK;
}

enum st unpack_end(const struct unpack *u)
{
    if (u->plain || u->lines || u->head_n || u->line_n || u->is_over || u->n != u->most)
        return FAIL(ST_CORRUPT, "packed bytes do not unpack");
    return ST_OK;
}
