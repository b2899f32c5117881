/* What STATUS tells of a mailbox (rows of status_items.def), for STATUS itself and for LIST (RFC 5819). */
#pragma once

#include "imap/session.h"

/* "(MESSAGES UNSEEN)": at least one; a bit for each row. */
enum st imap_lex_status_items(struct imap_lexer *lx, unsigned *out) MUST_USE;
/* What costs more than a look and is among the items. */
enum st imap_status_complete(struct imap_session *s, unsigned items, struct mailbox_info *info) SUSPENDS MUST_USE;
/* The items that tell of changes in a mailbox (RFC 5465 sections 3.1 and 5); `flags`: of flags too. */
unsigned imap_status_of_changes(const struct imap_session *s, bool flags);
/* The response. `name` in UTF-8. */
void imap_put_status_items(struct imap_session *s, struct str name, unsigned items, const struct mailbox_info *info)
    SUSPENDS;
