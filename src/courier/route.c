/* Which hosts take mail for a domain (RFC 5321 section 5.1, RFC 7505), with their addresses. */
#include "courier/courier.h"

#include "base/random.h"

#define TTL_LEAST_MS 10000
#define TTL_MOST_MS 600000

/* Where aliases have led; empty: there are none. */
static struct str alias_end(struct arena *a, struct str name, struct str canonical)
{
    struct str end;

    if (!canonical.n || dns_ascii_name(a, canonical, &end) != ST_OK || str_ieq(end, name))
        return STR_NONE;
    return end;
}

/* `port` 0: that of the settings; `d` is what the DNS has said of the address, NULL for one that was not looked up. */
static void add_addr(const struct courier *c, struct route *r, struct str host, uint16_t port, struct str bytes,
                     const struct dns *d)
{
    struct addr addr = addr_from_bytes(bytes, port ? port : (uint16_t)c->set->courier_port);

    if (r->n == ROUTE_HOSTS_MAX)
        return;
    if (addr_is_loopback(&addr) && !port && !c->set->courier_loopback) /* a record that leads a letter back to us */
        return;
    r->hosts[r->n++] = (struct route_host){.name = arena_str(&r->arena, host),
                                           .addr = addr,
                                           .preference = r->preference,
                                           .is_secure = d && d->secure,
                                           .canonical = d ? alias_end(&r->arena, host, d->canonical) : STR_NONE};
}

/* Both families in turn, so that one that does not work costs one attempt. ST_TRYLATER when there may be addresses that nobody can say just now. */
static enum st add_host(struct courier *c, struct arena *a, struct route *r, struct str host, uint16_t port) SUSPENDS
{
    static const enum dns_type types[] = {DNS_A, DNS_AAAA};
    struct {
        struct dns_addr *addrs;
        struct dns d;
        size_t n;
    } of[ARRAY_LEN(types)] = {0};
    enum st later = ST_OK;

    for (size_t t = 0; t < ARRAY_LEN(types); t++) {
        enum st st = dns_addrs(courier_resolver(c), a, host, types[t], deadline_in(COURIER_DNS_MS), &of[t].d,
                               &of[t].addrs, &of[t].n);

        if (st != ST_OK)
            of[t].n = 0;
        if (st != ST_OK && st != ST_NOTFOUND && st != ST_SYNTAX)
            later = st;
    }
    for (size_t i = 0; i < MAX(of[0].n, of[1].n) && r->n < ROUTE_HOSTS_MAX; i++)
        for (size_t t = 0; t < ARRAY_LEN(types); t++)
            if (i < of[t].n)
                add_addr(c, r, host, port, of[t].addrs[i].bytes, &of[t].d);
    return later;
}

/* By preference, those of one preference in random order. */
static void sort(struct dns_mx *mx, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t k = random_u64() % i;
        struct dns_mx t = mx[i - 1];

        mx[i - 1] = mx[k];
        mx[k] = t;
    }
    for (size_t i = 1; i < n; i++) /* stable, and few */
        for (size_t k = i; k > 0 && mx[k - 1].preference > mx[k].preference; k--) {
            struct dns_mx t = mx[k];

            mx[k] = mx[k - 1];
            mx[k - 1] = t;
        }
}

/* We are among them: those that are not better are not asked, or the letter would run in a circle. */
static size_t better_than_us(const struct courier *c, const struct dns_mx *mx, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_ieq(mx[i].host, c->set->host_name)) {
            while (i > 0 && mx[i - 1].preference == mx[i].preference)
                i--;
            return i;
        }
    return n;
}

static enum st by_literal(const struct courier *c, struct str domain, struct route *r)
{
    struct str text = str_sub(domain, 1, domain.n - 2);
    struct addr addr;

    if (str_istarts(text, STR("IPv6:")))
        text = str_from(text, 5);
    TRY(addr_parse(text, (uint16_t)c->set->courier_port, &addr));
    add_addr(c, r, domain, 0, str_n((const char *)addr.bytes, addr.family == 4 ? 4 : 16), NULL);
    return r->n ? ST_OK : FAIL(ST_NOTFOUND, "%.*s is an address of this machine", STR_ARGS(domain));
}

