#include "net/addr.h"
#include "base/must.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

static struct addr from_v6(const struct sockaddr_in6 *in6)
{
    struct addr a = {.family = 6, .port = ntohs(in6->sin6_port), .scope = in6->sin6_scope_id};

    memcpy(a.bytes, &in6->sin6_addr, 16);
    if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
        a.family = 4;
        a.scope = 0;
        memcpy(a.bytes, a.bytes + 12, 4);
        memset(a.bytes + 4, 0, 12);
    }
    return a;
}

struct addr addr_from_sockaddr(const struct sockaddr *sa, size_t n)
{
    struct addr a = {.family = 0};

    if (sa->sa_family == AF_INET && n >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in in;

        memcpy(&in, sa, sizeof in);
        a.family = 4;
        a.port = ntohs(in.sin_port);
        memcpy(a.bytes, &in.sin_addr, 4);
    } else if (sa->sa_family == AF_INET6 && n >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 in6;

        memcpy(&in6, sa, sizeof in6);
        a = from_v6(&in6);
    }
    return a;
}

struct addr addr_from_bytes(struct str bytes, uint16_t port)
{
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct addr a = {.family = 4, .port = port};

    if (bytes.n == 16) {
        memcpy(&in6.sin6_addr, bytes.p, 16);
        return from_v6(&in6);
    }
    must(bytes.n == 4);
    memcpy(a.bytes, bytes.p, 4);
    return a;
}

size_t addr_to_sockaddr(const struct addr *a, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (a->family == 4) {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(a->port)};

        memcpy(&in.sin_addr, a->bytes, 4);
        memcpy(out, &in, sizeof in);
        return sizeof in;
    }
    if (a->family == 6) {
        struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(a->port), .sin6_scope_id = a->scope};

        memcpy(&in6.sin6_addr, a->bytes, 16);
        memcpy(out, &in6, sizeof in6);
        return sizeof in6;
    }
    return 0;
}

struct addr addr_of_peer(int fd)
{
    struct sockaddr_storage ss = {0};
    socklen_t n = sizeof ss;

    if (getpeername(fd, (struct sockaddr *)&ss, &n) < 0)
        return (struct addr){.family = 0};
    return addr_from_sockaddr((struct sockaddr *)&ss, n);
}

struct addr addr_of_socket(int fd)
{
    struct sockaddr_storage ss = {0};
    socklen_t n = sizeof ss;

    if (getsockname(fd, (struct sockaddr *)&ss, &n) < 0)
        return (struct addr){.family = 0};
    return addr_from_sockaddr((struct sockaddr *)&ss, n);
}

enum st addr_parse(struct str text, uint16_t port, struct addr *out)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    char z[INET6_ADDRSTRLEN];
    struct str bare = text;

    if (str_starts(text, STR("[")) && str_ends(text, STR("]")))
        bare = str_sub(text, 1, text.n - 2);
    if (bare.n < sizeof z && str_find(bare, 0) == bare.n) {
        memcpy(z, bare.p, bare.n);
        z[bare.n] = 0;
        if (inet_pton(AF_INET, z, &in.sin_addr) == 1) {
            *out = addr_from_sockaddr((struct sockaddr *)&in, sizeof in);
            return ST_OK;
        }
        if (inet_pton(AF_INET6, z, &in6.sin6_addr) == 1) {
            *out = from_v6(&in6);
            return ST_OK;
        }
    }
    return FAIL(ST_SYNTAX, "\"%.*s\" is not an IP address", (int)MIN(text.n, 60), text.p);
}

enum st addr_parse_text(struct str text, struct addr *out)
{
    size_t at = str_rfind(text, ':');
    uint32_t port;

    if (at == text.n)
        return FAIL(ST_SYNTAX, "\"%.*s\" has no port", (int)MIN(text.n, (size_t)60), text.p);
    TRY(str_u32(str_from(text, at + 1), 65535, &port));
    return addr_parse(str_sub(text, 0, at), (uint16_t)port, out);
}

struct str addr_host(const struct addr *a, char *out)
{
    int family = a->family == 4 ? AF_INET : AF_INET6;

    if (a->family == 0)
        return STR("local");
    must(inet_ntop(family, a->bytes, out, ADDR_TEXT_MAX) != NULL);
    return str_z(out);
}

struct str addr_text(const struct addr *a, char *out)
{
    char host[ADDR_TEXT_MAX];
    struct str h = addr_host(a, host);
    int n;

    if (a->family == 0)
        return h;
    n = snprintf(out, ADDR_TEXT_MAX, a->family == 6 ? "[%.*s]:%u" : "%.*s:%u", STR_ARGS(h), a->port);
    return str_n(out, (size_t)n);
}

