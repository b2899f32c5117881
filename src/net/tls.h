/* The server side of TLS (OpenSSL), one context per core with a library context of its own (no
 * shared locks). The private key is not here: signatures are asked of the keeper through a callback
 * that suspends the handshake's coroutine. TLS 1.2 with ECDHE only, and 1.3. */
#pragma once

#include "co/co.h"
#include "base/buf.h"

struct tls_server;

enum tls_key_kind { TLS_KEY_ECDSA, TLS_KEY_RSA, TLS_KEY_ED25519 };

/* Signs for key `key_id`. ECDSA: `input` is the digest, the result a DER signature. RSA: `input`
 * is what is to be raised to the private exponent (padded: PSS, or PKCS #1 v1.5, by OpenSSL above), raw
 * private-key operation. ED25519: `input` is the message. Written to out[0..*out_n), at most out_max. */
typedef enum st tls_sign_fn(void *arg, uint32_t key_id, enum tls_key_kind kind, struct str input, unsigned char *out,
                            size_t out_max, size_t *out_n) SUSPENDS;

struct tls_server *tls_server_new(tls_sign_fn *sign, void *sign_arg);
void tls_server_free(struct tls_server *t); /* handshakes and connections that use it keep it alive */

/* A certificate chain in PEM (leaf first) whose key the keeper has as `key_id`. Replaces the set at
 * the next tls_server_commit; names for SNI are read from the leaf (subjectAltName, wildcards). */
enum st tls_server_add(struct tls_server *t, struct str chain_pem, uint32_t key_id) MUST_USE;
enum st tls_server_commit(struct tls_server *t) MUST_USE; /* new connections see the new set */

/* Session ticket keys, the same in all gates: 80 bytes each, newest first, at most 4. */
#define TLS_TICKET_KEY_BYTES 80
enum st tls_server_tickets(struct tls_server *t, struct str keys) MUST_USE;

/* ALPN protocols that are accepted, e.g. "imap" (RFC 8314 section 3.3? see IANA: "imap", "pop3"). */
void tls_server_alpn(struct tls_server *t, struct str wire_list); /* length-prefixed names */
