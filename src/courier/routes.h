/* Where letters go instead of to the servers that the DNS names: the administrator's rules (policy/routing.h), as the keeper has them, and the destinations
 * that they make. Such a destination's name begins with RELAY_DEST: ">host:port" is relay_host, ">@7 host:port" the route or fallback 7, ">=host:port security" what
 * `queue route` has said of single letters, and ">=host:port security 7" the same under the login of the route 7. So letters share a connection when it is the same route, and the same login, that they take. */
#pragma once

#include "courier/courier.h"

/* They have changed, or may have while nobody told us. */
void routes_stale(struct courier *c);
/* The rules are what the keeper has. ST_TRYLATER: nobody can say just now; letters wait. */
enum st routes_ready(struct courier *c) SUSPENDS MUST_USE;

/* The destination of a job; views into `room`, or into the job. */
#define ROUTES_NAME_MAX 600
struct str routes_dest(const struct letter *l, const struct job *j, char room[ROUTES_NAME_MAX]);
struct str routes_rule_dest(const struct routing_rule *rule, char room[ROUTES_NAME_MAX]);
const struct routing_rule *routes_fallback(const struct courier *c, struct str domain); /* NULL: none */
bool routes_is_by_hand(const struct dest *d);
bool routes_is_relay_host(const struct dest *d);

/* The servers of such a destination, and how they are spoken to, with the login; `out_relay` NULL: as any other. As route_find. */
enum st routes_find(struct courier *c, struct str name, struct route *out, struct relay **out_relay,
                    const char **out_status) SUSPENDS MUST_USE;

/* fallback.c: recipients that the destination's own servers have refused, or that could not be reached there, go to the domain's fallback, where it has one for that:
 * as a job of their own. True: that is all of them, and `j` is the other destination's now. At a fallback, what its own servers had only put off does not fail for what the fallback
 * can't do. */
bool fallback_take(const struct dest *d, struct job *j);
