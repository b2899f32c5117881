/* Raw deflate (RFC 1951) that a peer sends, decompressed as it comes. What comes out is bounded by the room that the
 * caller has, whatever went in. Between two commands it can be put to sleep: what is kept then is the window, packed,
 * that is at most 32 KiB of what the peer has sent last, and usually a tenth of that. */
#pragma once

#include "net/zblock.h"
#include "base/str.h"

struct inflater {
    z_stream *z;         /* NULL: asleep, or nothing came yet */
    char *packed;        /* asleep: the window; owned */
    uint16_t window_n;   /* its bytes */
    uint16_t packed_n;   /* the same: as it is */
    uint8_t last;        /* byte of input, of which some bits may not belong to a block yet */
    uint8_t unused_bits; /* how many, at a boundary */
    bool at_boundary;    /* of blocks: it may sleep */
    bool block_gave;     /* the block gave bytes */
    bool at_flush;       /* all is behind an empty block: the peer has flushed, or nothing has come at all */
    bool full;           /* there may be more to come out without input */
    bool ended;          /* the peer's last block is over */
    bool bad;            /* the next call fails */
    uint32_t idle_in;    /* bytes of input in a row that gave nothing */
};

void inflater_init(struct inflater *f);
void inflater_fini(struct inflater *f);

/* Decompresses from *in, which is moved on, up to `max` bytes to p; *out_n may be 0. Stops where the peer has flushed: what follows in *in may be something else (RFC 8437 section 4.1). ST_SYNTAX: it is not
 * deflate, or blocks without content (nothing may be read any more); bytes in front of that were given before. */
enum st inflater_feed(struct inflater *f, struct str *in, char *p, size_t max, size_t *out_n) MUST_USE;

/* True when a call without input may give bytes, or fails. */
static inline bool inflater_is_full(const struct inflater *f)
{
    return f->full || f->bad;
}

/* Gives its memory back but for the window, where it stands between two blocks; goes on at the next call as if nothing
 * had been. */
void inflater_sleep(struct inflater *f);
