#include "gate/conn_http.c"

#include "net/help.h"

static unsigned where_from(enum config_protocol protocol, const char *peer)
{
    struct config_listener row = {.protocol = protocol};
    struct conn c = {.row = &row};
    struct stream *other;
    unsigned bits;

    CHECK_ST(addr_parse(str_z(peer), 1, &c.peer), ST_OK);
    stream_pair(&c.stream, &other);
    bits = where(&c);
    stream_free(c.stream);
    stream_free(other);
    return bits;
}

static void all(UNUSED void *arg)
{
    CHECK(where_from(PROTOCOL_HTTP, "192.0.2.1") == WEB_CLEAR);
    CHECK(where_from(PROTOCOL_HTTP, "2001:db8::1") == WEB_CLEAR);
    CHECK(where_from(PROTOCOL_HTTP, "127.0.0.1") == WEB_SECURE);
    CHECK(where_from(PROTOCOL_HTTP, "::1") == WEB_SECURE);
    CHECK(where_from(PROTOCOL_METRICS, "127.0.0.1") == WEB_ADMIN);
    CHECK(where_from(PROTOCOL_METRICS, "192.0.2.1") == WEB_ADMIN);
}

TEST(what_is_served_depends_on_the_way_it_goes)
{
    on_core(all, NULL);
}

TEST(a_policy_is_never_sent_in_clear_text)
{
    for (size_t i = 0; i < ARRAY_LEN(routes); i++)
        CHECK(!str_eq(routes[i].path, STR("/.well-known/mta-sts.txt")) || !(routes[i].where & WEB_CLEAR));
}
