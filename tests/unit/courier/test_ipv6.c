/* When IPv6 is used, with a DNS that says what the test wants. */
#include "courier/ipv6.c"

#include "config/config.h"
#include "test.h"

static struct courier courier;
static enum st name_st;
static unsigned asked;
static const struct addr chosen, there4 = {.family = 4}, there6 = {.family = 6},
                                 ours = {.family = 6, .bytes = {0x20, 1}};

struct ipc *courier_resolver(const struct courier *c)
{
    (void)c;
    return NULL;
}

enum st dns_ptr(struct ipc *resolver, struct arena *a, struct str bytes, mono_ms deadline, struct dns *out,
                struct str **out_names, size_t *out_n)
{
    (void)resolver;
    (void)a;
    (void)deadline;
    (void)out;
    (void)out_names;
    (void)out_n;
    asked++;
    CHECK(bytes.n == 16 && bytes.p[0] == 0x20);
    return name_st == ST_OK ? ST_OK : FAIL(name_st, "as the test says");
}

static void begin(const char *setting)
{
    static struct config_errors errors;
    char text[100];

    snprintf(text, sizeof text, "host_name us.test\ncourier_ipv6 %s\n", setting);
    courier = (struct courier){0};
    CHECK_ST(config_parse(str_z(text), "test", &courier.set, &errors), ST_OK);
    asked = 0;
    name_st = ST_OK;
}

TEST(our_address_is_asked_for_its_name)
{
    struct route r = {.n = 2, .is_of_dns = true, .hosts = {{.addr = there6}, {.addr = there4}}};

    begin("auto");
    CHECK_ST(ipv6_before(&courier, &r, &there6, &chosen), ST_OK);
    CHECK_ST(ipv6_behind(&courier, &r, &there6, &chosen, &ours), ST_OK);
    CHECK_U64(asked, 1);
    name_st = ST_NOTFOUND;
    CHECK_ST(ipv6_behind(&courier, &r, &there6, &chosen, &ours), ST_DENIED);
    CHECK_ST(ipv6_before(&courier, &r, &there6, &chosen), ST_DENIED); /* from now on without a connection */
    CHECK_ST(ipv6_before(&courier, &r, &there4, &chosen), ST_OK);
    CHECK_ST(ipv6_behind(&courier, &r, &there4, &chosen, &ours), ST_OK);
    CHECK_U64(asked, 2);
    r.n = 1; /* there is no other way */
    CHECK_ST(ipv6_before(&courier, &r, &there6, &chosen), ST_OK);
    CHECK_ST(ipv6_behind(&courier, &r, &there6, &chosen, &ours), ST_OK);
    r.n = 2;
    r.is_of_dns = false; /* a server that somebody has named */
    CHECK_ST(ipv6_before(&courier, &r, &there6, &chosen), ST_OK);
    r.is_of_dns = true;
    courier.nameless[0].until = clock_mono_ms();
    name_st = ST_TRYLATER;
    CHECK_ST(ipv6_before(&courier, &r, &there6, &chosen), ST_OK);
    CHECK_ST(ipv6_behind(&courier, &r, &there6, &chosen, &ours), ST_DENIED);
    CHECK(courier.nameless[0].until <= deadline_in(UNKNOWN_MS));
    config_unref(courier.set);
}

/* One of our addresses without a name says nothing of another. */
TEST(each_of_our_addresses_has_its_own_name)
{
    struct route r = {.n = 2, .is_of_dns = true, .hosts = {{.addr = there6}, {.addr = there4}}};
    struct addr other = ours;

    begin("auto");
    other.bytes[15] = 1;
    name_st = ST_NOTFOUND;
    CHECK_ST(ipv6_behind(&courier, &r, &there6, &ours, &ours), ST_DENIED);
    CHECK_ST(ipv6_before(&courier, &r, &there6, &ours), ST_DENIED);
    CHECK_ST(ipv6_before(&courier, &r, &there6, &other), ST_OK);
    CHECK_ST(ipv6_before(&courier, &r, &there6, &chosen), ST_OK);
    for (unsigned i = 0; i < NAMELESS_MAX; i++) { /* more than have a place */
        other.bytes[15] = (uint8_t)(i + 2);
        CHECK_ST(ipv6_behind(&courier, &r, &there6, &other, &other), ST_DENIED);
        CHECK_ST(ipv6_before(&courier, &r, &there6, &other), ST_DENIED);
    }
    CHECK_ST(ipv6_before(&courier, &r, &there6, &ours), ST_OK);
    config_unref(courier.set);
}

TEST(as_the_settings_say)
{
    struct route r = {.n = 2, .is_of_dns = true, .hosts = {{.addr = there6}, {.addr = there4}}};

    begin("yes");
    name_st = ST_NOTFOUND;
    CHECK_ST(ipv6_before(&courier, &r, &there6, &chosen), ST_OK);
    CHECK_ST(ipv6_behind(&courier, &r, &there6, &chosen, &ours), ST_OK);
    config_unref(courier.set);
    begin("no");
    CHECK_ST(ipv6_before(&courier, &r, &there6, &chosen), ST_DENIED);
    CHECK_ST(ipv6_before(&courier, &r, &there4, &chosen), ST_OK);
    r.n = 1;
    CHECK_ST(ipv6_before(&courier, &r, &there6, &chosen), ST_DENIED);
    CHECK_U64(asked, 0);
    config_unref(courier.set);
}
