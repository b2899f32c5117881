/* The client's side of TLS: who is trusted, and one remembered session. */
#pragma once

#include "base/str.h"

struct tls_client;

struct tls_client_options {
    struct str ca_pem; /* certificates that are trusted; empty: the system's, unless `no_check` */
    bool no_check;     /* takes any certificate (opportunistic TLS, RFC 7435) */
    bool no_ca;        /* nobody is trusted, but for what TLSA records name */
    bool dane;         /* TLS_TRUST_DANE may be asked for */
    bool keep_session; /* remembers the newest session and offers it again, to whatever host */
    struct str alpn;   /* length-prefixed names; may be empty */
};

/* One server: how its certificate is looked at. */
enum tls_trust {
    TLS_TRUST_CLIENT, /* as the client's options say */
    TLS_TRUST_ANY,    /* not at all */
    TLS_TRUST_NOTE,   /* as PKIX, but the handshake goes on whatever is found: stream_tls_verdict */
    TLS_TRUST_PKIX,   /* it is for `name`, from an authority that the client trusts */
    TLS_TRUST_DANE    /* it is one that `tlsa` names (RFC 6698, 7671, 7672) */
};

struct tls_tlsa {
    uint8_t usage, selector, matching;
    struct str data;
};

#define TLS_NAMES_MAX 4

struct tls_peer {
    enum tls_trust trust;
    struct str name;                 /* for SNI and for the check; of DANE: where its TLSA records stand */
    struct str names[TLS_NAMES_MAX]; /* others that it may be for, for DANE with usage 2 */
    size_t n_names;
    bool
        takes_weak; /* where the other choice is plain text (RFC 7435): old ciphers, short keys, SHA-1. Only with ANY and NOTE, and what is noted is as strict as ever */
    const struct tls_tlsa *tlsa; /* those that are of no use are passed over */
    size_t n_tlsa;
};

/* How many of them OpenSSL has use for. */
size_t tls_client_usable(struct tls_client *c, const struct tls_tlsa *tlsa, size_t n);

/* ST_SYNTAX when ca_pem holds no certificate. */
enum st tls_client_new(const struct tls_client_options *opt, struct tls_client **out) MUST_USE;
/* Gives one's reference back; streams must be gone before the last one is. */
void tls_client_free(struct tls_client *c);
struct tls_client *tls_client_ref(struct tls_client *c);
