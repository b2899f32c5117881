/* ID (RFC 2971), the same before and after login. */
#pragma once

#include "imap/conn.h"
#include "imap/lexer.h"

/* The command's arguments; what the client says of itself is checked for form and forgotten. */
enum st imap_id_parse(struct imap_lexer *lx) SUSPENDS MUST_USE;
void imap_id_put(struct imap_conn *c) SUSPENDS; /* the untagged answer */
