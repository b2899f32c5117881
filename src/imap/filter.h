/* Which mailboxes are meant: the specifications of NOTIFY (RFC 5465 section 6) and of ESEARCH (RFC 7377 section 2.2).
 * Whether a mailbox is there, and can be selected, is the caller's to ask: here are names. */
#pragma once

#include "imap/lexer.h"

enum imap_filter_what {
    FILTER_SELECTED,
    FILTER_SELECTED_DELAYED, /* NOTIFY only */
    FILTER_INBOXES,
    FILTER_PERSONAL,
    FILTER_SUBSCRIBED,
    FILTER_SUBTREE,
    FILTER_SUBTREE_ONE, /* ESEARCH only */
    FILTER_MAILBOXES,
};

struct imap_filter {
    enum imap_filter_what what;
    struct str *names; /* UTF-8, sorted; of those that have names */
    size_t n;
};

/* One of them. What only one of the commands has is the caller's to refuse. ST_LIMIT: too many names; ST_DENIED: a name
 * that can't be. */
enum st imap_lex_filter(struct imap_lexer *lx, struct imap_filter *out) SUSPENDS MUST_USE;

/* Is this one of its mailboxes? `name` in UTF-8; `is_own`: not somebody else's. Not for the selected one: that goes by no
 * name. */
bool imap_filter_has(const struct imap_filter *f, struct str name, bool subscribed, bool is_own);
