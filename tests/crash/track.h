/* What a life had promised by some point of its trace, and what was under way there. */
#pragma once

#include "load.h"

enum { UNDER_WAY = 32 };

struct track {
    struct world w;
    struct op under_way[UNDER_WAY];
    size_t n;
    bool began;    /* the store is open */
    char why[200]; /* not empty: an answer was wrong already */
};

void track_note(struct track *t, const struct disk_event *e); /* a DISK_MARK */
