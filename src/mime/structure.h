/* What a part's header says, as IMAP wants it: the pieces of BODYSTRUCTURE, ENVELOPE, and the facts
 * for sorting and threads. Between scan.c, which finds the parts, and record.c, which reads the
 * result. Private to the room. */
#pragma once

#include "mime/record.h"

/* The parts of the limit LIMIT_MIME_RECORD: what does not fit is left out, see each. */
enum {
    MIME_STRUCTURE_TEXT = 192 * 1024, /* strings of all parts; then a part is shown without its header */
    MIME_ENVELOPE_STRING = 8 * 1024,  /* a string in ENVELOPE; cut */
    MIME_ENVELOPE_LIST = 64 * 1024,   /* To or Cc; further addresses are left out */
    MIME_ENVELOPE_FEW = 8 * 1024,     /* the same for From, Sender, Reply-To, Bcc */
    MIME_BOUNDARY_MAX = 250,          /* RFC 2046 allows 70; a longer one is none (MIME_LINE_HEAD holds it) */
    MIME_FIELDS_MAX = 1000,           /* rows of the table of fields; then there is none */
    MIME_REFS_MAX = 100               /* references: the first and the last 99 */
};

struct mime_scan_part {
    uint16_t parent, next, flags;
    uint8_t encoding;
    bool is_letter; /* its header is a letter's: the root, or the child of a message/rfc822 */
    bool is_digest; /* multipart/digest: parts are letters unless they say otherwise */
    bool in_digest;
    bool global_nests; /* message/global is taken apart as message/rfc822 is */
    uint32_t header_start, body_start, body_end, lines;
    uint64_t lines_before; /* its body */
    /* In the text: up to the encoding, or a multipart's subtype; the extension data; ENVELOPE of a letter. */
    struct mime_span head, extension, envelope;
};

/* Reads a part's header into *p (flags, encoding, spans into *text). For a multipart, *out_boundary
 * is its boundary, in the arena; a multipart without one counts as text. `may_nest`: there is room
 * for children; otherwise it is shown as application/octet-stream. */
void mime_structure_read(struct mime_scan_part *p, struct str header, bool may_nest, struct arena *a, struct buf *text,
                         struct str *out_boundary);

/* The whole record of the letter. `top` is its header, `complete` says whether all of it is there. */
struct mime_structure {
    const struct mime_scan_part *parts;
    size_t n_parts;
    struct str top, text;
    bool complete;
    uint8_t flags;
    uint32_t size;
};
void mime_structure_write(const struct mime_structure *m, struct arena *a, struct buf *out);
