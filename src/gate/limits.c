/* Connections at a time from one IPv4 address or IPv6 /64, in this gate. Loopback is not counted: webmail and local
 * programs come from there. */
#include "gate/gate.h"

struct counter {
    uint32_t n;
};

static struct str key_of(const struct addr *network)
{
    return str_n((const char *)network, sizeof *network);
}

bool network_take(struct gate *g, const struct addr *peer, uint32_t max)
{
    struct addr net = addr_network(peer, 32, 64);
    struct counter *c;

    if (max == 0 || addr_is_loopback(peer))
        return true;
    c = map_str_get(&g->by_network, key_of(&net));
    if (!c) {
        c = MEM_NEW(struct counter);
        map_str_put(&g->by_network, key_of(&net), c);
    }
    if (c->n >= max)
        return false;
    c->n++;
    return true;
}

void network_give(struct gate *g, const struct addr *peer)
{
    struct addr net = addr_network(peer, 32, 64);
    struct counter *c = map_str_get(&g->by_network, key_of(&net));

    if (!c || --c->n)
        return;
    map_str_del(&g->by_network, key_of(&net));
    mem_free(c);
}
