/* What a search has found, told as ESEARCH (RFC 4731) and kept for "$" (RFC 5182). The same for all commands that
 * search. */
#pragma once

#include "imap/search_parse.h"
#include "imap/session.h"

/* Messages in the order that the command gives them in; not owned. */
struct imap_result {
    const uint32_t *seqs;
    size_t n;
    struct view
        *other; /* ESEARCH: the mailbox, which the response names; NULL: the selected one, which need not be named */
};

/* What the session has to say about the arguments before anything is searched: a tag that is in use by another UPDATE (context.h), numbers of
 * messages where there are none any more (RFC 9586 section 3.5). ST_SYNTAX. */
enum st imap_begin_search(struct imap_cmd *c, const struct imap_search *search) MUST_USE;
/* The response, unless only SAVE was asked for, and the saving. ST_LIMIT: too much to save; *c has the code. */
enum st imap_put_result(struct imap_cmd *c, const struct imap_search *search, struct imap_result found)
    SUSPENDS MUST_USE;
/* To be called with the status of the whole command: one that fails and had SAVE leaves nothing saved, unless it is
 * BAD (RFC 5182 section 2.1). Also chooses the response code for an unknown character set, and knows what the keys mean for the
 * session. Gives the status back. */
enum st imap_end_search(struct imap_cmd *c, const struct imap_search *search, enum st st) MUST_USE;

/* Its messages in the order of the mailbox: runs of uids between whose ends there is no other message. Owned by the
 * caller, NULL when there are none. */
struct uid_set imap_result_runs(struct imap_cmd *c, struct imap_result found) SUSPENDS;

/* "* ESEARCH (TAG "t") UID", for a command that may be over: its tag and form. */
void imap_put_esearch_head(struct imap_cmd *c, const struct imap_result *found) SUSPENDS;

void imap_forget_result(struct imap_session *s);

/* " 1 2 3": numbers of messages, or uids in the UID form; with the highest modseq behind them when one was searched for. */
void imap_put_numbers(struct imap_cmd *c, const struct imap_search *search, struct imap_result found) SUSPENDS;
