/* In which order the addresses of a route are tried: by the preference of their MX (RFC 5321 section 5.1), of one preference those last that could not be reached
 * lately. Pure; which those are is remembered for some of them only. */
#pragma once

#include "base/clock.h"
#include "net/addr.h"

#define RANK_BAD_MAX 256

struct rank {
    struct {
        struct addr addr;
        mono_ms until; /* 0: a free place */
    } bad[RANK_BAD_MAX];
    size_t next; /* the place that is given away when all are taken */
};

struct route;

void rank_failed(struct rank *k, const struct addr *addr, mono_ms now);
void rank_worked(struct rank *k, const struct addr *addr);
/* Indices of the route's addresses; `out` has room for ROUTE_HOSTS_MAX. */
void rank_order(const struct rank *k, const struct route *r, mono_ms now, uint8_t *out);
