/* Whose password is hashed next, whose token is asked about: a few at a time, the rest wait, and those who wait take turns by the network that they
 * come from, so that one who tries thousands is in nobody's way but his own. One core's. */
#pragma once

#include "base/map.h"
#include "co/co.h"

struct turns {
    unsigned free, waiting, waiting_max, network_max;
    unsigned running_max; /* of one network; all by itself it may have them all */
    struct list networks; /* that have somebody waiting or at it, in the order in which they are served */
    struct map by_network;
};

void turns_init(struct turns *t, unsigned at_once, unsigned waiting_max);
void turns_fini(struct turns *t); /* nobody waits any more */
/* ST_OK: the caller's turn, until turns_give. ST_TRYLATER: too many wait, of all or of this network (a quarter of all
 * at most); ST_TIMEOUT, ST_CANCELED. */
enum st turns_take(struct turns *t, struct str network, mono_ms deadline) SUSPENDS MUST_USE;
void turns_give(struct turns *t, struct str network); /* the same as was given to turns_take */
