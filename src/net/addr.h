/* An internet address with a port, as a value. IPv4 addresses that came over an IPv6 socket
 * (::ffff:a.b.c.d) are IPv4 here, so that lists and limits see one form. */
#pragma once

#include "base/arena.h"

struct sockaddr;
struct sockaddr_storage;

struct addr {
    uint8_t family; /* 4 or 6; 0: none (a local socket) */
    uint16_t port;
    uint8_t bytes[16]; /* the first 4 for IPv4; the rest is zero */
    uint32_t scope;    /* of a link-local IPv6 address */
};

#define ADDR_TEXT_MAX 64

struct addr addr_from_sockaddr(const struct sockaddr *sa, size_t n);
size_t addr_to_sockaddr(const struct addr *a, struct sockaddr_storage *out); /* its length; 0 for none */
struct addr addr_from_bytes(struct str bytes, uint16_t port);                /* 4 or 16, as in the DNS */
struct addr addr_of_peer(int fd);                                            /* family 0 when there is none */
struct addr addr_of_socket(int fd);

/* "192.0.2.1", "2001:db8::1", without the port; also in brackets. ST_SYNTAX. No look-up of names. */
enum st addr_parse(struct str text, uint16_t port, struct addr *out) MUST_USE;

/* What addr_text gives: "192.0.2.1:25", "[2001:db8::1]:25". ST_SYNTAX. */
enum st addr_parse_text(struct str text, struct addr *out) MUST_USE;

/* Views of `out`, of ADDR_TEXT_MAX bytes. */
struct str addr_host(const struct addr *a, char *out); /* "2001:db8::1"; "local" for none */
struct str addr_text(const struct addr *a, char *out); /* "[2001:db8::1]:25" */

bool addr_eq(const struct addr *a, const struct addr *b);      /* with the port */
bool addr_host_eq(const struct addr *a, const struct addr *b); /* without */
bool addr_is_loopback(const struct addr *a); /* leads to this machine: also 0.0.0.0 and ::, to whoever connects there */
/* Of the world: not of this machine, a private network, a link, a group, nor set aside for anything else (net/special.def); an IPv4
 * address within an IPv6 one counts as itself. */
bool addr_is_public(const struct addr *a);

/* Of this house: of this machine, a private network (RFC 1918, RFC 4193), a link, or shared with a provider's customers (RFC 6598). Nobody
 * is counted or banned there: behind a proxy or in an office all users share one address. */
bool addr_is_house(const struct addr *a);

/* "192.0.2.0/24", or an address alone; bits behind the network are made zero. ST_SYNTAX. */
enum st addr_network_parse(struct str text, struct addr *out, unsigned *out_bits) MUST_USE;
/* The same back, without the bits of a whole address; a view of `out`, of ADDR_TEXT_MAX bytes. */
struct str addr_network_text(const struct addr *network, unsigned bits, char *out);

/* The network that limits are kept for: the first `bits4` bits of an IPv4, `bits6` of an IPv6 address,
 * the rest and the port zero. */
struct addr addr_network(const struct addr *a, unsigned bits4, unsigned bits6);
bool addr_in(const struct addr *a, const struct addr *network, unsigned bits);
