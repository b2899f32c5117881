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

/* Bodies that can't be read, ascending. */
struct check_bad {
    const uint64_t *ids;
    const bool *is_saved; /* of each: its damaged bytes are in lost+found; NULL: of none */
    size_t n;
};

struct mail_checked {
    uint64_t accounts, mailboxes, messages, kept;
};
/* Every account but the queue's (0): messages and emails, references, counts, change log, and which messages have a body among `bad`.
 * Problems go to the report, with their account; ST_OK also when there are some. ST_CANCELED: the report is stopped. */
enum st mail_check(struct store_view *v, struct store_report *r, struct check_refs *refs, struct check_bad bad,
                   struct mail_checked *out) SUSPENDS MUST_USE;

struct mail_repaired {
    uint64_t mailboxes;
    uint64_t dropped; /* messages that are lost: nothing is known of them any more */
    uint64_t
        replaced; /* a letter that says what was lost stands in their place, with their flags and dates and a new uid */
    uint64_t kept; /* deleted messages that can't be had back any more */
};
/* Counts an account anew, drops what refers to nothing, and what nothing refers to, and puts letters that say so in the place of those
 * whose body is missing or among `bad`; where something was lost altogether, or `renew`, every
 * mailbox gets a new uidvalidity and the change log begins anew. Nobody else may write to the account meanwhile. */
enum st mail_repair(struct store *s, uint64_t account, bool renew, struct check_bad bad, struct mail_repaired *out)
    SUSPENDS MUST_USE;
