/* What the mail room keeps, checked against itself, and set right. Over a view of the store or on a store that nobody
 * else writes to; blocks: plain threads only. */
#pragma once

#include "store/tools.h"

/* A list of bodies that are referred to, one entry a reference: what the store's counts are compared with. */
struct check_refs {
    uint64_t *ids;
    size_t n, cap;
};
void check_refs_add(struct check_refs *r, uint64_t blob);
void check_refs_fini(struct check_refs *r);

struct mail_checked {
    uint64_t accounts, mailboxes, messages, kept;
};
/* Every account but the queue's (0): messages and emails, references, counts, change log. Problems go to the report, with their account;
 * ST_OK also when there are some. */
enum st mail_check(struct store_view *v, struct store_report *r, struct check_refs *refs, struct mail_checked *out)
    SUSPENDS MUST_USE;

struct mail_repaired {
    uint64_t mailboxes, dropped; /* messages that are lost: their email or body is not there */
};
/* Counts an account anew, drops what refers to nothing, and what nothing refers to; where something was lost, or `renew`, every
 * mailbox gets a new uidvalidity and the change log begins anew. Nobody else may write. */
enum st mail_repair(struct store *s, uint64_t account, bool renew, struct mail_repaired *out) SUSPENDS MUST_USE;
