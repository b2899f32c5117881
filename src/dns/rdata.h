/* Data of DNS records as values: pure readers of the wire form (RFC 1035 section 3.3), as the resolver hands it over, names without
 * compression. What does not fit its type is ST_SYNTAX, never half read. Texts live in the arena. */
#pragma once

#include "base/arena.h"

enum dns_type {
#define TYPE(id, number, name) DNS_##id = (number),
#include "dns/types.def"
#undef TYPE
};

#define DNS_NAME_MAX 255

struct dns_mx {
    uint16_t preference;
    struct str host; /* "": the null MX of RFC 7505 */
};

struct dns_tlsa { /* RFC 6698 section 2.1 */
    uint8_t usage, selector, matching;
    struct str data;
};

/* A name in presentation form, lower case, without the last dot; the root is "". Only what can be a host name or a service label: letters,
 * digits, '-' and '_'; anything else in a label is ST_SYNTAX, so that no dot or control byte of a label becomes part of a text. */
enum st dns_read_name(struct arena *a, struct str rdata, struct str *out) MUST_USE;
enum st dns_read_mx(struct arena *a, struct str rdata, struct dns_mx *out) MUST_USE;
enum st dns_read_txt(struct arena *a, struct str rdata, struct str *out)
    MUST_USE; /* its strings one behind the other (RFC 7208 section 3.3) */
enum st dns_read_tlsa(struct str rdata, struct dns_tlsa *out) MUST_USE; /* `data` is a view of rdata */

/* The name that is asked for: of an internationalised domain its A-labels (RFC 5890, by UTS 46, non-transitional), lower case, without the last
 * dot. ST_SYNTAX. */
enum st dns_ascii_name(struct arena *a, struct str domain, struct str *out) MUST_USE;

struct dns_srv { /* RFC 2782 */
    uint16_t priority, weight, port;
    struct str target; /* "": there is no such service */
};
enum st dns_read_srv(struct arena *a, struct str rdata, struct dns_srv *out) MUST_USE;

/* "MX", "mx": which type is that? ST_SYNTAX. */
enum st dns_type_parse(struct str name, enum dns_type *out) MUST_USE;
const char *dns_type_name(enum dns_type type);
/* A record in presentation form, names with their last dot: "10 mail.example.org.". A TXT record is its bare text, what is not printable as \DDD
 * (RFC 1035 section 5.1); types that are not taken apart, and what can't be read, in the form of RFC 3597 section 5. */
struct str dns_rdata_text(struct arena *a, enum dns_type type, struct str rdata);

/* The name under which an address is looked up backwards: "1.2.0.192.in-addr.arpa". `bytes` are 4 or 16. */
struct str dns_reverse_name(struct arena *a, struct str bytes);
