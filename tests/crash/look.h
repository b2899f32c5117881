/* Opens the store in a folder, reads everything, and compares it with what had been promised. */
#pragma once

#include "world.h"

struct dictionaries { /* files of them, before the store was opened */
    uint64_t hash[65];
};

struct look {
    const char *dir;
    const struct world *promised;
    const struct op *under_way;
    size_t n;
    bool twice;    /* what the recovery wrote, and what comes after it, holds too */
    bool rebuilds; /* the index is made again first: nothing may be missing then either */
    bool again;    /* and once more afterwards, which gives the same */
    bool repairs;  /* something is damaged: it is rebuilt and repaired; `promised` is what is left */
    bool began;    /* the store had been open already: its format is the present one */
    /* its own: */
    struct op more[1 + ACCOUNTS]; /* what was done then */
    size_t more_n;
    struct dictionaries dictionaries;
};

/* In a process of its own. What was read is in sim.result->w. */
bool look_in_child(struct look *l, char why[200]);
/* Rebuilds and repairs a store that nobody has open, as `restante rebuild` and `check --repair` do. */
bool look_repair(const struct store_options *o, char why[200]) SUSPENDS;
/* One more letter, to an account that is open; *op: what was done. */
bool look_write_more(struct rooms *r, struct op *op, char why[200]) SUSPENDS;
