/* The gate: connections of strangers, until the box or the courier has their letters. It holds its ends of pairs and its
 * listening sockets; everything runs on one core. */
#include "base/log.h"
#include "main/peers.h"

struct gate {
    struct role *role;
    struct peers peers;
};

static enum st gate_start(struct role *r)
{
    struct gate *g = MEM_NEW(struct gate);

    g->role = r;
    peers_init(&g->peers);
    r->state = g;
    return ST_OK;
}

static void gate_peer(struct role *r, const struct role_peer *p)
{
    struct gate *g = r->state;
    struct ipc_options opt = {.arg = g};

    if (peers_attach(&g->peers, p, &opt) != ST_OK)
        LOG(IPC_PEER_REFUSED, lf_z("process", role_name(p->kind)), lf_err());
}

const struct role_ops gate_role = {.name = "gate", .coroutines = 8192, .start = gate_start, .peer = gate_peer};
