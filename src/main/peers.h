/* The ends of pairs that one core holds, by who is at the other end. One table a core. */
#pragma once

#include "main/role.h"

struct peers {
    struct map ends; /* of struct peers_end */
};

void peers_init(struct peers *t);

/* Makes the end, or replaces the connection of the one that is there. Takes p->fd. opt->peer may be NULL: a name is made. */
enum st peers_attach(struct peers *t, const struct role_peer *p, const struct ipc_options *opt) MUST_USE;

/* NULL: never handed over. */
struct ipc *peers_get(const struct peers *t, enum role_kind kind, unsigned index, unsigned core);

/* Waits until no process of that kind is connected any more, or the deadline. */
void peers_wait_gone(const struct peers *t, enum role_kind kind, mono_ms deadline) SUSPENDS;

/* All ends, in no order; *pos starts at 0. */
bool peers_next(const struct peers *t, size_t *pos, enum role_kind *out_kind, struct ipc **out);
