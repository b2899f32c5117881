/* How large the next segment is made, and how many spare ones are kept ready: as much as the store's size and the pace of writing
 * justify. A store in which little is written keeps little ready; one that fills segments within a minute gets larger ones and two
 * spares. Pure; times are microseconds of the clock that never goes back. */
#pragma once

#include "base/base.h"

#define PACE_SPARES 2

struct pace {
    uint64_t most;     /* bytes of a segment, at most */
    uint64_t bytes;    /* of all segment files */
    uint64_t size;     /* of the journal segment that is being filled; 0: it was there when the store was opened */
    uint64_t taken_us; /* since when */
    bool was_quick;    /* the one before it was filled within a minute */
    bool is_half;      /* half of it is used */
};

/* Of a segment while little is written. */
uint64_t pace_calm_size(const struct pace *p);
/* Of the next journal segment. */
uint64_t pace_size(const struct pace *p, uint64_t now_us);
unsigned pace_spares(const struct pace *p, uint64_t now_us);
/* Nothing has been written for some time. */
void pace_calm(struct pace *p);
/* A new journal segment is being filled. */
void pace_took(struct pace *p, uint64_t size, uint64_t now_us);
