/* What `restante check` looks at, and what --repair sets right: the store's own check, mail and queue, and the counts of
 * references between them; on a store that a server uses, or that nobody else has open. Blocks: plain threads only. */
#pragma once

#include "base/json.h"
#include "store/tools.h"

/* Who keeps an account (0: the queue) to himself for a repair, while others use the store. */
struct checking_guard {
    enum st (*shut)(void *arg, uint64_t account);
    void (*let_in)(void *arg, uint64_t account);
    void *arg;
};

struct checking {
    struct store *store;
    const struct store_progress *progress; /* may stop it: report.is_stopped */
    const struct checking_guard *guard;    /* NULL: nobody else has the store */
    struct str host;                       /* our name, for letters to senders */
    struct store_report report;
    bool wrong;                       /* something is, or was before it was repaired */
    bool is_left;                     /* and is still there: */
    uint64_t unsaved[100], n_unsaved; /* bodies that lost+found had no room for: the first, and how many */
    bool needs_index;                 /* the index has to be made again for it */
};

/* Adds its members to the object that is open in *j. ST_OK also when something is wrong. ST_CANCELED: it was stopped. */
enum st checking_run(struct checking *c, bool repairs, struct json *j) SUSPENDS MUST_USE;
