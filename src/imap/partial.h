/* A range of results, counted from the first or from the last one (RFC 9394 section 3.1). */
#pragma once

#include "imap/lexer.h"

struct imap_partial {
    uint32_t lo, hi; /* from 1, in order; lo 0: no such range was asked for */
    bool from_last;
    struct str text; /* as it was written */
};

/* "1:500", "-1:-100" */
enum st imap_lex_partial(struct imap_lexer *lx, struct imap_partial *out) MUST_USE;

/* Which of n results are meant: *out_n from index *out_from on; none: 0. */
void imap_partial_of(const struct imap_partial *p, size_t n, size_t *out_from, size_t *out_n);
