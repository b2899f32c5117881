/* What the files of TLS share. Used inside net/ only. */
#pragma once

#include "base/list.h"
#include "net/layer.h"
#include "net/tls.h"
#include "net/tls_client.h"
#include "net/tls_clients.h"

#include <openssl/ssl.h>

/* The certificates that are served together. Connections hold a reference, so that a set that was
 * replaced lives until its last connection is over; so does the server. All on one core. */
struct tls_set;

void tls_set_ref(struct tls_set *set);
void tls_set_unref(struct tls_set *set); /* NULL is fine */

/* A certificate's public key as a key object whose private operations ask `sign`. */
struct tls_cert {
    tls_sign_fn *sign;
    void *sign_arg;
    uint32_t key_id;
};
/* ST_SYNTAX for kinds of key that are not supported. `cert` must live as long as what uses *out. */
enum st tls_remote_key(OSSL_LIB_CTX *lib, X509 *x509, struct tls_cert *cert, EVP_PKEY **out) MUST_USE;

/* The current set and its default context; NULL before the first commit. */
struct tls_set *tls_server_set(struct tls_server *t);
SSL_CTX *tls_set_context(struct tls_set *set);
/* What stands for its certificates. A session is resumed under the same ones only: what a login is bound to would be another certificate than
 * the one that the client has seen (RFC 5929 section 4). */
#define TLS_SET_ID_BYTES 32
const unsigned char *tls_set_id(const struct tls_set *set);
OSSL_LIB_CTX *tls_server_lib(const struct tls_server *t);

/* What a connection of the server's side wants of its client; the SSL's app data. */
struct tls_service {
    const struct tls_alpn *alpn; /* NULL: what the client names is not looked at */
    struct tls_clients *clients; /* NULL: no certificate is asked for */
};
/* Before the handshake; and what an SSL forgets when it changes to another certificate's context. */
void tls_clients_begin(struct tls_clients *c, SSL *ssl, const unsigned char set_id[TLS_SET_ID_BYTES]);
void tls_clients_ask(struct tls_clients *c, SSL *ssl);
bool tls_clients_are_required(const struct tls_clients *c); /* NULL: no */

/* A client's connection object, with name, verification and a remembered session set; owned by the caller. */
enum st tls_client_ssl(struct tls_client *c, struct str host, SSL **out) MUST_USE;

enum st tls_client_peer_ssl(struct tls_client *c, const struct tls_peer *peer, SSL **out) MUST_USE;

/* FAIL with what OpenSSL's queue says; empties the queue. */
enum st tls_fail(enum st st, const char *what);

/* Puts `ssl` (owned from now on) on the stream as a layer and runs its handshake. */
/* `service` NULL: the client's side. */
enum st tls_layer_push(struct stream *s, SSL *ssl, struct tls_set *set, const struct tls_service *service,
                       mono_ms deadline) SUSPENDS MUST_USE;

/* Every SSL_CTX of ours, both sides: versions, ciphers, memory. */
enum st tls_context_new(OSSL_LIB_CTX *lib, const SSL_METHOD *method, SSL_CTX **out) MUST_USE;
