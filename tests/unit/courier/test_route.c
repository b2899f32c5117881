/* Which hosts, in which order: with a DNS that answers what the test says. */
#include "courier/route.c"

#include "config/config.h"
#include "test.h"

static struct courier courier;
static struct route route;
static struct dns_mx mx[40];
static size_t n_mx, per_host; /* A records of each host */
static enum st mx_st;
static unsigned asked; /* for addresses */

struct ipc *courier_resolver(const struct courier *c)
{
    (void)c;
    return NULL;
}

enum st dns_mx(struct ipc *resolver, struct arena *a, struct str domain, mono_ms deadline, struct dns *out,
               struct dns_mx **out_mx, size_t *out_n)
{
    (void)resolver;
    (void)a;
    (void)domain;
    (void)deadline;
    *out = (struct dns){.ttl = 60};
    *out_mx = mx;
    *out_n = n_mx;
    return mx_st == ST_OK ? ST_OK : FAIL(mx_st, "as the test says");
}

/* "later..." is not known just now, "none..." has no address, "loop..." is this machine; others have `per_host` of them. */
enum st dns_addrs(struct ipc *resolver, struct arena *a, struct str host, enum dns_type type, mono_ms deadline,
                  struct dns *out, struct dns_addr **out_addrs, size_t *out_n)
{
    struct dns_addr *list = ARENA_ARRAY(a, struct dns_addr, per_host);

    (void)resolver;
    (void)deadline;
    asked++;
    *out = (struct dns){.ttl = 60};
    if (str_starts(host, STR("later")))
        return FAIL(ST_TRYLATER, "not now");
    if (str_starts(host, STR("both")) && type == DNS_AAAA) {
        list[0].bytes = str_n("\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
        *out_addrs = list;
        *out_n = 1;
        return ST_OK;
    }
    if (type != DNS_A || str_starts(host, STR("none")))
        return FAIL(ST_NOTFOUND, "none");
    for (size_t i = 0; i < per_host; i++) {
        char *b = arena_alloc(a, 4);

        memcpy(b, str_starts(host, STR("loop")) ? "\177\0\0\1" : "\300\0\2\1", 4);
        b[3] = (char)(i + 1);
        list[i].bytes = str_n(b, 4);
    }
    *out_addrs = list;
    *out_n = per_host;
    return ST_OK;
}

static void begin(void)
{
    static struct config_errors errors;

    if (!courier.set)
        CHECK_ST(config_parse(STR("host_name us.test\n"), "test", &courier.set, &errors), ST_OK);
    n_mx = asked = 0;
    per_host = 1;
    mx_st = ST_OK;
}

static void add_mx(uint16_t preference, const char *host)
{
    mx[n_mx++] = (struct dns_mx){.preference = preference, .host = str_z(host)};
}

/* "a.test b.test ": hosts in order; or the status in parentheses when there are none. */
static struct str found(struct arena *a, const char *domain)
{
    const char *status = NULL;
    enum st st = route_find(&courier, str_z(domain), &route, &status);
    struct buf b;
    struct str out;

