/* What the files of the resolver share. */
#pragma once

#include "ipc/ipc.h"
#include "main/peers.h"

#include <unbound.h>

struct resolver {
    struct peers peers;
    struct ub_ctx *ctx;
    struct co_fd fd;
    const struct settings *set;
    unsigned open;    /* questions */
    bool is_checking; /* whether the library lives */
};

/* One question; the answer's rdata is a view of `rdata`. What becomes of it stands in out->status. */
void resolver_resolve(struct resolver *x, struct arena *a, struct str name, uint32_t type, struct msg_dns_answer *out,
                      struct buf *rdata) SUSPENDS;

/* admin.c: the command `resolve` of the command line. */
void resolver_admin(struct ipc_request *r) SUSPENDS;
