#include "base/rec.h"

#include <endian.h>

static void put_le(struct buf *b, uint64_t v, size_t n)
{
    unsigned char raw[8];

    for (size_t i = 0; i < n; i++)
        raw[i] = (unsigned char)(v >> (8 * i));
    buf_add(b, str_n((const char *)raw, n));
}

static void put_be(struct buf *b, uint64_t v, size_t n)
{
    unsigned char raw[8];

    for (size_t i = 0; i < n; i++)
        raw[i] = (unsigned char)(v >> (8 * (n - 1 - i)));
    buf_add(b, str_n((const char *)raw, n));
}

void rec_put_u16(struct buf *b, uint16_t v)
{
    put_le(b, v, 2);
}
void rec_put_u32(struct buf *b, uint32_t v)
{
    put_le(b, v, 4);
}
void rec_put_u64(struct buf *b, uint64_t v)
{
    put_le(b, v, 8);
}
void rec_put_u64_be(struct buf *b, uint64_t v)
{
    put_be(b, v, 8);
}

void rec_put_str(struct buf *b, struct str s)
{
    if (s.n > UINT32_MAX) {
        b->over = true;
        return;
    }
    rec_put_u32(b, (uint32_t)s.n);
    buf_add(b, s);
}

struct rec rec_of(struct str s)
{
    static const unsigned char none[1];
    const unsigned char *p = s.n ? (const unsigned char *)s.p : none;

    return (struct rec){p, p + s.n, false};
}

static const unsigned char *take(struct rec *r, size_t n)
{
    const unsigned char *p = r->p;

    if (r->bad || rec_left(r) < n) {
        r->bad = true;
        return NULL;
    }
    r->p += n;
    return p;
}

uint8_t rec_u8(struct rec *r)
{
    const unsigned char *p = take(r, 1);

    return p ? *p : 0;
}

/* One load each: these are called some times for every message of a mailbox. */
#define READ(type, name, order)                                                                                        \
    type name(struct rec *r)                                                                                           \
    {                                                                                                                  \
        const unsigned char *p = take(r, sizeof(type));                                                                \
        type v = 0;                                                                                                    \
                                                                                                                       \
        if (p)                                                                                                         \
            memcpy(&v, p, sizeof v);                                                                                   \
        return order(v);                                                                                               \
    }
READ(uint16_t, rec_u16, le16toh)
READ(uint32_t, rec_u32, le32toh)
READ(uint64_t, rec_u64, le64toh)
READ(uint32_t, rec_u32_be, be32toh)
READ(uint64_t, rec_u64_be, be64toh)
#undef READ

struct str rec_bytes(struct rec *r, size_t n)
{
    const unsigned char *p = take(r, n);

    return p ? str_n((const char *)p, n) : STR_NONE;
}

struct str rec_str(struct rec *r, size_t max)
{
    uint32_t n = rec_u32(r);

    rec_need(r, n <= max);
    return rec_bytes(r, n);
}

void rec_need(struct rec *r, bool cond)
{
    if (!cond)
        r->bad = true;
}

enum st rec_end(const struct rec *r, const char *what)
{
    if (r->bad || r->p != r->end)
        return FAIL(ST_CORRUPT, "%s does not have the layout it should", what);
    return ST_OK;
}

enum st rec_end_open(const struct rec *r, const char *what)
{
    return r->bad ? FAIL(ST_CORRUPT, "%s does not have the layout it should", what) : ST_OK;
}
