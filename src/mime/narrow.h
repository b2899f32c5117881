/* A letter for a server that takes less than it needs: 7 bits only (RFC 6152 section 3), or lines of text only (RFC 3030 section 3). Bodies that don't fit are encoded
 * anew, text as quoted-printable, all else as base64; what fits stays byte for byte. Pure. */
#pragma once

#include "base/buf.h"

enum mime_width {
    MIME_TO_7BIT,
    MIME_TO_8BIT /* lines of at most 998 bytes that end with CR LF, and no NUL (RFC 2045 section 2.8) */
};

/* ST_DENIED: must not be changed (signed or encrypted by somebody), or can't be (8 bits, or bare line ends, where no encoding helps, as in a header); the error says which. ST_LIMIT: `out`
 * is full. What stands in `out` then means nothing. */
enum st mime_narrow(struct str letter, enum mime_width to, struct buf *out) MUST_USE;

void mime_encode_qp(struct str in, struct buf *out);     /* text with CRLF; lines of at most 76 characters */
void mime_encode_base64(struct str in, struct buf *out); /* lines of 76 characters */
