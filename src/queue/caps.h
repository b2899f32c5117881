/* How many notices go out in an hour, to one address and in all (RFC 3834 section 2): in memory, so a box that starts anew begins at none. Pure but for its own state. */
#pragma once

#include "base/map.h"

#define CAPS_SENDERS_MAX 20000 /* addresses that are told apart in an hour; to others nothing goes */

struct caps {
    uint64_t hour;
    uint32_t all;
    struct map by_address; /* of counts */
};

void caps_fini(struct caps *c);
/* False: one more is too many. */
bool caps_take(struct caps *c, uint64_t now_us, struct str address, uint32_t most_to_one, uint32_t most);
/* The same for somebody who may not have written the letter: to such go no more than half of all, so that our own users are told whatever
 * strangers do. */
bool caps_take_stranger(struct caps *c, uint64_t now_us, struct str address, uint32_t most_to_one, uint32_t most);
/* One that was taken at that time has not gone out after all. */
void caps_return(struct caps *c, uint64_t now_us, struct str address);
