/* Fixed-layout records: little-endian numbers and length-prefixed bytes, written into a buffer and
 * read back with bounds. A reader that runs out of bytes, or is told that a value is out of range,
 * goes bad and stays so; every later read gives zero. Ask once at the end. Keys that must sort use
 * the big-endian pair. */
#pragma once

#include "base/buf.h"

static inline void rec_put_u8(struct buf *b, uint8_t v)
{
    buf_add(b, str_n((const char *)&v, 1));
}
void rec_put_u16(struct buf *b, uint16_t v);
void rec_put_u32(struct buf *b, uint32_t v);
void rec_put_u64(struct buf *b, uint64_t v);
void rec_put_str(struct buf *b, struct str s); /* u32 length, then the bytes */
void rec_put_u64_be(struct buf *b, uint64_t v);

struct rec {
    const unsigned char *p, *end;
    bool bad;
};

struct rec rec_of(struct str s);
uint8_t rec_u8(struct rec *r);
uint16_t rec_u16(struct rec *r);
uint32_t rec_u32(struct rec *r);
uint64_t rec_u64(struct rec *r);
struct str rec_str(struct rec *r, size_t max); /* a view into the record; bad above max */
struct str rec_bytes(struct rec *r, size_t n);
uint32_t rec_u32_be(struct rec *r);
uint64_t rec_u64_be(struct rec *r);
void rec_need(struct rec *r, bool cond); /* goes bad unless cond */
static inline size_t rec_left(const struct rec *r)
{
    return (size_t)(r->end - r->p);
}

/* ST_CORRUPT when the reader went bad or bytes are left over; `what` names the record. */
enum st rec_end(const struct rec *r, const char *what) MUST_USE;
/* The same, but a newer writer may have added fields at the end. */
enum st rec_end_open(const struct rec *r, const char *what) MUST_USE;
