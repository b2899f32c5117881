/* Base64 in a letter takes a third more than what it encodes, and hides that from a compressor. So lines of it are packed: what
 * they encode is kept, and how they were written. Only lines that come out again byte for byte are taken: at least four in a row,
 * of the same length, ended the same way, of the alphabet alone (RFC 4648 section 4; no padding). All else stays as it is.
 *
 * What is packed is a row of runs, each a head (u32 bytes as they are, u32 lines, u16 characters of a line and, in its highest bit,
 * whether CRLF ends them, little-endian), those bytes, and what the lines encode. Runs of several pieces may stand one behind the
 * other. Pure. */
#pragma once

#include "base/str.h"

#define PACK_HEAD 10u
#define PACK_LINE_MOST 1000u /* characters */
#define PACK_AHEAD                                                                                                     \
    (PACK_HEAD + PACK_LINE_MOST) /* so many packed bytes more than there are raw ones may be needed for them */

/* How many bytes packing saves; 0: it does not. */
uint64_t pack_saves(struct str raw);
/* At most raw.n + PACK_HEAD bytes; their number. */
size_t pack(struct str raw, char *to);
/* Of the raw bytes' first run: so many stay as they are. */
size_t pack_first_plain(struct str packed);

/* From the beginning; all zeros at first. Takes packed bytes in pieces, until `most` raw ones have come. */
struct unpack {
    char *to;
    size_t n, most;
    unsigned char head[PACK_HEAD], line[PACK_LINE_MOST / 4 * 3];
    unsigned head_n, line_n; /* of what has come of them */
    uint32_t plain, lines;   /* left of the run */
    unsigned chars;
    bool has_cr, is_over;
};
/* ST_CORRUPT */
enum st unpack_some(struct unpack *u, struct str packed) MUST_USE;
/* All has come that was begun, and it was `most` bytes. ST_CORRUPT */
enum st unpack_end(const struct unpack *u) MUST_USE;
