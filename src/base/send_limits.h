/* What an account, or a domain, may hand in. */
#pragma once

#include "base/base.h"

enum send_limit {
#define SEND_LIMIT(id, option, key, what) SEND_##id,
#include "base/send_limits.def"
#undef SEND_LIMIT
    SEND_LIMITS
};

#define SEND_COUNTED 4        /* the first of them, counted in time */
#define SEND_UNSET UINT64_MAX /* as the settings, or the domain, say */

struct send_limits {
    uint64_t of[SEND_LIMITS]; /* 0: none; of SEND_BRAKE: it is off */
};
