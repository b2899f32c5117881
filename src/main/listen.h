/* The listening sockets: bound by main before anything else is done, one for each address and gate (SO_REUSEPORT spreads
 * connections over the gates). They stay open in main, so that connections wait while a gate is started again. */
#pragma once

#include "base/buf.h"
#include "config/config.h"

struct listen_socket {
    unsigned row; /* of settings->listeners */
    unsigned gate;
    int fd;
};

struct listen_sockets {
    struct listen_socket *v;
    size_t n;
};

/* Whether all addresses are free and may be bound, without keeping any. Adds to *errors. */
void listen_check(const struct settings *set, struct config_errors *errors);
/* ST_BUSY, ST_DENIED, ...; nothing is left open then. */
enum st listen_open(const struct settings *set, unsigned gates, struct listen_sockets *out) MUST_USE;
void listen_close(struct listen_sockets *s);

/* The administration socket, for anybody to connect to: who may is seen then. A stale file of that name is replaced. */
enum st listen_control(const char *path, int *out_fd) MUST_USE;
