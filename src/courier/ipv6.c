/* An IPv6 address of ours without a reverse name: large providers refuse what comes from there, for good, so that their IPv4 addresses are better. Which
 * address of ours it is, is known when the connection stands; whether it has a name the resolver knows. */
#include "courier/courier.h"

#define NAMELESS_MS 600000 /* so long IPv6 is left alone then */
#define UNKNOWN_MS 30000

static bool is_asked(const struct courier *c, const struct route *r, const struct addr *to)
{
    if (to->family != 6 || c->set->courier_ipv6 != IPV6_AUTO || !r->is_of_dns)
        return false;
    for (size_t i = 0; i < r->n; i++)
        if (r->hosts[i].addr.family == 4)
            return true;
    return false;
}

static enum st left_alone(const struct addr *own)
{
    char text[ADDR_TEXT_MAX];

    return FAIL(ST_DENIED, "not over IPv6, since our address %.*s has no reverse name (courier_ipv6)",
                STR_ARGS(addr_host(own, text)));
}

/* By what a connection was to be made from: of those that leave from elsewhere nothing is known then. The place, or NAMELESS_MAX. */
static size_t place_of(const struct courier *c, const struct addr *source)
{
    size_t i = 0;

    while (i < NAMELESS_MAX && !(c->nameless[i].until && addr_host_eq(&c->nameless[i].source, source)))
        i++;
    return i;
}

static void note(struct courier *c, const struct addr *source, const struct addr *own, uint64_t ms)
{
    size_t i = place_of(c, source);

    if (i == NAMELESS_MAX)
        i = c->next_nameless++ % NAMELESS_MAX;
    c->nameless[i].source = *source;
    c->nameless[i].own = *own;
    c->nameless[i].until = deadline_in(ms);
}

enum st ipv6_before(const struct courier *c, const struct route *r, const struct addr *to, const struct addr *source)
{
    size_t i;

    if (to->family == 6 && c->set->courier_ipv6 == IPV6_NO)
        return FAIL(ST_DENIED, "not over IPv6, as the settings say (courier_ipv6)");
    if (!is_asked(c, r, to))
        return ST_OK;
    i = place_of(c, source);
    return i < NAMELESS_MAX && clock_mono_ms() < c->nameless[i].until ? left_alone(&c->nameless[i].own) : ST_OK;
}

enum st ipv6_behind(struct courier *c, const struct route *r, const struct addr *to, const struct addr *source,
                    const struct addr *from)
{
    struct arena a = ARENA_INIT;
    struct str *names;
    struct dns d;
    size_t n;
    enum st st;

    if (!is_asked(c, r, to) || from->family != 6)
        return ST_OK;
    st = dns_ptr(courier_resolver(c), &a, str_n((const char *)from->bytes, 16), deadline_in(COURIER_DNS_MS), &d, &names,
                 &n);
    arena_fini(&a);
    if (st == ST_OK || st == ST_CANCELED)
        return st;
    note(c, source, from, st == ST_NOTFOUND ? NAMELESS_MS : UNKNOWN_MS);
    return left_alone(from);
}
