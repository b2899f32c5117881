/* The result of a search that a client is kept up to date about (RFC 5267 section 4.3), as uids: which messages are in it,
 * as runs of neighbours in the mailbox, so that a result of nearly all or nearly no messages takes next to no room; and
 * for a sorted one its order. */
#pragma once

#include "mail/mail.h"

struct kept_result {
    struct uid_range *runs; /* ascending; messages of the view that lie in one are all in the result */
    size_t n, cap;
    uint32_t *order; /* sorted results: all of them */
    size_t n_order, cap_order;
};

void kept_result_fini(struct kept_result *k);
size_t kept_result_bytes(const struct kept_result *k);

bool kept_result_has(const struct kept_result *k, uint32_t uid);
/* Both leave the order alone. The message to put is in the view, the one to drop need not be. */
void kept_result_put(struct kept_result *k, const struct view *v, uint32_t seq);
void kept_result_drop(struct kept_result *k, const struct view *v, uint32_t uid);

/* Places in the order count from 0. */
void kept_result_insert(struct kept_result *k, size_t at, uint32_t uid);
/* Where it was; n_order: it was not there. */
size_t kept_result_remove(struct kept_result *k, uint32_t uid);
