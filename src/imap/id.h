/* ID (RFC 2971), the same before and after login. */
#pragma once

#include "imap/conn.h"
#include "imap/lexer.h"

/* The command's arguments: what the client says of itself may have capabilities withheld from it by these rules (withhold.h), and
 * is forgotten. *withheld grows; it is untouched when this fails. */
enum st imap_id_parse(struct imap_lexer *lx, struct str rules, struct imap_withheld *withheld) SUSPENDS MUST_USE;
void imap_id_put(struct imap_conn *c) SUSPENDS; /* the untagged answer */
