/* A letter on its way in: collects the bytes, takes Return-Path fields out of the header (final delivery writes the one
 * that counts, RFC 5321 section 4.4), and X-Restante-Bounce, which only the box may say, completes the header of a user's letter (complete.h), counts Received fields, and has the record built along the way. Up to
 * LIMIT_INLINE_LETTER bytes stay in memory, more go to a spool file. What is too large or can't be stored is read to its end all
 * the same, so that the client gets its answer. */
#pragma once

#include "ipc/lists.h"
#include "mime/scan.h"
#include "smtp/author.h"

struct smtp_session;

struct letter {
    struct smtp_session *s;
    struct buf header; /* until its end has been seen */
    bool in_header;
    bool header_cut; /* it has no end within LIMIT_HEADER: what is behind that was not looked at */
    struct buf body; /* what is not in the spool */
    int spool;       /* -1: none */
    uint64_t spooled;
    uint64_t size;
    unsigned hops;
    struct authors authors; /* of a submitted letter */
    enum st st;             /* ST_OK, ST_LIMIT (too large), ST_NOSPACE, ST_TRYLATER, ST_IO */
    struct mime_scan scan;
};

void letter_init(struct letter *l, struct smtp_session *s);
void letter_fini(struct letter *l);
/* First the trace lines that we put before it, then what DATA brings. */
void letter_prepend(struct letter *l, struct str lines) SUSPENDS;
void letter_add(struct letter *l, struct str bytes) SUSPENDS;
/* The record goes into *out_record; afterwards the whole letter is in `body` or in the spool. */
enum st letter_end(struct letter *l, struct buf *out_record) SUSPENDS MUST_USE;
