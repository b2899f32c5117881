/* MESSAGELIMIT and SAVELIMIT (RFC 9738): how many messages one command processes, where the administrator has said so (imap_message_limit). There
 * is no limit by default, since programs that know nothing of it would see the last so many messages of a mailbox only (section 4). Whoever is not
 * told of it, since it is withheld from him, is not limited.
 *
 * Of more messages those with the highest uids are processed, and the tagged response says where that ended; what has to be all or nothing
 * is refused. EXPUNGE, CLOSE and STATUS know no limit (section 3.1). */
#pragma once

#include "imap/session.h"
#include "imap/set.h"
#include "mail/search.h"

/* Most messages of one command; 0: any number. `saves`: of COPY and APPEND. */
uint32_t imap_message_limit(const struct imap_session *s, bool saves);

/* Of messages of the selected mailbox, ascending sequence numbers, those that are processed. Where these are not all, c->limited_at is
 * set, and the response code comes by itself. */
struct uid_set imap_limit_seqs(struct imap_cmd *c, struct uid_set seqs);
/* The same of messages that have changed behind a modseq. */
struct uid_set imap_limit_changed(struct imap_cmd *c, struct uid_set seqs, uint64_t since);
uint64_t imap_count_seqs(struct uid_set seqs);
/* The messages as uids. */
struct uid_set imap_limited_uids(struct imap_cmd *c, struct uid_set seqs);

/* What a search looks at: by its keys, as far as they name messages and nothing else has to be known (section 3.1: what is searched counts,
 * not what is found). False: all of that may be searched, *out is untouched. */
bool imap_limit_search(struct imap_cmd *c, const struct search_key *key, struct uid_set *out);
uint64_t imap_count_searched(struct arena *a, const struct search_key *key, const struct view *v);

/* All or nothing: ST_LIMIT with the response code, when there are more. `uid`: the lowest of those that could be processed together; 0: not known. */
enum st imap_check_limit(struct imap_cmd *c, bool saves, uint64_t n, uint32_t uid) MUST_USE;
enum st imap_check_limit_seqs(struct imap_cmd *c, bool saves, struct uid_set seqs) MUST_USE;

/* Behind a command that was done in part: in the tagged response, or, where that has another code, untagged (section 3.1). */
void imap_tell_message_limit(struct imap_cmd *c) SUSPENDS;
void imap_tell_message_limit_untagged(struct imap_cmd *c) SUSPENDS;
