#include "keeper/failures.h"

struct failure {
    struct list link;
    unsigned count;
    mono_ms since, banned_until;
    size_t n;
    char network[ADDR_TEXT_MAX];
};

static const struct {
    const char *address;
    unsigned bits;
} spared[] = {
    {"127.0.0.0", 8},   {"10.0.0.0", 8}, {"172.16.0.0", 12}, {"192.168.0.0", 16}, {"169.254.0.0", 16},
    {"100.64.0.0", 10}, {"::1", 128},    {"fc00::", 7},      {"fe80::", 10},
};

/* The address of "a.b.c.d:port", "[address]:port", or without the port. */
static struct str host_of(struct str peer)
{
    size_t colon = str_rfind(peer, ':');

    if (peer.n && peer.p[0] == '[')
        return str_sub(peer, 1, str_find(peer, ']') - 1);
    if (colon < peer.n && str_find(peer, ':') == colon)
        return str_sub(peer, 0, colon);
    return peer;
}

bool failures_network(struct str peer, char *room, struct str *out)
{
    struct addr addr, network;

    if (addr_parse(host_of(peer), 0, &addr) != ST_OK) {
        *out = STR("local");
        return false;
    }
    addr = addr_network(&addr, 32, 64);
    *out = addr_host(&addr, room);
    for (size_t i = 0; i < ARRAY_LEN(spared); i++) {
        struct addr full;

        if (addr_parse(str_z(spared[i].address), 0, &network) != ST_OK || addr_parse(host_of(peer), 0, &full) != ST_OK)
            continue;
        if (addr_in(&full, &network, spared[i].bits))
            return false;
    }
    return true;
}

void failures_init(struct failures *f)
{
    f->by_network = MAP_INIT;
    list_init(&f->by_age);
}

static void drop(struct failures *f, struct failure *e)
{
    list_del(&e->link);
    map_str_del(&f->by_network, str_n(e->network, e->n));
    mem_free(e);
}

void failures_fini(struct failures *f)
{
    LIST_EACH_SAFE(pos, tmp, &f->by_age)
        drop(f, LIST_ITEM(pos, struct failure, link));
    map_fini(&f->by_network);
}

bool failures_is_banned(const struct failures *f, struct str network)
{
    const struct failure *e = map_str_get(&f->by_network, network);

    return e && e->banned_until > clock_mono_ms();
}

static struct failure *entry(struct failures *f, struct str network)
{
    struct failure *e = map_str_get(&f->by_network, network);

    if (e) {
        list_del(&e->link);
    } else {
        if (f->by_network.n >= FAILURES_MAX)
            drop(f, LIST_ITEM(f->by_age.next, struct failure, link));
        e = MEM_NEW(struct failure);
        e->n = MIN(network.n, sizeof(e->network));
        memcpy(e->network, network.p, e->n);
        map_str_put(&f->by_network, str_n(e->network, e->n), e);
    }
    list_add_tail(&f->by_age, &e->link);
    return e;
}

bool failures_count(struct failures *f, const struct failures_rule *rule, struct str network)
{
    mono_ms now = clock_mono_ms();
    struct failure *e = entry(f, network);

    if (e->count == 0 || now - e->since > rule->window_ms) {
        e->count = 0;
        e->since = now;
    }
    if (++e->count < rule->max)
        return false;
    e->count = 0;
    e->banned_until = now + rule->ban_ms;
    return true;
}
