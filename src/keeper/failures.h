/* Wrong passwords, counted by network (an IPv4 address, an IPv6 /64), and networks that are turned away for a while
 * because of them. Loopback and private networks are counted by nobody: behind a proxy or in an office all users share
 * one. Bounded: the network that was heard of longest ago is forgotten first. One core's. */
#pragma once

#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"
#include "net/addr.h"

#define FAILURES_MAX 100000 /* networks */

struct failures {
    struct map by_network;
    struct list by_age; /* of the last failure */
};

struct failures_rule {
    unsigned max;
    uint64_t window_ms, ban_ms;
};

/* A peer as a gate names it, "192.0.2.1:4711" or "[2001:db8::1]:4711", to its network in text. `out` is a view of `room`
 * of at least ADDR_TEXT_MAX bytes; "local" for what is no address. False: never banned. */
bool failures_network(struct str peer, char *room, struct str *out);

void failures_init(struct failures *f);
void failures_fini(struct failures *f);
bool failures_is_banned(const struct failures *f, struct str network);
/* True when this one has led to a ban. */
bool failures_count(struct failures *f, const struct failures_rule *rule, struct str network);
