/* CONDSTORE (RFC 7162 section 3.1): what commands and responses have in common. */
#pragma once

#include "imap/session.h"

/* Is part of a command that enables CONDSTORE (section 3.1). */
void imap_use_condstore(struct imap_session *s);

void imap_put_modseq(struct imap_session *s, uint64_t modseq) SUSPENDS; /* "MODSEQ (n)" */

/* "* 3 FETCH (", or with UIDONLY "* 17 UIDFETCH (" (RFC 9586 section 3.3). */
void imap_put_fetch_head(struct imap_session *s, uint32_t seq, uint32_t uid) SUSPENDS;
/* "* n FETCH (UID n FLAGS (...) MODSEQ (n))", as it is told unasked and behind STORE: the uid when asked for or CONDSTORE is enabled, the
 * modseq then, flags on demand. With UIDONLY the uid stands in front only. */
void imap_put_fetch(struct imap_session *s, uint32_t seq, const struct mail_msg *m, bool uid, bool flags) SUSPENDS;

/* HIGHESTMODSEQ, where the command needs it: in its tagged answer that will be OK, or before it. Behind imap_send_changes. */
void imap_tell_modseq(struct imap_cmd *c, enum st st) SUSPENDS;

/* Behind what is told between commands: HIGHESTMODSEQ, where a modseq among that is above what the client knows of. */
void imap_lower_modseq(struct imap_session *s) SUSPENDS;
