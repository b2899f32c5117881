/* Questions to the resolver, and its answers as values. Each waits until the deadline at most. Besides ST_OK:
 *   ST_NOTFOUND  there is no such name, or nothing of that type (`secure` says whether that is proven)
 *   ST_TRYLATER  no answer now: servers that don't answer, a restarting resolver, the deadline
 *   ST_CORRUPT   DNSSEC says that the answer is forged (bogus): nothing of it may be used
 *   ST_SYNTAX    the question is no name, or every record is malformed
 * A record that is malformed among good ones is left out. */
#pragma once

#include "dns/rdata.h"
#include "ipc/ipc.h"

struct dns {
    bool secure;  /* validated by DNSSEC, from the root down; also of a NOTFOUND */
    uint32_t ttl; /* what is left of it; of a NOTFOUND, how long that may be taken for true: 0 where nobody says */
    struct str canonical; /* the name that the records stand at, behind aliases */
};

struct dns_addr {
    struct str bytes; /* 4 or 16 */
};

#define DNS_RECORDS_MAX 256 /* of one answer; further ones are left out */

/* Domains may be internationalised: A-labels are asked for. `out` is filled also for ST_NOTFOUND. */
enum st dns_mx(struct ipc *resolver, struct arena *a, struct str domain, mono_ms deadline, struct dns *out,
               struct dns_mx **out_mx, size_t *out_n) SUSPENDS MUST_USE;
enum st dns_addrs(struct ipc *resolver, struct arena *a, struct str host, enum dns_type a_or_aaaa, mono_ms deadline,
                  struct dns *out, struct dns_addr **out_addrs, size_t *out_n) SUSPENDS MUST_USE;
enum st dns_txt(struct ipc *resolver, struct arena *a, struct str name, mono_ms deadline, struct dns *out,
                struct str **out_txt, size_t *out_n) SUSPENDS MUST_USE;
enum st dns_tlsa(struct ipc *resolver, struct arena *a, struct str name, mono_ms deadline, struct dns *out,
                 struct dns_tlsa **out_tlsa, size_t *out_n) SUSPENDS MUST_USE;
/* Where an alias leads. */
enum st dns_cname(struct ipc *resolver, struct arena *a, struct str name, mono_ms deadline, struct dns *out,
                  struct str *out_target) SUSPENDS MUST_USE;
/* Names of an address of 4 or 16 bytes. */
enum st dns_ptr(struct ipc *resolver, struct arena *a, struct str bytes, mono_ms deadline, struct dns *out,
                struct str **out_names, size_t *out_n) SUSPENDS MUST_USE;
