/* Builds the immutable record (mime/record.h) of a letter while its bytes arrive, in pieces of any
 * size. Headers are kept until their fields have been read, bodies never: memory is bounded by
 * LIMIT_HEADER twice and LIMIT_MIME_RECORD, and is a few KiB for a usual letter. Never fails.
 *
 *   struct mime_scan scan;
 *   mime_scan_init(&scan);
 *   while (more) mime_scan_feed(&scan, piece);
 *   mime_scan_end(&scan, &record);            adds the record's bytes to a buf
 *   mime_scan_fini(&scan);
 *
 * Lines end with LF, with or without a CR before it. A header ends at its empty line, at a line
 * that can't be a field or go on with one, or at a boundary of an outer multipart. */
#pragma once

#include "mime/record.h"

#define MIME_LINE_HEAD 256 /* what is kept of an unfinished line: enough for any boundary or field name */

struct mime_scan_part; /* structure.h */

/* A part that has not ended. */
struct mime_scan_open {
    size_t part;
    struct str boundary; /* of a multipart; empty: none is waited for */
};

struct mime_scan {
    uint64_t at;         /* bytes seen */
    uint64_t line_start; /* of the line being read */
    uint64_t lines;      /* complete ones */
    size_t eol;          /* length of the line end before line_start; 0 where a body starts */
    bool was_empty;      /* the line before had nothing in it */
    bool in_header, header_ended, any_field, any8, nul;
    bool global_nests;
    char last;          /* byte */
    size_t head_n;      /* bytes of an unfinished line in `head`; more may have gone by */
    struct buf top;     /* the letter's own header */
    struct buf header;  /* that of the part being read */
    size_t header_mark; /* where the unfinished line starts in it */
    struct buf text;    /* strings of the structure, see structure.c */
    struct mime_scan_part *parts;
    size_t n_parts, cap_parts;
    struct mime_scan_open open[LIMIT_MIME_DEPTH]; /* outermost first */
    size_t n_open, n_boundaries;
    struct arena arena; /* boundaries */
    char head[MIME_LINE_HEAD];
};

void mime_scan_init(struct mime_scan *s);
/* The same for a record in which message/global (RFC 6532 section 3.7) is an embedded letter, as RFC 9051 section 7.5.2 has it; to IMAP4rev1
 * it is a part like any other, and so it is in the records that are stored. One that is encoded is taken apart as it stands. */
void mime_scan_init_global(struct mime_scan *s);
void mime_scan_fini(struct mime_scan *s);
void mime_scan_feed(struct mime_scan *s, struct str bytes);

/* The letter's own header with its empty line, once that has been fed (mime_scan_has_header) or
 * after mime_scan_end; valid until fini. At most LIMIT_HEADER bytes of it. */
static inline bool mime_scan_has_header(const struct mime_scan *s)
{
    return s->header_ended;
}
static inline struct str mime_scan_header(const struct mime_scan *s)
{
    return buf_str(&s->top);
}

/* The letter is complete. Adds the record to `out`, which has room for LIMIT_MIME_RECORD bytes. */
void mime_scan_end(struct mime_scan *s, struct buf *out);

/* All at once, for a letter that is in memory. */
void mime_record_build(struct str letter, struct buf *out);
