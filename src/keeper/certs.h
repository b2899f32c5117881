/* Certificates and their private keys, which never leave this process: gates get the chains and have handshakes signed
 * here. A set is immutable once loaded; a reload makes a new one with new key numbers, and the set before it goes on
 * signing for handshakes that began under it. */
#pragma once

#include "base/arena.h"
#include "net/tls.h"

#define CERTS_MAX 256
#define CERT_CHAIN_MAX 60000 /* bytes of PEM; a message's bound */
#define CERT_KEY_MAX 32768
#define CERT_SIGNATURE_MAX 1024

struct certs;

struct certs *certs_new(uint32_t first_key); /* numbers of keys count from here */
void certs_free(struct certs *c);            /* NULL does nothing; keys are wiped by OpenSSL */

struct cert_file {
    struct str name; /* for error texts */
    struct str pem;
};

/* Chain (leaf first) and key. ST_SYNTAX: not such PEM, an encrypted key, a key that isn't the leaf's, a kind that isn't
 * P-256, P-384, RSA of 2048 to 8192 bits or Ed25519; the text names the file and says what to write instead. The caller
 * wipes key.pem. */
enum st certs_add(struct certs *c, struct cert_file chain, struct cert_file key) MUST_USE;

size_t certs_count(const struct certs *c);
struct str certs_chain(const struct certs *c, size_t i); /* PEM, rewritten: leaf first, nothing but certificates */
uint32_t certs_key(const struct certs *c, size_t i);
uint64_t certs_expires_s(const struct certs *c, size_t i); /* end of the leaf's validity, seconds since 1970 */

/* As net/tls.h says. Microseconds for elliptic curves, less than a millisecond for RSA 2048. ST_NOTFOUND, ST_SYNTAX. */
enum st certs_sign(const struct certs *c, uint32_t key, enum tls_key_kind kind, struct str input,
                   unsigned char out[CERT_SIGNATURE_MAX], size_t *out_n) MUST_USE;