static enum st by_mx(struct courier *c, struct arena *a, struct route *r, struct dns_mx *mx, size_t n,
                     const char **out_status) SUSPENDS
{
    enum st later = ST_OK;
    size_t most;

    if (n == 1 && !mx[0].host.n) {
        *out_status = "5.1.10"; /* RFC 7505 section 4.1 */
        return FAIL(ST_NOTFOUND, "the domain takes no mail");
    }
    sort(mx, n);
    most = better_than_us(c, mx, n);
    if (!most) {
        *out_status = "5.4.6";
        return FAIL(ST_NOTFOUND, "mail for the domain loops back to this server");
    }
    for (size_t i = 0; i < most && r->n < ROUTE_HOSTS_MAX; i++) {
        r->preference = mx[i].preference;
        if (mx[i].host.n && add_host(c, a, r, mx[i].host, 0) != ST_OK)
            later = ST_TRYLATER;
    }
    if (r->n)
        return ST_OK;
    *out_status = later == ST_OK ? "5.4.4" : "4.4.3";
    return later == ST_OK ? FAIL(ST_NOTFOUND, "none of the domain's mail servers has an address")
                          : FAIL(ST_TRYLATER, "the addresses of the domain's mail servers can't be found out");
}

/* No MX at all: the domain itself is the host. */
static enum st by_address(struct courier *c, struct arena *a, struct str domain, struct route *r,
                          const char **out_status) SUSPENDS
{
    struct str host = domain; /* policies and certificates have the name in A-labels */
    enum st later;

    if (dns_ascii_name(a, domain, &host) != ST_OK)
        host = domain;
    later = add_host(c, a, r, host, 0);
    if (r->n)
        return ST_OK;
    *out_status = later == ST_OK ? "5.1.2" : "4.4.3";
    return later == ST_OK ? FAIL(ST_NOTFOUND, "there is no such domain, or it has neither mail servers nor an address")
                          : FAIL(ST_TRYLATER, "the domain's address can't be found out");
}

static enum st find(struct courier *c, struct arena *a, struct str domain, struct route *r, const char **out_status)
    SUSPENDS
{
    struct dns_mx *mx;
    struct dns d;
    size_t n;
    enum st st;

    *out_status = "5.1.2";
    r->is_of_dns = true;
    if (domain.n > 2 && domain.p[0] == '[')
        return by_literal(c, domain, r) == ST_OK ? ST_OK : ST_NOTFOUND;
    st = dns_mx(courier_resolver(c), a, domain, deadline_in(COURIER_DNS_MS), &d, &mx, &n);
    r->is_secure = d.secure;
    r->canonical = alias_end(&r->arena, domain, d.canonical);
    r->good_until = deadline_in(MIN(MAX((uint64_t)d.ttl * 1000, (uint64_t)TTL_LEAST_MS), (uint64_t)TTL_MOST_MS));
    if (st == ST_OK)
        return by_mx(c, a, r, mx, n, out_status);
    if (st == ST_NOTFOUND)
        return by_address(c, a, domain, r, out_status);
    *out_status = st == ST_SYNTAX ? "5.1.2" : st == ST_CORRUPT ? "4.7.0" : "4.4.3";
    return st == ST_SYNTAX ? ST_NOTFOUND : ST_TRYLATER; /* what the answer was stands in the error */
}

enum st route_find(struct courier *c, struct str domain, struct route *out, const char **out_status)
{
    struct arena a = ARENA_INIT;
    enum st st;

    *out = (struct route){0};
    st = find(c, &a, domain, out, out_status);
    arena_fini(&a);
    if (st != ST_OK)
        route_fini(out);
    return st;
}

static enum st find_host(struct courier *c, struct arena *a, struct str host, uint16_t port, struct route *r,
                         const char **out_status) SUSPENDS
{
    struct addr addr;
    enum st later;

    r->good_until = deadline_in(TTL_LEAST_MS);
    *out_status = "4.4.3";
    if (addr_parse(host, port, &addr) == ST_OK) {
        r->hosts[r->n++] = (struct route_host){.name = arena_str(&r->arena, host), .addr = addr};
        return ST_OK;
    }
    r->is_secure = true; /* its name is not out of the DNS (RFC 7672 section 2.2.2) */
    later = add_host(c, a, r, host, port);
    if (r->n)
        return ST_OK;
    return FAIL(ST_TRYLATER, later == ST_OK ? "%.*s has no address" : "the address of %.*s can't be found out",
                STR_ARGS(host));
}

enum st route_to_host(struct courier *c, struct str host, uint16_t port, struct route *out, const char **out_status)
{
    struct arena a = ARENA_INIT;
    enum st st;

    *out = (struct route){0};
    st = find_host(c, &a, host, port, out, out_status);
    arena_fini(&a);
    if (st != ST_OK)
        route_fini(out);
    return st;
}

void route_fini(struct route *r)
{
    arena_fini(&r->arena);
    *r = (struct route){0};
}
