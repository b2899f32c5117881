#include "keeper/certs.h"

#include "base/clock.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#define CHAIN_LENGTH_MAX 20

struct cert {
    EVP_PKEY *key;
    enum tls_key_kind kind;
    struct str chain; /* in the arena */
    uint64_t expires_s;
};

struct certs {
    struct arena arena;
    uint32_t first_key;
    size_t n;
    struct cert list[CERTS_MAX];
};

struct certs *certs_new(uint32_t first_key)
{
    struct certs *c = MEM_NEW(struct certs);

    c->first_key = first_key;
    return c;
}

void certs_free(struct certs *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->n; i++)
        EVP_PKEY_free(c->list[i].key);
    arena_fini(&c->arena);
    mem_free(c);
}

/* An encrypted key fails instead of asking on the terminal. */
static int no_password(char *buf UNUSED, int size UNUSED, int rwflag UNUSED, void *arg UNUSED)
{
    return -1;
}

static bool kind_of(const EVP_PKEY *key, enum tls_key_kind *out)
{
    int bits = EVP_PKEY_get_bits(key);

    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_EC: *out = TLS_KEY_ECDSA; return bits == 256 || bits == 384;
    case EVP_PKEY_RSA: *out = TLS_KEY_RSA; return bits >= 2048 && bits <= CERT_SIGNATURE_MAX * 8;
    case EVP_PKEY_ED25519: *out = TLS_KEY_ED25519; return true;
    default: return false;
    }
}

static uint64_t expiry_of(const X509 *leaf)
{
    struct tm tm;

    if (!ASN1_TIME_to_tm(X509_get0_notAfter(leaf), &tm))
        return 0;
    return (uint64_t)(days_from_civil(tm.tm_year + 1900, (unsigned)tm.tm_mon + 1, (unsigned)tm.tm_mday) * 86400 +
                      tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec);
}

/* Reads all certificates of `pem` and writes them again, so that a gate is never sent anything else that the file may
 * hold, a private key above all. */
static enum st read_chain(struct cert_file chain, struct arena *a, struct str *out_pem, X509 **out_leaf)
{
    BIO *in = BIO_new_mem_buf(chain.pem.p, (int)chain.pem.n), *out = BIO_new(BIO_s_mem());
    X509 *leaf = NULL, *x;
    size_t n = 0;
    char *text;
    long length;
    enum st st = ST_OK;

    while (n <= CHAIN_LENGTH_MAX && (x = PEM_read_bio_X509(in, NULL, no_password, NULL)) != NULL) {
        if (PEM_write_bio_X509(out, x) != 1)
            st = FAIL(ST_INTERNAL, "writing a certificate");
        if (n++ == 0)
            leaf = x;
        else
            X509_free(x);
    }
    length = BIO_get_mem_data(out, &text);
    if (n == 0)
        st = FAIL(ST_SYNTAX,
                  "certificate %.*s: there is no certificate in PEM form in it: write the file that begins with "
                  "-----BEGIN CERTIFICATE-----",
                  STR_ARGS(chain.name));
    else if (n > CHAIN_LENGTH_MAX || length > CERT_CHAIN_MAX)
        st = FAIL(ST_LIMIT, "certificate %.*s: the chain is too long: %d certificates and %d bytes are the most",
                  STR_ARGS(chain.name), CHAIN_LENGTH_MAX, CERT_CHAIN_MAX);
    if (st == ST_OK) {
        *out_pem = arena_str(a, str_n(text, (size_t)length));
        *out_leaf = leaf;
    } else {
        X509_free(leaf);
    }
    BIO_free(in);
    BIO_free(out);
    ERR_clear_error();
    return st;
}

