#include "keeper/failures.h"

struct share {
    uint64_t name; /* hashed; 0: nobody's */
    unsigned count;
};

struct failure {
    struct list link;
    unsigned count;
    struct share shares[FAILURES_OWNERS]; /* of the count, the latest first */
    mono_ms since;
    size_t n;
    char network[ADDR_TEXT_MAX];
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
    network = addr_network(&addr, 32, 64);
    *out = addr_host(&network, room);
    return !addr_is_house(&addr);
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

static void count_share(struct failure *e, uint64_t name)
{
    struct share mine = {.name = name, .count = 1};
    size_t at = 0;

    while (at < FAILURES_OWNERS - 1 && e->shares[at].name != name)
        at++;
    if (e->shares[at].name == name)
        mine.count += e->shares[at].count;
    memmove(e->shares + 1, e->shares, at * sizeof e->shares[0]);
    e->shares[0] = mine;
}

bool failures_count(struct failures *f, const struct failures_rule *rule, struct str network, struct str name)
{
    mono_ms now = clock_mono_ms();
    struct failure *e = entry(f, network);

    if (e->count == 0 || now - e->since > rule->window_ms) {
        e->count = 0;
        memset(e->shares, 0, sizeof e->shares);
        e->since = now;
    }
    count_share(e, hash_bytes(name) | 1);
    if (++e->count < rule->max)
        return false;
    e->count = 0;
    return true;
}

void failures_succeeded(struct failures *f, struct str network, struct str name)
{
    struct failure *e = map_str_get(&f->by_network, network);
    uint64_t hash = hash_bytes(name) | 1;

    for (size_t i = 0; e && i < FAILURES_OWNERS; i++)
        if (e->shares[i].name == hash) {
            e->count -= MIN(e->count, e->shares[i].count);
            e->shares[i] = (struct share){0};
        }
}

void failures_forget(struct failures *f, const struct addr *network, unsigned bits)
{
    LIST_EACH_SAFE(pos, tmp, &f->by_age) {
        struct failure *e = LIST_ITEM(pos, struct failure, link);
        struct addr addr;

        if (addr_parse(str_n(e->network, e->n), 0, &addr) == ST_OK && addr.family == network->family &&
            addr_in(&addr, network, MIN(bits, addr.family == 4 ? 32u : 64u)))
            drop(f, e);
    }
}
