/* A letter for a server that takes 7 bits only (RFC 6152 section 3): its bodies of 8 bits are encoded anew, text as quoted-printable, all else
 * as base64; what is 7 bits stays byte for byte. Pure. */
#pragma once

#include "base/buf.h"

/* ST_DENIED: must not be changed (signed or encrypted by somebody), or can't be (8 bits where no encoding helps, as in a header); the error says which. ST_LIMIT: `out`
 * is full. What stands in `out` then means nothing. */
enum st mime_narrow(struct str letter, struct buf *out) MUST_USE;

void mime_encode_qp(struct str in, struct buf *out);     /* text with CRLF; lines of at most 76 characters */
void mime_encode_base64(struct str in, struct buf *out); /* lines of 76 characters */
