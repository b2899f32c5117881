/* How a connection to one server of a domain is to be protected, or that the server may not be used: DANE (RFC 7672), MTA-STS (RFC 8461), REQUIRETLS
 * and TLS-Required (RFC 8689), and the administrator's rules. Pure: facts in, verdict and reason out. */
#pragma once

#include "policy/mta_sts.h"

enum transport_level {
#define LEVEL(id, name, text) TRANSPORT_##id,
#include "policy/transport_levels.def"
#undef LEVEL
    TRANSPORT_LEVELS
};

enum tls_result {
#define RESULT(id, name, text) TLS_RESULT_##id,
#include "policy/tls_results.def"
#undef RESULT
    TLS_RESULTS
};

/* What the DNS says of TLSA records of a server. */
enum transport_tlsa {
    TRANSPORT_TLSA_UNASKED, /* the answers that lead to the server are not secured by DNSSEC (RFC 7672 sections 2.2.1 and 2.2.2) */
    TRANSPORT_TLSA_ABSENT,   /* there are none, or they are not secured */
    TRANSPORT_TLSA_USABLE,   /* one at least is */
    TRANSPORT_TLSA_UNUSABLE, /* none is */
    TRANSPORT_TLSA_BOGUS,
    TRANSPORT_TLSA_UNKNOWN /* no answer */
};

struct transport_facts {
    bool is_mx_secure; /* that the domain names this server, or has no MX, is secured by DNSSEC */
    enum transport_tlsa tlsa;
    enum sts_mode sts;   /* the policy of the domain */
    bool sts_names_host; /* the server is one of those that it lists */
    bool has_rule;
    enum transport_level rule; /* the administrator's, for the domain */
    bool needs_tls;            /* the letter came with REQUIRETLS, and is not a notice (RFC 8689 section 5) */
    bool ignores_policy;       /* the letter has TLS-Required: No, and is not `needs_tls` */
};

struct transport {
    bool may_use;
    enum transport_level level;
    bool is_qualified; /* REQUIRETLS may be said over such a connection (RFC 8689 section 2) */
    bool
        looks_only; /* the certificate is looked at as for TRANSPORT_VERIFY, and what is found only noted (RFC 8461 section 5, testing) */
    const char *by; /* what has decided: "dane", "sts", "rule", "requiretls", "opportunistic" */
    /* when it may not be used, or in testing mode would not be: */
    enum tls_result result;
    bool is_final;      /* the letter can't ever go there */
    const char *status; /* enhanced status code */
    const char *text;   /* goes on behind the server's name: " is not ..." */
};

void transport_decide(const struct transport_facts *f, struct transport *out);

const char *transport_level_name(enum transport_level level);
/* ST_SYNTAX, with the names that there are. */
enum st transport_level_find(struct str name, enum transport_level *out) MUST_USE;
const char *tls_result_name(enum tls_result r);
