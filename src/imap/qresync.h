/* QRESYNC (RFC 7162 section 3.2): a client that was away is told what has changed since. */
#pragma once

#include "imap/session.h"
#include "imap/set.h"

/* The parameter of SELECT (section 3.2.5). */
struct imap_qresync {
    bool is_there;
    uint32_t uidvalidity;
    uint64_t since;
    bool has_known;
    struct imap_set known;      /* as written; 0 does not occur */
    struct imap_set seqs, uids; /* some numbers of messages and their uids: as many, ascending */
};

/* "(uidvalidity modseq [known-uids] [(seqs uids)])" */
enum st imap_lex_qresync(struct imap_lexer *lx, struct imap_qresync *out) MUST_USE;

/* Behind what SELECT says of the mailbox: nothing when the uidvalidity is another one. */
enum st imap_put_resync(struct imap_session *s, const struct imap_qresync *q) SUSPENDS MUST_USE;

/* "* VANISHED (EARLIER)": which of the uids, from `from` on, have gone from the selected mailbox behind a modseq. */
enum st imap_put_vanished(struct imap_session *s, struct uid_set known, uint32_t from, uint64_t since)
    SUSPENDS MUST_USE;
