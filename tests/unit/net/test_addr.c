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
    v4 = parsed("0.0.0.0", 1);
    v6 = parsed("::", 1);
    CHECK(addr_is_loopback(&v4) && addr_is_loopback(&v6));
    v4 = addr_from_bytes(STR("\0\0\0\0\0\0\0\0\0\0\377\377\177\0\0\1"), 25);
    v6 = addr_from_bytes(STR("\177\0\0\1"), 25);
    CHECK(addr_eq(&v4, &v6) && v4.family == 4 && addr_is_loopback(&v4));
}

TEST(addresses_of_the_world)
{
    static const char *const yes[] = {"1.1.1.1",          "8.8.8.8",          "172.15.0.1",      "172.32.0.1",
                                      "192.0.1.1",        "223.255.255.255",  "2001:4860::8888", "2a00::1",
                                      "64:ff9b::8.8.8.8", "2002:0808:0808::1"};
    static const char *const no[] = {
        "0.0.0.0",      "10.1.2.3",          "100.64.0.1", "127.0.0.1",   "127.255.0.9",     "169.254.169.254",
        "172.16.0.1",   "172.31.255.255",    "192.0.2.1",  "192.168.1.1", "198.19.0.1",      "203.0.113.9",
        "224.0.0.1",    "255.255.255.255",   "::",         "::1",         "::ffff:10.0.0.1", "::127.0.0.1",
        "fe80::1",      "fc00::1",           "fdff::1",    "ff02::1",     "2001:db8::1",     "64:ff9b::127.0.0.1",
        "64:ff9b:1::1", "2002:7f00:0001::1", "2001::1"};
    struct addr a, none = {0};

    for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
        CHECK_ST(addr_parse(str_z(yes[i]), 443, &a), ST_OK);
        CHECK(addr_is_public(&a));
    }
    for (size_t i = 0; i < ARRAY_LEN(no); i++) {
        CHECK_ST(addr_parse(str_z(no[i]), 443, &a), ST_OK);
        CHECK(!addr_is_public(&a));
    }
    CHECK(!addr_is_public(&none));
}
