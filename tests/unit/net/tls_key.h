/* Private keys that tests sign with, as the keeper does for a server (keeper/certs.c), which these rooms do not know. */
#pragma once

#include "net/tls_inside.h"

#include <openssl/err.h>
#include <openssl/pem.h>

struct tls_key {
    EVP_PKEY *pkey;
    enum tls_key_kind kind;
};

/* No pass phrases: there is nobody to ask. */
static int no_pass_phrase(UNUSED char *buf, UNUSED int size, UNUSED int rwflag, UNUSED void *arg)
{
    return -1;
}

static enum st check_kind(EVP_PKEY *pkey, enum tls_key_kind *out)
{
    if (EVP_PKEY_is_a(pkey, "RSA")) {
        if (EVP_PKEY_get_bits(pkey) < 2048 || EVP_PKEY_get_size(pkey) > TLS_SIGNATURE_MAX)
            return FAIL(ST_SYNTAX, "an RSA key of %d bits; 2048 to 8192 are supported", EVP_PKEY_get_bits(pkey));
        *out = TLS_KEY_RSA;
        return ST_OK;
    }
    if (EVP_PKEY_is_a(pkey, "EC") && EVP_PKEY_get_bits(pkey) >= 256) {
        *out = TLS_KEY_ECDSA;
        return ST_OK;
    }
    return FAIL(ST_SYNTAX, "a key of type %s; ECDSA (P-256 or larger) and RSA are supported",
                EVP_PKEY_get0_type_name(pkey));
}

static enum st tls_key_load(struct str pem, struct tls_key **out)
{
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    EVP_PKEY *pkey;
    enum tls_key_kind kind;
    enum st st;

    ERR_clear_error();
    pkey = PEM_read_bio_PrivateKey(bio, NULL, no_pass_phrase, NULL);
    BIO_free(bio);
    if (!pkey)
        return tls_fail(ST_SYNTAX, "no private key in PEM form without a pass phrase");
    st = check_kind(pkey, &kind);
    if (st != ST_OK) {
        EVP_PKEY_free(pkey);
        return st;
    }
    *out = MEM_NEW(struct tls_key);
    **out = (struct tls_key){pkey, kind};
    return ST_OK;
}

static void tls_key_free(struct tls_key *k)
{
    if (!k)
        return;
    EVP_PKEY_free(k->pkey); /* clears the private parts */
    mem_free(k);
}

static enum st sign_with(EVP_PKEY_CTX *ctx, enum tls_key_kind kind, struct str input, unsigned char *out, size_t *out_n)
{
    if (!ctx || EVP_PKEY_sign_init(ctx) != 1)
        return tls_fail(ST_INTERNAL, "signing");
    if (kind == TLS_KEY_RSA && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) != 1)
        return tls_fail(ST_INTERNAL, "signing");
    if (EVP_PKEY_sign(ctx, out, out_n, (const unsigned char *)input.p, input.n) != 1)
        return tls_fail(ST_SYNTAX, "signing");
    return ST_OK;
}

static enum st tls_key_sign(const struct tls_key *k, enum tls_key_kind kind, struct str input, unsigned char *out,
                            size_t out_max, size_t *out_n)
{
    size_t n = (size_t)EVP_PKEY_get_size(k->pkey);
    EVP_PKEY_CTX *ctx;
    enum st st;

    if (kind != k->kind)
        return FAIL(ST_SYNTAX, "the key is of another kind");
    if (kind == TLS_KEY_RSA ? input.n != n : input.n < 20 || input.n > 64)
        return FAIL(ST_SYNTAX, "%zu bytes are not what is signed", input.n);
    if (out_max < n)
        return FAIL(ST_LIMIT, "a signature of up to %zu bytes", n);
    ERR_clear_error();
    ctx = EVP_PKEY_CTX_new(k->pkey, NULL);
    st = sign_with(ctx, kind, input, out, &n);
    EVP_PKEY_CTX_free(ctx);
    TRY(st);
    *out_n = n;
    return ST_OK;
}
