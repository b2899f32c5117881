/* Writers of responses that are the same before and after login (RFC 3501 section 7). */
#pragma once

#include "imap/conn.h"
#include "base/arena.h"

/* As an atom where `s` is one (and not NIL), quoted where it is ASCII, else a literal. */
void imap_put_astring(struct imap_conn *c, struct str s) SUSPENDS;
/* Quoted where it is printable ASCII and short, else a literal. STR_NONE is NIL. */
void imap_put_nstring(struct imap_conn *c, struct str s) SUSPENDS;
void imap_put_literal(struct imap_conn *c, struct str s) SUSPENDS;
/* A mailbox name given in UTF-8, in modified UTF-7, as it is sent. */
struct str imap_mailbox_name(struct arena *a, struct str name);

/* Names that the rows of capabilities.def give for a state, a blank before each. */
void imap_put_capabilities(struct imap_conn *c, unsigned state) SUSPENDS;

/* "TAG COND [code] text": cond is "OK", "NO" or "BAD"; an empty code is left out. Bytes of `text` that can't stand in
 * resp-text become "?"; a tag "*" makes it untagged. */
void imap_put_status(struct imap_conn *c, struct str tag, const char *cond, struct str code, struct str text) SUSPENDS;
