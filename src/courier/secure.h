/* How the courier's connections are protected: the facts for policy/transport.h are gathered here, STARTTLS is done as it says, and how it went becomes
 * words for people and a result for reports. */
#pragma once

#include "courier/courier.h"
#include "net/tls_client.h"
#include "courier/sts.h"
#include "policy/transport.h"

/* What a letter asks of the connections that it takes (RFC 8689). */
struct secure_wish {
    bool needs_tls;      /* REQUIRETLS */
    bool ignores_policy; /* TLS-Required: No */
};
void secure_wish(const struct letter *l, struct str bytes, struct secure_wish *out);

/* What holds for all servers of a domain; it lives as long as the arena. */
struct secure_domain {
    struct str name;
    struct secure_wish wish;
    bool has_rule;
    enum transport_level rule;
    struct sts_found sts; /* MTA-STS; not looked for where a rule or the letter passes it over */
};
/* ST_TRYLATER: nobody can say just now. */
enum st secure_domain(struct courier *c, struct arena *a, struct str domain, const struct secure_wish *wish,
                      struct secure_domain *out) SUSPENDS MUST_USE;

/* How it went, or why it could not be. */
struct secure_end {
    enum tls_result result;
    bool is_final; /* this letter can't go there, ever */
    const char *status;
    struct str text;  /* a sentence, with the server's name */
    struct addr from; /* ours, of the connection; of no family: there was none */
};

/* One server, and what is asked of it. */
struct secure {
    struct courier *c;
    const struct secure_domain *domain;
    const struct route_host *host;
    struct transport t;
    struct tls_peer peer;
    struct str tlsa_base;        /* where its TLSA records stand, or were looked for last; empty: nowhere */
    const struct tls_tlsa *tlsa; /* all of them, usable or not */
    size_t n_tlsa;
};
/* What is to be done with this server of the route. ST_DENIED: it may not be used (`end` says why). */
enum st secure_host(struct courier *c, struct arena *a, const struct secure_domain *d, const struct route *r,
                    struct route_host *host, struct secure *out, struct secure_end *end) SUSPENDS MUST_USE;

/* STARTTLS, where it has to be or can be, behind the first EHLO. ST_DENIED and others: the connection is not what it has to be, or is broken; `end` says
 * how. Where level and reason allow it (TRANSPORT_MAY), another connection without TLS may follow. */
enum st secure_starttls(const struct secure *x, struct tls_client *tls, struct smtp_client *client, struct arena *a,
                        struct secure_end *end) SUSPENDS MUST_USE;

/* One attempt is over, or was not made: every attempt ends here, once, with exactly one result. */
void tls_note(struct courier *c, const struct secure *x, const struct secure_end *end);

/* "TLSv1.3 TLS_AES_256_GCM_SHA384 dane", for logs and answers; empty without TLS. */
struct str secure_words(struct arena *a, const struct secure *x, const struct smtp_client *client);
