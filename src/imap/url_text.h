/* What an IMAP URL names (imap/url.h): the bytes that FETCH BODY[section]<partial> would give. Nothing becomes \Seen. */
#pragma once

#include "imap/fetch.h"
#include "imap/url.h"

struct url_text {
    struct view *view;
    struct fetch_run run;
    struct fetch_pieces bytes; /* first, then second; they live until it is closed */
};

/* As this account sees it. ST_NOTFOUND, ST_DENIED, ST_SYNTAX (of the section): there is no such thing for it; ST_CORRUPT, others. When it
 * fails nothing is open. */
enum st url_text_open(struct account *a, struct arena *ar, const struct imap_url *u, struct url_text *out)
    SUSPENDS MUST_USE;
void url_text_close(struct url_text *t);

/* Opens the mailbox that it names; ST_NOTFOUND also when its uidvalidity is another one. */
enum st url_mailbox_open(struct account *a, struct arena *ar, const struct imap_url *u, struct view **out)
    SUSPENDS MUST_USE;
