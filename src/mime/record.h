/* The immutable record of a letter: everything about its shape that IMAP, SORT and THREAD ask for,
 * as one byte string that is stored beside the letter. The process that received the letter builds
 * it (mime/scan.h); whoever reads it back only checks bounds, once, in mime_record_open. Any letter
 * whatever has a record: what is malformed is described as well as can be.
 *
 * Layout, version 1, all numbers little-endian, nothing aligned:
 *
 *   0 u8 version   1 u8 flags   2 u16 parts   4 u16 fields   6 u16 references
 *   8 u32 size of the letter   12 i64 sent   20 i16 zone   22 u16 length of the base subject
 *  24 u8 u8 u8 lengths of the sort keys from, to, cc   27 u8 zero
 *  28 u64 hash of the Message-ID   36 u64 hash of In-Reply-To
 *  44 u32 length of ENVELOPE   48 u32 length of BODYSTRUCTURE
 *  52 parts, 32 bytes each:   0 u16 parent   2 u16 next   4 u16 flags   6 u8 encoding   7 u8 zero
 *                             8 u32 header start   12 u32 body start   16 u32 body end   20 u32 lines
 *                            24 u32, 28 u32 where its extension data stands in BODYSTRUCTURE
 *     fields, 4 bytes each:   0 u16 hash of the name   2 u16 length of the field with its line ends
 *     references, 8 bytes each: hashes, in the order of the field
 *     base subject, sort keys from, to, cc, ENVELOPE, BODYSTRUCTURE
 *
 * BODY is BODYSTRUCTURE without the extension data, so it is not stored: mime_record_add_body. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"

#define MIME_RECORD_VERSION 1

enum mime_encoding { MIME_7BIT, MIME_8BIT, MIME_BINARY, MIME_QP, MIME_BASE64, MIME_OTHER };

/* Flags of a part. */
enum {
    MIME_PART_MULTIPART = 1,  /* its children are the parts between it and `next` */
    MIME_PART_MESSAGE = 2,    /* message/rfc822: exactly one child, which is the embedded letter */
    MIME_PART_TEXT = 4,       /* text/anything */
    MIME_PART_HTML = 8,       /* text/html */
    MIME_PART_ATTACHMENT = 16 /* Content-Disposition says attachment, or there is a file name */
};

/* Flags of a record. */
enum {
    MIME_RECORD_HAS_DATE = 1,  /* sent_us and zone were read from Date: */
    MIME_RECORD_IS_REPLY = 2,  /* the subject had "Re:", "Fwd:" or "(fwd)" (RFC 5256 2.1) */
    MIME_RECORD_8BIT = 4,      /* a byte above 127 stands somewhere in the letter */
    MIME_RECORD_NO_FIELDS = 8, /* the header is too long for the table of fields: walk the header instead */
    MIME_RECORD_HAS_NUL = 16   /* binary: a NUL stands somewhere in the letter */
};

struct mime_span {
    uint32_t at, n;
};

/* Offsets count from the letter's first byte. Part 0 is the letter itself. A part's own MIME header
 * is [header_start, body_start) including its empty line; the child of a message/rfc822 part has
 * the embedded letter's header there. */
struct mime_part {
    uint16_t parent; /* index; 0 for part 0 */
    uint16_t next;   /* the index behind its last descendant: first child is i + 1, next sibling is next */
    uint16_t flags;
    enum mime_encoding encoding;
    uint32_t header_start, body_start, body_end;
    uint32_t lines; /* in its body; an unfinished last one counts */
};

/* Views into the bytes given to mime_record_open, valid as long as they are. */
struct mime_record {
    uint8_t flags;
    uint16_t n_parts, n_fields, n_refs;
    uint32_t size;        /* of the letter */
    uint32_t header_size; /* with the empty line */
    uint32_t body_lines;
    int64_t sent_us;                   /* UTC; 0 without a Date: */
    int16_t zone;                      /* minutes east of UTC, as the sender wrote it */
    uint64_t message_id_hash;          /* mime_id_hash; 0 when there is none */
    uint64_t in_reply_to_hash;         /* of the first id in the field */
    struct str base_subject;           /* RFC 5256 2.1, UTF-8, upper case as i;unicode-casemap; cut at 255 bytes */
    struct str from, to, cc;           /* first address' mailbox, or group's name; small letters; empty without; cut at 64 bytes */
    struct str envelope;               /* "(...)" exactly as FETCH ENVELOPE sends it */
    struct str bodystructure;          /* "(...)" exactly as FETCH BODYSTRUCTURE sends it */
    const char *parts, *fields, *refs; /* packed; through the accessors below */
};

/* Checks all bounds. ST_CORRUPT. Allocates nothing. */
enum st mime_record_open(struct str bytes, struct mime_record *out) MUST_USE;

struct mime_part mime_record_part(const struct mime_record *r, size_t i); /* i < n_parts */
/* Might it have a part that is message/global? */
bool mime_record_has_global(const struct mime_record *r);
uint64_t mime_record_ref(const struct mime_record *r, size_t i);          /* i < n_refs */
static inline uint32_t mime_part_size(struct mime_part p)
{
    return p.body_end - p.body_start;
}

/* Adds "(...)" as FETCH BODY sends it. */
void mime_record_add_body(const struct mime_record *r, struct buf *out);

/* What an IMAP section names (RFC 3501 6.4.5). */
enum mime_section { MIME_SECTION_ALL, MIME_SECTION_HEADER, MIME_SECTION_TEXT, MIME_SECTION_MIME };

/* BODY[path.what]: "" ALL is the whole letter, {1,2} MIME is BODY[1.2.MIME], {3} HEADER is
 * BODY[3.HEADER] (serves HEADER.FIELDS too, see mime_header_filter). ST_NOTFOUND when the letter
 * has no such part, or it is no message/rfc822 where HEADER or TEXT ask for one. *out_part, when
 * not NULL, is the index of the part whose content, header or text it is. */
enum st mime_record_section(const struct mime_record *r, const uint32_t *path, size_t depth, enum mime_section what,
                            struct mime_span *out, size_t *out_part) MUST_USE;

/* The fields of the letter's own header, in order; *pos starts as {0}. False at the end, and at
 * once when MIME_RECORD_NO_FIELDS is set. Equal hashes do not prove equal names: compare the bytes. */
struct mime_field_pos {
    uint16_t i;
    uint16_t hash; /* mime_name_hash of the name; 0 for a line that is no field */
    uint32_t at, n;
};
bool mime_record_field(const struct mime_record *r, struct mime_field_pos *pos);
uint16_t mime_name_hash(struct str name); /* ignores ASCII case; never 0 */

/* Hash of a message id, the text between the angle brackets; the same in every process and for
 * ever. Never 0. */
uint64_t mime_id_hash(struct str id);

/* The record of the letter that begins with `prefix` (whole header fields with line ends, none of
 * which ENVELOPE or BODYSTRUCTURE are made of: Return-Path, Delivered-To, Received) and goes on as
 * the letter of `r` does. ST_LIMIT when the size does not fit. */
enum st mime_record_prefix(const struct mime_record *r, struct str prefix, struct buf *out) MUST_USE;
