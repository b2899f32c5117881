/* What the directory says an account may hold. It travels from the keeper to the box, with a login or with a letter. */
#pragma once

#include "base/base.h"

#define KEEP_DEFAULT UINT32_MAX /* as the setting says */

struct account_limits {
    uint64_t bytes, messages;               /* 0: no limit */
    uint64_t domain;                        /* its number in the directory; 0: not known */
    uint64_t domain_bytes, domain_messages; /* of all its accounts together */
    uint32_t keep_s;                        /* how long deleted messages are kept; 0: not at all */
    uint32_t retention;                     /* of what was fetched over POP3: base/retention.h */
};

static inline bool account_limits_any(const struct account_limits *l)
{
    return l->bytes || l->messages || l->domain_bytes || l->domain_messages;
}
