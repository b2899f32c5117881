/* The courier: carries letters to other servers. Confined and connected to its peers; the queue has nothing for it to carry
 * before the outgoing side exists, so it waits for main to stop it. */
#include "base/log.h"
#include "main/peers.h"

struct courier {
    struct peers peers;
};

static enum st courier_start(struct role *r)
{
    struct courier *c = MEM_NEW(struct courier);

    peers_init(&c->peers);
    r->state = c;
    return ST_OK;
}

static void courier_peer(struct role *r, const struct role_peer *p)
{
    struct courier *c = r->state;
    struct ipc_options opt = {.arg = c};

    if (peers_attach(&c->peers, p, &opt) != ST_OK)
        LOG(IPC_PEER_REFUSED, lf_z("process", role_name(p->kind)), lf_err());
}

const struct role_ops courier_role = {.name = "courier", .start = courier_start, .peer = courier_peer};
