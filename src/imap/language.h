/* LANGUAGE (RFC 5255 section 3), the same before and after login. All texts are English: "en", and "i-default", which has to be
 * English too (RFC 2277 section 4.5), so that nothing needs to be remembered, and namespaces have no translation. */
#pragma once

#include "imap/conn.h"
#include "imap/lexer.h"

/* The arguments, and the untagged response. ST_DENIED: none of the languages is spoken here. */
enum st imap_language(struct imap_lexer *lx, struct imap_conn *conn) SUSPENDS MUST_USE;
