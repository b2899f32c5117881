/* The client's side of TLS: who is trusted, and one remembered session. */
#pragma once

#include "base/str.h"

struct tls_client;

struct tls_client_options {
    struct str ca_pem; /* certificates that are trusted; empty: the system's, unless `no_check` */
    bool no_check;     /* takes any certificate (opportunistic TLS, RFC 7435) */
    bool keep_session; /* remembers the newest session and offers it again, to whatever host */
    struct str alpn;   /* length-prefixed names; may be empty */
};

/* ST_SYNTAX when ca_pem holds no certificate. */
enum st tls_client_new(const struct tls_client_options *opt, struct tls_client **out) MUST_USE;
/* Streams must be gone before. */
void tls_client_free(struct tls_client *c);
