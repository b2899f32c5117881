/* LIST's arguments (RFC 3501 6.3.8, extended by RFC 5258), for cmd_list.c and cmd_lsub.c. */
#pragma once

#include "imap/metadata.h"
#include "imap/pattern.h"
#include "imap/session.h"

/* Options before the reference choose names, those behind RETURN what is told of them. What all responses have anyway
 * (CHILDREN, SPECIAL-USE), or what means nothing here (REMOTE), is only taken note of. */
enum {
    LIST_SUBSCRIBED = 1,
    LIST_REMOTE = 2,
    LIST_RECURSIVEMATCH = 4,
    LIST_SPECIAL_USE = 8,
    LIST_CHILDREN = 16,
    LIST_MYRIGHTS = 32,
};

struct list_args {
    struct str reference, *patterns; /* UTF-8 */
    size_t n_patterns;
    unsigned select, returns;
    unsigned status;                /* items of STATUS, imap/status.h */
    struct metadata_query metadata; /* n 0: it is not asked for (RFC 9590) */
    bool is_extended;
};

/* ST_LIMIT: too many patterns. */
enum st imap_list_parse(struct imap_lexer *lx, struct list_args *out) SUSPENDS MUST_USE;
enum st imap_lsub_parse(struct imap_lexer *lx, struct list_args *out) SUSPENDS MUST_USE;

/* "* LIST" that was not asked for (RFC 9051 sections 6.3.2 and 6.3.9.7): names in UTF-8; `old` is the one that the client
 * has used for it, or empty. */
void imap_put_list_line(struct imap_session *s, struct str attributes, struct str name, struct str old) SUSPENDS;

/* Attributes of a mailbox, with blanks between, into a buffer that is empty; NULL: there is no such mailbox. */
void imap_list_attributes(struct buf *out, const struct imap_withheld *withheld, const struct mailbox_info *box,
                          bool subscribed);

/* "word attributes more) "/" name", without a line end. `name` in UTF-8. */
void imap_put_list(struct imap_conn *conn, struct str word, struct str attributes, struct str more, struct str name)
    SUSPENDS;