static enum st read_key(struct cert_file file, const X509 *leaf, struct cert *out)
{
    BIO *in = BIO_new_mem_buf(file.pem.p, (int)file.pem.n);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, no_password, NULL);
    enum st st = ST_OK;

    BIO_free(in);
    ERR_clear_error();
    if (!key)
        return FAIL(ST_SYNTAX,
                    "key %.*s: there is no private key in PEM form without a password in it: write the file that "
                    "begins with -----BEGIN PRIVATE KEY-----",
                    STR_ARGS(file.name));
    if (!kind_of(key, &out->kind))
        st = FAIL(ST_SYNTAX, "key %.*s: write one that is P-256, P-384, RSA of 2048 to 8192 bits, or Ed25519",
                  STR_ARGS(file.name));
    else if (X509_check_private_key(leaf, key) != 1)
        st = FAIL(ST_SYNTAX, "key %.*s is not the key of that certificate: write the two files that were made together",
                  STR_ARGS(file.name));
    ERR_clear_error();
    if (st == ST_OK)
        out->key = key;
    else
        EVP_PKEY_free(key);
    return st;
}

enum st certs_add(struct certs *c, struct cert_file chain, struct cert_file key)
{
    struct cert cert = {0};
    X509 *leaf;
    enum st st;

    if (c->n == CERTS_MAX || chain.pem.n > CERT_CHAIN_MAX * 4 || key.pem.n > CERT_KEY_MAX)
        return FAIL(ST_LIMIT, "certificate %.*s: too many certificates, or too large a file", STR_ARGS(chain.name));
    TRY(read_chain(chain, &c->arena, &cert.chain, &leaf));
    st = read_key(key, leaf, &cert);
    cert.expires_s = expiry_of(leaf);
    X509_free(leaf);
    TRY(st);
    c->list[c->n++] = cert;
    return ST_OK;
}

size_t certs_count(const struct certs *c)
{
    return c->n;
}

struct str certs_chain(const struct certs *c, size_t i)
{
    return c->list[i].chain;
}

uint32_t certs_key(const struct certs *c, size_t i)
{
    return c->first_key + (uint32_t)i;
}

uint64_t certs_expires_s(const struct certs *c, size_t i)
{
    return c->list[i].expires_s;
}

static bool sign_message(EVP_PKEY *key, struct str input, unsigned char *out, size_t *n)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
              EVP_DigestSign(ctx, out, n, (const unsigned char *)input.p, input.n) == 1;

    EVP_MD_CTX_free(ctx);
    return ok;
}

static bool sign_digest(EVP_PKEY *key, bool is_rsa, struct str input, unsigned char *out, size_t *n)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    bool ok = ctx && EVP_PKEY_sign_init(ctx) == 1 &&
              (!is_rsa || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1) &&
              EVP_PKEY_sign(ctx, out, n, (const unsigned char *)input.p, input.n) == 1;

    EVP_PKEY_CTX_free(ctx);
    return ok;
}

enum st certs_sign(const struct certs *c, uint32_t key, enum tls_key_kind kind, struct str input,
                   unsigned char out[CERT_SIGNATURE_MAX], size_t *out_n)
{
    const struct cert *cert;
    size_t n = CERT_SIGNATURE_MAX;
    bool ok;

    if (key < c->first_key || key - c->first_key >= c->n)
        return FAIL(ST_NOTFOUND, "there is no such key");
    cert = &c->list[key - c->first_key];
    if (cert->kind != kind || input.n == 0 || (kind == TLS_KEY_ECDSA && input.n > EVP_MAX_MD_SIZE) ||
        (kind == TLS_KEY_RSA && input.n != (size_t)EVP_PKEY_get_size(cert->key)))
        return FAIL(ST_SYNTAX, "that can't be signed with this key");
    if (kind == TLS_KEY_ED25519)
        ok = sign_message(cert->key, input, out, &n);
    else
        ok = sign_digest(cert->key, kind == TLS_KEY_RSA, input, out, &n);
    ERR_clear_error();
    if (!ok)
        return FAIL(ST_SYNTAX, "that can't be signed with this key");
    *out_n = n;
    return ST_OK;
}
