/* The work that is interrupted: several coroutines on several cores deliver, append, flag, copy, move and expunge
 * letters, bring them back and purge them, make, rename and remove mailboxes, subscribe, erase accounts, and put letters into the
 * queue. What is begun, what was answered and what failed is noted among the
 * disk calls, in the order in which it happened. */
#pragma once

#include "disk.h"
#include "world.h"

enum mark { MARK_READY, MARK_BEGIN, MARK_DONE, MARK_FAILED };
struct note { /* in a DISK_MARK; after a MARK_READY a struct world follows */
    uint32_t what;
    int32_t st; /* MARK_FAILED */
    struct op op;
};

struct load {
    uint64_t seed;
    unsigned ops;
    uint64_t first_letter; /* numbers from here on are free */
    uint64_t dies_at;      /* the disk call at which the process is killed; 0: none */
    uint64_t dies_behind;  /* or so many renames */
    bool closes;           /* properly at the end; else the process just ends */
    bool upkeep;           /* snapshots, compaction and dictionaries */
    bool keeps;            /* deleted messages stay for a day */
    bool quota;            /* accounts may hold so many messages and no more */
    bool may_fail;
};

/* True: it went through. With may_fail false anything that fails ends the process. */
bool load_run(const struct load *l, const char *dir, char why[200]);
