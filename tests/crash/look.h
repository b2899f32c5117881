/* Opens the store in a folder, reads everything, and compares it with what had been promised. */
#pragma once

#include "world.h"

struct look {
    const char *dir;
    const struct world *promised;
    const struct op *under_way;
    size_t n;
    bool twice;                   /* what the recovery wrote, and what comes after it, holds too */
    bool rebuilds;                /* the index is made again first: nothing may be missing then either */
    struct op more[1 + ACCOUNTS]; /* what was done then */
    size_t more_n;
};

/* In a process of its own. What was read is in sim.result->w. */
bool look_in_child(struct look *l, char why[200]);
/* One more letter, to an account that is open; *op: what was done. */
bool look_write_more(struct rooms *r, struct op *op, char why[200]) SUSPENDS;
