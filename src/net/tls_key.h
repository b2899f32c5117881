/* The private half of a certificate, for the process that holds it (the keeper): what a tls_sign_fn
 * (net/tls.h) asks for is computed here. */
#pragma once

#include "net/tls.h"

struct tls_key;

/* A private key in PEM: ECDSA (P-256, P-384, P-521) or RSA from 2048 bits. ST_SYNTAX says what is wrong with it. */
enum st tls_key_load(struct str pem, struct tls_key **out) MUST_USE;
void tls_key_free(struct tls_key *k); /* NULL is fine */
enum tls_key_kind tls_key_kind(const struct tls_key *k);

/* True when the first certificate of the chain is of this key. */
bool tls_key_fits(const struct tls_key *k, struct str chain_pem);

/* As tls_sign_fn. Takes 25 µs (P-256) to 1 ms (RSA-2048); doesn't wait. ST_SYNTAX: the input is not
 * what this kind of key signs. ST_LIMIT: out_max is too small. */
enum st tls_key_sign(const struct tls_key *k, enum tls_key_kind kind, struct str input, unsigned char *out,
                     size_t out_max, size_t *out_n) MUST_USE;
#define TLS_SIGNATURE_MAX 1024 /* of an RSA key of 8192 bits */
