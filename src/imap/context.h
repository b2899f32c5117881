/* Searches in the selected mailbox whose results a client is kept up to date about: RETURN (UPDATE) of RFC 5267 section
 * 4.3. Only messages that have changed or come are asked anew. */
#pragma once

#include "imap/result.h"

struct imap_context; /* of a session, as long as its mailbox is selected */

/* Before the search: ST_SYNTAX when UPDATE stands in the command and one with its tag is under way. */
enum st imap_context_check(const struct imap_cmd *c, const struct imap_search *search) MUST_USE;
/* Behind it: keeps its result from now on, if it is of the selected mailbox. Where that can't be, NO [NOUPDATE] is said. */
void imap_context_add(struct imap_cmd *c, const struct imap_search *search, struct imap_result found) SUSPENDS;
/* NO [NOUPDATE], once for a command. */
void imap_context_refuse(struct imap_cmd *c, const char *text) SUSPENDS;
bool imap_context_has(const struct imap_session *s, struct str tag);
void imap_context_cancel(struct imap_session *s, struct str tag);
/* The client hears of no numbers of messages any more (RFC 9586 section 3): searches that tell them end, and that is said. */
void imap_contexts_end_numbers(struct imap_session *s) SUSPENDS;
void imap_contexts_forget(struct imap_session *s); /* all of them */

/* What imap_send_changes has told of already: flags of these messages have changed, and those from number `first_new` on have
 * come. `seqs` ascending, apart. */
enum st imap_contexts_changed(struct imap_session *s, struct uid_set seqs, uint32_t first_new) SUSPENDS MUST_USE;
/* What it is about to tell: a message, which the view knows no more, had this number (section 4.3.4). */
void imap_contexts_expunged(struct imap_session *s, uint32_t seq, uint32_t uid) SUSPENDS;
