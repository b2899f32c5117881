/* Wrong passwords, counted by network (an IPv4 address, an IPv6 /64), until there are so many that it is to be banned. Loopback and private
 * networks are counted by nobody: behind a proxy or in an office all users share one. Who succeeds takes back what he has got wrong himself, and
 * nothing of what was tried at other accounts. Bounded: the network that was heard of longest ago is forgotten first. One core's. */
#pragma once

#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"
#include "net/addr.h"

#define FAILURES_MAX 100000 /* networks */
#define FAILURES_OWNERS 4   /* accounts whose share in a network is remembered, those that were tried last */

struct failures {
    struct map by_network;
    struct list by_age; /* of the last failure */
};

struct failures_rule {
    unsigned max;
    uint64_t window_ms;
};

/* A peer as a gate names it, "192.0.2.1:4711" or "[2001:db8::1]:4711", to its network in text. `out` is a view of `room`
 * of at least ADDR_TEXT_MAX bytes; "local" for what is no address. False: never banned. */
bool failures_network(struct str peer, char *room, struct str *out);

void failures_init(struct failures *f);
void failures_fini(struct failures *f);
/* True when there are too many now; counting begins anew. `name` stands for the account, as in guard.h. */
bool failures_count(struct failures *f, const struct failures_rule *rule, struct str network, struct str name);
void failures_succeeded(struct failures *f, struct str network, struct str name);
void failures_forget(struct failures *f, const struct addr *network, unsigned bits); /* of all that are in it */
