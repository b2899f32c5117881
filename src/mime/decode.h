/* Content-Transfer-Encoding of bodies (RFC 2045 section 6), decoded in pieces of any size and
 * generously: what does not belong there is skipped or kept as it is, nothing fails. */
#pragma once

#include "mime/record.h"

struct mime_decoder {
    enum mime_encoding encoding;
    uint32_t bits; /* base64: what has been read of a group of 24 */
    unsigned n_bits;
    int state; /* quoted-printable: within "=XX" */
    char hex1;
    size_t space_n; /* quoted-printable: white space that may turn out to end a line */
    char space[64];
};

void mime_decoder_init(struct mime_decoder *d, enum mime_encoding encoding);
bool mime_decoder_is_identity(const struct mime_decoder *d); /* what is fed is what comes out */
void mime_decode_feed(struct mime_decoder *d, struct str in, struct buf *out);
void mime_decode_end(struct mime_decoder *d, struct buf *out);

/* Q of encoded words (RFC 2047 4.2): "_" is a space. */
void mime_decode_q(struct str in, struct buf *out);
