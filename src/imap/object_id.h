/* Ids of mailboxes and messages (OBJECTID, RFC 8474): a letter that says of what, and hexadecimal digits. THREADID is NIL:
 * no thread is known to the store. */
#pragma once

#include "imap/lexer.h"
#include "mail/mail.h"

#define IMAP_OBJECT_ID_MAX 255 /* RFC 8474 section 7 */

/* Changes with the uidvalidity, which section 4 asks for, and stays when the mailbox is renamed. */
struct str imap_mailbox_object_id(struct arena *a, const struct mailbox_info *info);
struct str imap_mailbox_object_code(struct arena *a, const struct mailbox_info *info); /* "MAILBOXID (id)" */
/* "M0123456789abcdef" at p; returns the place behind it. */
char *imap_email_object_id(char *p, uint64_t email);

enum st imap_lex_object_id(struct imap_lexer *lx, struct str *out) MUST_USE;
/* The number in an id that begins with `kind`; false: it is none that was given out like that. */
bool imap_object_id_read(struct str id, char kind, uint64_t *out);
