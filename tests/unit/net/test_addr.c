#include "test.h"

#include "net/addr.c"

static struct addr parsed(const char *text, uint16_t port)
{
    struct addr a = {0};

    CHECK_ST(addr_parse(str_z(text), port, &a), ST_OK);
    return a;
}

TEST(text_there_and_back)
{
    static const struct {
        const char *in, *out;
    } cases[] = {{"192.0.2.1", "192.0.2.1:25"},        {"2001:DB8::1", "[2001:db8::1]:25"}, {"[::1]", "[::1]:25"},
                 {"::ffff:192.0.2.7", "192.0.2.7:25"}, {"0.0.0.0", "0.0.0.0:25"},           {"::", "[::]:25"}};
    struct sockaddr_storage ss;
    char text[ADDR_TEXT_MAX];

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct addr a = parsed(cases[i].in, 25), b;
        size_t n = addr_to_sockaddr(&a, &ss);

        CHECK_STR(addr_text(&a, text), str_z(cases[i].out));
        b = addr_from_sockaddr((struct sockaddr *)&ss, n);
        CHECK(addr_eq(&a, &b));
    }
}

TEST(what_is_no_address)
{
    static const char *const bad[] = {"", "localhost", "1.2.3", "1.2.3.4.5", "1.2.3.256", ":::", "[::1", "::1%eth0x"};
    struct addr a = {.port = 7}, none = {0};
    char text[ADDR_TEXT_MAX];

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_ST(addr_parse(str_z(bad[i]), 1, &a), ST_SYNTAX);
    CHECK_ST(addr_parse(str_n("1.2.3.4\0x", 9), 1, &a), ST_SYNTAX);
    CHECK_U64(a.port, 7);
    CHECK_STR(addr_text(&none, text), STR("local"));
    CHECK(addr_of_peer(-1).family == 0);
}

TEST(networks)
{
    struct addr v4 = parsed("192.0.2.200", 99), v6 = parsed("2001:db8:1:2:3:4:5:6", 99), net;
    char text[ADDR_TEXT_MAX];

    net = addr_network(&v4, 24, 64);
    CHECK_STR(addr_text(&net, text), STR("192.0.2.0:0"));
    net = addr_network(&v6, 24, 60);
    CHECK_STR(addr_text(&net, text), STR("[2001:db8:1::]:0"));
    net = addr_network(&v4, 25, 64);
    CHECK_STR(addr_host(&net, text), STR("192.0.2.128"));
    CHECK(addr_in(&v4, &net, 25));
    net = parsed("192.0.2.0", 0);
    CHECK(!addr_in(&v4, &net, 25) && addr_in(&v4, &net, 24) && !addr_in(&v6, &net, 0));
    net = addr_network(&v6, 200, 200);
    CHECK(addr_host_eq(&net, &v6) && !addr_eq(&net, &v6));
    v4 = parsed("127.9.9.9", 1);
    v6 = parsed("::1", 1);
    CHECK(addr_is_loopback(&v4) && addr_is_loopback(&v6) && !addr_is_loopback(&net));
}
