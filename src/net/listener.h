/* Listening sockets: made by main (which may bind low ports), served in a gate. */
#pragma once

#include "co/co.h"
#include "net/addr.h"

struct listener;

struct listener_options {
    unsigned connections_max; /* at a time */
    /* A connection came; on a coroutine of the listener, must not suspend (it spawns). Owns fd now, and
     * calls listener_closed once when that connection is over. */
    void (*on_connection)(void *arg, int fd, const struct addr *peer);
    /* One more than connections_max came: owns fd, to tell the peer so and close it; must not suspend, and
     * does not call listener_closed. NULL: it waits in the backlog. */
    void (*on_excess)(void *arg, int fd);
    /* accept keeps failing (no descriptors left): told once until it works again; may be NULL. */
    void (*on_trouble)(void *arg, enum st why);
    void *arg;
};

/* Serves `fd` on the running core by a coroutine of its own. Owns fd on success. */
enum st listener_start(int fd, const struct listener_options *opt, struct listener **out) MUST_USE;
void listener_closed(struct listener *l);
bool listener_reopened(struct listener *l); /* one more, that it had accepted before; false: there is no room */
unsigned listener_connections(const struct listener *l);
/* Accepts nothing more and closes the socket; connections go on. The listener frees itself when the
 * last of them is over. Called once; core_stop stops listeners by itself, and this is needed all the same. */
void listener_stop(struct listener *l);
