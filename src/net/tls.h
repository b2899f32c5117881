/* The server side of TLS (OpenSSL), one context per core with a library context of its own (no
 * shared locks). The private key is not here: signatures are asked of the keeper through a callback
 * that suspends the handshake's coroutine. TLS 1.2 with ECDHE and an AEAD cipher only, and 1.3; no
 * renegotiation, no compression, sessions in tickets only. */
#pragma once

#include "co/co.h"
#include "base/buf.h"

struct tls_server;

enum tls_key_kind { TLS_KEY_ECDSA, TLS_KEY_RSA, TLS_KEY_ED25519 };
#define TLS_SIGNATURE_MAX 1024 /* of an RSA key of 8192 bits */

/* Signs for key `key_id` (the keeper is the other side). ECDSA: `input` is the digest, the result a DER signature. RSA: `input`
 * is what is to be raised to the private exponent (padded: PSS, or PKCS #1 v1.5, by OpenSSL above), raw
 * private-key operation. ED25519 is not asked for: OpenSSL 3.0 has no way to, and such certificates are
 * refused; it stays in the enum for keys of other uses. Written to out[0..*out_n), at most out_max. */
typedef enum st tls_sign_fn(void *arg, uint32_t key_id, enum tls_key_kind kind, struct str input, unsigned char *out,
                            size_t out_max, size_t *out_n) SUSPENDS;

struct tls_server *tls_server_new(tls_sign_fn *sign, void *sign_arg);
void tls_server_free(struct tls_server *t); /* handshakes and connections that use it keep it alive */

/* What the certificates that are added from now on are served with: TLS 1.3 only or 1.2 too; cipher suites of 1.2 and
 * groups in OpenSSL's notation, empty: forward secrecy and AEAD only, and the usual curves. ST_SYNTAX: OpenSSL doesn't
 * know them; all stays as it was. */
enum st tls_server_limits(struct tls_server *t, bool only_1_3, struct str ciphers, struct str groups) MUST_USE;

/* What OpenSSL does not know in such a list: its first unknown word, or all of it where no word is to blame. Empty: it
 * is fine. For checks before anything runs; the library's memory comes and goes. */
struct str tls_unknown_cipher(struct str ciphers);
struct str tls_unknown_group(struct str groups);

/* A certificate chain in PEM (leaf first) whose key the keeper has as `key_id`. Replaces the set at
 * the next tls_server_commit; names for SNI are read from the leaf (subjectAltName, wildcards). The
 * first one is shown to clients that ask for no name or an unknown one; where two have a name, the first
 * one has it. ST_SYNTAX says what is wrong with it; the others stay. */
enum st tls_server_add(struct tls_server *t, struct str chain_pem, uint32_t key_id) MUST_USE;
/* New connections see the new set, those that are there keep theirs. ST_NOTFOUND: nothing was added; the old
 * set stays. */
enum st tls_server_commit(struct tls_server *t) MUST_USE;

/* Session ticket keys, the same in all gates: 80 bytes each, newest first, at most 4. Until it is called,
 * tickets are of a random key of this server. May be called at any time: old tickets are good as long as
 * their key is given. ST_SYNTAX: not a multiple of 80, none, or too many. */
#define TLS_TICKET_KEY_BYTES 80
#define TLS_TICKET_KEYS_MAX 4
enum st tls_server_tickets(struct tls_server *t, struct str keys) MUST_USE;

/* What a service makes of the protocols that a client names (ALPN, RFC 7301). Both are lists as on the wire, "\4imap\4pop3",
 * with names of IANA's registry. A client that names none is always welcome. */
struct tls_alpn {
    struct str ours;   /* one of these is answered; a client that names only others is refused (section 3.2) */
    struct str others; /* where `ours` is empty nothing is answered, and a client that names only these is refused */
};