bool addr_host_eq(const struct addr *a, const struct addr *b)
{
    return a->family == b->family && a->scope == b->scope && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool addr_eq(const struct addr *a, const struct addr *b)
{
    return a->port == b->port && addr_host_eq(a, b);
}

bool addr_is_loopback(const struct addr *a)
{
    static const uint8_t none[16], one[16] = {[15] = 1};

    if (a->family == 0 || memcmp(a->bytes, none, sizeof none) == 0)
        return true;
    return a->family == 4 ? a->bytes[0] == 127 : memcmp(a->bytes, one, sizeof one) == 0;
}

#define NETWORK(text, bits) {text, bits},
static const struct {
    const char *text;
    unsigned bits;
} special[] = {
#include "net/special.def"
};
#undef NETWORK

/* Translated and tunnelled ones (RFC 6052, RFC 3056); mapped ones are IPv4 addresses already. */
static bool embeds_ipv4(const struct addr *a, struct addr *out)
{
    static const uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b};
    size_t at = 0;

    if (a->family != 6)
        return false;
    if (memcmp(a->bytes, nat64, sizeof nat64) == 0)
        at = 12;
    else if (a->bytes[0] == 0x20 && a->bytes[1] == 0x02)
        at = 2;
    *out = (struct addr){.family = 4};
    memcpy(out->bytes, a->bytes + at, 4);
    return at != 0;
}

bool addr_is_public(const struct addr *a)
{
    struct addr network, inner;

    if (embeds_ipv4(a, &inner))
        return addr_is_public(&inner);
    for (size_t i = 0; i < ARRAY_LEN(special); i++) {
        must(addr_parse(str_z(special[i].text), 0, &network) == ST_OK);
        if (addr_in(a, &network, special[i].bits))
            return false;
    }
    return a->family != 0;
}

struct addr addr_network(const struct addr *a, unsigned bits4, unsigned bits6)
{
    unsigned bits = a->family == 4 ? MIN(bits4, 32) : MIN(bits6, 128);
    struct addr net = {.family = a->family};

    memcpy(net.bytes, a->bytes, bits / 8);
    if (bits % 8)
        net.bytes[bits / 8] = (uint8_t)(a->bytes[bits / 8] & (0xff << (8 - bits % 8)));
    return net;
}

bool addr_in(const struct addr *a, const struct addr *network, unsigned bits)
{
    struct addr mine = addr_network(a, bits, bits), theirs = addr_network(network, bits, bits);

    return addr_host_eq(&mine, &theirs);
}

static const struct {
    const char *text;
    unsigned bits;
} house[] = {
    {"10.0.0.0", 8},    {"172.16.0.0", 12}, {"192.168.0.0", 16}, {"169.254.0.0", 16},
    {"100.64.0.0", 10}, {"fc00::", 7},      {"fe80::", 10},
};

bool addr_is_house(const struct addr *a)
{
    struct addr network;

    if (addr_is_loopback(a))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(house); i++) {
        must(addr_parse(str_z(house[i].text), 0, &network) == ST_OK);
        if (addr_in(a, &network, house[i].bits))
            return true;
    }
    return false;
}

enum st addr_network_parse(struct str text, struct addr *out, unsigned *out_bits)
{
    size_t slash = str_find(text, '/');
    struct str number = str_from(text, slash + 1);
    unsigned most, bits = 0;
    struct addr whole;

    TRY(addr_parse(str_sub(text, 0, slash), 0, &whole));
    most = whole.family == 4 ? 32 : 128;
    if (slash == text.n)
        bits = most;
    else if (!number.n || number.n > 3)
        bits = most + 1;
    else
        for (size_t i = 0; i < number.n; i++)
            bits = ascii_is_digit(number.p[i]) ? bits * 10 + (unsigned)(number.p[i] - '0') : most + 1;
    if (bits > most)
        return FAIL(ST_SYNTAX, "\"%.*s\" is not a network: it ends in / and a number of bits", (int)MIN(text.n, 60),
                    text.p);
    *out = addr_network(&whole, bits, bits);
    *out_bits = bits;
    return ST_OK;
}

struct str addr_network_text(const struct addr *network, unsigned bits, char *out)
{
    char host[ADDR_TEXT_MAX];
    struct str h = addr_host(network, host);
    bool is_whole = bits == (network->family == 4 ? 32 : 128);
    int n = snprintf(out, ADDR_TEXT_MAX, is_whole ? "%.*s" : "%.*s/%u", STR_ARGS(h), bits);

    return str_n(out, (size_t)n);
}
