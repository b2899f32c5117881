/* Writers of responses that are the same before and after login (RFC 3501 section 7). */
#pragma once

#include "imap/conn.h"
#include "base/arena.h"
#include "imap/withhold.h"

/* As an atom where `s` is one (and not NIL), quoted where that may be, else a literal. */
void imap_put_astring(struct imap_conn *c, struct str s) SUSPENDS;
/* Quoted where it is short and printable ASCII, or UTF-8 where the client takes that; else a literal. STR_NONE is
 * NIL. */
void imap_put_nstring(struct imap_conn *c, struct str s) SUSPENDS;
void imap_put_literal(struct imap_conn *c, struct str s) SUSPENDS;
/* A mailbox name: given in UTF-8, and sent so to whom takes it, in modified UTF-7 to all others. The one writer of
 * names; imap_lex_mailbox and imap_lex_pattern are their readers. */
void imap_put_mailbox(struct imap_conn *c, struct str name) SUSPENDS;

/* Names that the rows of capabilities.def give for a state, a blank before each, without what is withheld. */
void imap_put_capabilities(struct imap_conn *c, unsigned state, const struct imap_withheld *withheld) SUSPENDS;

/* "TAG COND [code] text": cond is "OK", "NO" or "BAD"; an empty code is left out. Bytes of `text` that can't stand in
 * resp-text become "?"; a tag "*" makes it untagged. */
void imap_put_status(struct imap_conn *c, struct str tag, const char *cond, struct str code, struct str text) SUSPENDS;
