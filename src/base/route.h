/* Which core owns an account: the one place that says it, since gates, keeper and box must agree. */
#pragma once

#include "base/base.h"

/* A number from 0 to n_cores - 1. */
static inline unsigned route_core(uint64_t account, unsigned n_cores)
{
    account ^= account >> 33; /* the finalizer of MurmurHash3 (public domain): ids are random, tests' ids are not */
    account *= 0xff51afd7ed558ccdu;
    account ^= account >> 33;
    account *= 0xc4ceb9fe1a85ec53u;
    account ^= account >> 33;
    return n_cores ? (unsigned)(account % n_cores) : 0;
}
