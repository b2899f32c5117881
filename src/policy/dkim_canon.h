/* The relaxed form of a letter that DKIM signs (RFC 6376 section 3.4.2 and 3.4.4), and its hash. Pure: bytes in, bytes out. Lines end
 * with CRLF; a CR or LF alone is a byte like any other. */
#pragma once

#include "base/buf.h"

#include <stdint.h>

#define DKIM_HASH 32 /* bytes of SHA-256 */

/* "name:value" in relaxed form, without the CRLF at its end. `value` is what stands behind the colon, folded. */
void dkim_relaxed_field(struct buf *out, struct str name, struct str value);

/* A body in relaxed form, a piece at a time, however it is cut. */
struct dkim_body {
    void *md;               /* of OpenSSL */
    uint64_t empty_lines;   /* seen, and of no account unless more comes */
    bool space, cr, filled; /* pending: white space, a CR; the line has bytes */
    size_t n;
    char out[4096];
};

void dkim_body_begin(struct dkim_body *b);
void dkim_body_add(struct dkim_body *b, struct str piece);
/* To be called once for each begin, also when the hash is not wanted (`hash` may be NULL). */
void dkim_body_end(struct dkim_body *b, unsigned char hash[DKIM_HASH]);

void dkim_sha256(struct str bytes, unsigned char hash[DKIM_HASH]);
