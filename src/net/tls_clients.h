/* Certificates of clients: from whom they may be, and what a good one says. The gate asks for them in its handshakes; the keeper looks at
 * what a gate passes on once more, since a gate is nobody to be believed. A set is counted by its owners, all on one core; looking at a
 * certificate may happen on another thread. Nothing here suspends. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

struct tls_server;
struct tls_clients;

#define TLS_CLIENT_CHAIN_MAX 16384 /* bytes of a client's certificate with those that it brings along */
#define TLS_CLIENT_NAMES_MAX 20    /* addresses in one certificate */
#define TLS_FINGERPRINT_BYTES 32

/* `pem`: certificates that vouch for clients, and lists of revoked ones (CRLs); with one such list, each that vouches must have one that
 * has not run out. `required`: there is no TLS without. `server`: whose handshakes ask, NULL for none. One reference. ST_SYNTAX. */
enum st tls_clients_new(struct tls_server *server, struct str pem, bool required, struct tls_clients **out) MUST_USE;
struct tls_clients *tls_clients_ref(struct tls_clients *c);
void tls_clients_unref(struct tls_clients *c); /* NULL does nothing */

struct tls_client_cert {
    unsigned char fingerprint[TLS_FINGERPRINT_BYTES]; /* SHA-256 of the certificate */
    struct str *names;                                /* its rfc822Names (RFC 5280 section 4.2.1.6) */
    size_t n_names;
};
/* `chain`: DER, the client's own first, one behind the other. As of now. ST_DENIED: it does not hold, the error says why; ST_EXPIRED. */
enum st tls_clients_look(struct tls_clients *c, struct str chain, struct arena *a, struct tls_client_cert *out)
    MUST_USE;

/* What check-config says of such a file: ST_SYNTAX. */
enum st tls_clients_check(struct str pem) MUST_USE;
