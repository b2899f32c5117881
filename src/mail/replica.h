/* A mailbox of another account as views of this core see it: a copy of its messages in memory that follows the owner's, change by
 * change, in the order in which they became durable. The owner's core makes the copy, and from then on posts what happens; nobody reads
 * another core's memory. There is one on a core for all who look at the mailbox there, also where the owner is of the same core: so there is
 * one way for all, and whoever looks at an account never keeps it from being repaired or erased.
 *
 * A replica ends when its last view is closed (it is unfollowed, and freed when the owner's core has said that nothing more comes), or
 * with the mailbox: the last news says that it is gone, and its views do. */
#pragma once

#include "mail/guest.h"
#include "mail/seen.h"

struct replica {
    struct list link; /* in core->replicas, while it can be found */
    uint64_t owner;
    uint32_t mailbox;      /* its number there */
    struct core *home;     /* of the views */
    struct account *shell; /* what stands for the owner's account: only what reading needs of it */
    struct mailbox *mb;    /* in the shell */
    unsigned users;        /* views, and who is about to open one */
    bool loading, followed, gone;
    enum st load_st;
    struct co_waitq waiting;
    struct news *late, **late_end; /* what has come while it was loading */
    struct list readers;
};

/* On the looking core: a view of the mailbox at that place, for the account `a`, which it holds. `name` is as it is shown. ST_NOTFOUND, ST_NOPERM. */
enum st replica_view(struct account *a, const struct place *p, struct str name, bool read_only, struct view **out)
    SUSPENDS MUST_USE;
void replica_view_end(struct view *v); /* all but the view's own memory */

/* On the owner's core, by changes that have become durable. */
void followers_tell(const struct mailbox_change *mc);
void followers_tell_acl(struct mailbox *mb);
void followers_end(struct mailbox *mb); /* nothing more comes */
void followers_end_all(struct account *a);