    buf_init(&b, 10000);
    for (size_t i = 0; i < route.n; i++)
        buf_addf(&b, "%.*s ", STR_ARGS(route.hosts[i].name));
    if (st != ST_OK)
        buf_addf(&b, "(%s %s)", st_name(st), status);
    out = arena_str(a, buf_str(&b));
    buf_fini(&b);
    route_fini(&route);
    return out;
}

TEST(mail_servers_by_preference)
{
    struct arena a = ARENA_INIT;

    begin();
    add_mx(20, "c.test");
    add_mx(5, "a.test");
    add_mx(10, "b.test");
    CHECK_STR(found(&a, "x.test"), STR("a.test b.test c.test "));
    begin();
    add_mx(7, "same1.test");
    add_mx(7, "same2.test");
    add_mx(9, "last.test");
    for (unsigned i = 0, first = 0; i < 200 && first != 3; i++) { /* in either order */
        struct str s = found(&a, "x.test");

        CHECK(str_ends(s, STR("last.test ")));
        first |= str_starts(s, STR("same1")) ? 1 : 2;
        CHECK(i < 199);
    }
    arena_fini(&a);
}

TEST(both_families_in_turn)
{
    const char *status;

    begin();
    per_host = 3;
    add_mx(7, "both.test");
    add_mx(9, "last.test");
    CHECK_ST(route_find(&courier, STR("x.test"), &route, &status), ST_OK);
    CHECK(route.n == 7 && route.is_of_dns);
    CHECK(route.hosts[0].addr.family == 4 && route.hosts[1].addr.family == 6 && route.hosts[2].addr.family == 4);
    CHECK(route.hosts[3].preference == 7 && route.hosts[4].preference == 9);
    route_fini(&route);
}

TEST(null_mx_alone_and_beside_others)
{
    struct arena a = ARENA_INIT;

    begin();
    add_mx(0, "");
    CHECK_STR(found(&a, "x.test"), STR("(NOTFOUND 5.1.10)"));
    add_mx(10, "b.test"); /* RFC 7505 section 3 forbids it; a server that is named is asked */
    CHECK_STR(found(&a, "x.test"), STR("b.test "));
    begin();
    add_mx(0, "");
    add_mx(10, "none.test");
    CHECK_STR(found(&a, "x.test"), STR("(NOTFOUND 5.4.4)"));
    arena_fini(&a);
}

TEST(ourselves_among_the_mail_servers)
{
    struct arena a = ARENA_INIT;

    begin();
    add_mx(10, "better.test");
    add_mx(20, "US.test");
    add_mx(20, "equal.test");
    add_mx(30, "worse.test");
    CHECK_STR(found(&a, "x.test"), STR("better.test "));
    begin();
    add_mx(10, "us.test");
    add_mx(10, "equal.test");
    CHECK_STR(found(&a, "x.test"), STR("(NOTFOUND 5.4.6)")); /* never to one that would send it back */
    CHECK_U64(asked, 0);
    arena_fini(&a);
}

TEST(addresses_of_this_machine_are_not_gone_to)
{
    struct arena a = ARENA_INIT;

    begin();
    add_mx(10, "loop.test");
    add_mx(20, "b.test");
    CHECK_STR(found(&a, "x.test"), STR("b.test "));
    begin();
    add_mx(10, "loop.test");
    CHECK_STR(found(&a, "x.test"), STR("(NOTFOUND 5.4.4)"));
    CHECK_STR(found(&a, "[127.0.0.1]"), STR("(NOTFOUND 5.1.2)"));
    CHECK_STR(found(&a, "[IPv6:::1]"), STR("(NOTFOUND 5.1.2)"));
    CHECK_STR(found(&a, "[nonsense]"), STR("(NOTFOUND 5.1.2)"));
    CHECK_STR(found(&a, "[192.0.2.9]"), STR("[192.0.2.9] "));
    CHECK_STR(found(&a, "[IPv6:2001:db8::9]"), STR("[IPv6:2001:db8::9] "));
    arena_fini(&a);
}

TEST(no_more_than_sixteen_addresses)
{
    const char *status;

    begin();
    per_host = 7;
    for (size_t i = 0; i < ARRAY_LEN(mx); i++)
        add_mx((uint16_t)i, i ? "many.test" : "first.test");
    CHECK_ST(route_find(&courier, STR("x.test"), &route, &status), ST_OK);
    CHECK_U64(route.n, ROUTE_HOSTS_MAX);
    CHECK_STR(route.hosts[0].name, STR("first.test"));
    CHECK_STR(route.hosts[6].name, STR("first.test"));
    CHECK_STR(route.hosts[7].name, STR("many.test"));
    CHECK(asked <= 6); /* and none is asked for that there is no room for */
    route_fini(&route);
}

TEST(what_can_not_be_known_just_now_is_tried_later)
{
    struct arena a = ARENA_INIT;

    begin();
    add_mx(10, "later.test");
    CHECK_STR(found(&a, "x.test"), STR("(TRYLATER 4.4.3)"));
    add_mx(20, "b.test");
    CHECK_STR(found(&a, "x.test"), STR("b.test "));
    begin();
    mx_st = ST_TRYLATER;
    CHECK_STR(found(&a, "x.test"), STR("(TRYLATER 4.4.3)"));
    mx_st = ST_CORRUPT;
    CHECK_STR(found(&a, "x.test"), STR("(TRYLATER 4.7.0)"));
    mx_st = ST_NOTFOUND; /* no MX: the domain's own address */
    CHECK_STR(found(&a, "x.test"), STR("x.test "));
    CHECK_STR(found(&a, "none.test"), STR("(NOTFOUND 5.1.2)"));
    CHECK_STR(found(&a, "later.test"), STR("(TRYLATER 4.4.3)"));
    mx_st = ST_SYNTAX;
    CHECK_STR(found(&a, "x..test"), STR("(NOTFOUND 5.1.2)"));
    arena_fini(&a);
}

TEST(a_domain_that_is_its_own_host_is_named_in_a_labels)
{
    struct arena a = ARENA_INIT;

    begin();
    mx_st = ST_NOTFOUND;
    CHECK_STR(found(&a, "b\xc3\xbc"
                        "cher.test"),
              STR("xn--bcher-kva.test "));
    arena_fini(&a);
}

TEST(a_host_that_the_settings_name)
{
    const char *status;

    begin();
    CHECK_ST(route_to_host(&courier, STR("loop.test"), 587, &route, &status), ST_OK); /* on this machine, too */
    CHECK(route.n == 1 && route.hosts[0].addr.port == 587);
    CHECK(route.is_secure); /* that it is the right name: RFC 7672 section 2.2.2 */
    route_fini(&route);
    CHECK_ST(route_to_host(&courier, STR("192.0.2.7"), 25, &route, &status), ST_OK);
    CHECK(route.n == 1 && route.hosts[0].addr.port == 25 && !route.is_secure);
    route_fini(&route);
    CHECK_ST(route_to_host(&courier, STR("none.test"), 25, &route, &status), ST_TRYLATER); /* letters wait */
    CHECK_STR(str_z(status), STR("4.4.3"));
}
