/* Key objects without a private key: OpenSSL's legacy key methods (EC_KEY_METHOD, RSA_METHOD) call us
 * where the private operation would be, deep inside SSL_accept, and we ask the keeper. The coroutine
 * suspends there; other connections use the thread's error queue meanwhile, so it is emptied after
 * each answer. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations" /* the methods; a provider is the long form */

#include "base/must.h"
#include "net/tls_inside.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <pthread.h>

/* Made once per process and never changed: how a key finds its tls_cert, and the two methods. */
static struct {
    pthread_once_t once;
    int ec_index, rsa_index;
    EC_KEY_METHOD *ec;
    RSA_METHOD *rsa;
} methods = {.once = PTHREAD_ONCE_INIT};

static enum st ask(const struct tls_cert *cert, enum tls_key_kind kind, const void *input, size_t n, unsigned char *out,
                   size_t *out_n) SUSPENDS
{
    enum st st = cert->sign(cert->sign_arg, cert->key_id, kind, str_n(input, n), out, TLS_SIGNATURE_MAX, out_n);

    ERR_clear_error();
    return st;
}

static int ec_sign(UNUSED int type, const unsigned char *digest, int digest_n, unsigned char *sig, unsigned int *sig_n,
                   UNUSED const BIGNUM *kinv, UNUSED const BIGNUM *r, EC_KEY *key) SUSPENDS
{
    unsigned char out[TLS_SIGNATURE_MAX];
    size_t n = 0;

    if (ask(EC_KEY_get_ex_data(key, methods.ec_index), TLS_KEY_ECDSA, digest, (size_t)digest_n, out, &n) != ST_OK)
        return 0;
    if (n > (size_t)ECDSA_size(key)) /* what OpenSSL made room for */
        return 0;
    memcpy(sig, out, n);
    *sig_n = (unsigned)n;
    return 1;
}

/* TLS 1.3 comes padded (PSS); TLS 1.2 may leave PKCS #1 v1.5 to us. */
static int rsa_private(int n, const unsigned char *from, unsigned char *to, RSA *key, int padding) SUSPENDS
{
    unsigned char padded[TLS_SIGNATURE_MAX], out[TLS_SIGNATURE_MAX];
    int size = RSA_size(key);
    size_t out_n = 0;

    if (size > TLS_SIGNATURE_MAX)
        return -1;
    if (padding == RSA_PKCS1_PADDING) {
        if (RSA_padding_add_PKCS1_type_1(padded, size, from, n) != 1)
            return -1;
    } else if (padding == RSA_NO_PADDING && n == size) {
        memcpy(padded, from, (size_t)n);
    } else {
        return -1;
    }
    if (ask(RSA_get_ex_data(key, methods.rsa_index), TLS_KEY_RSA, padded, (size_t)size, out, &out_n) != ST_OK)
        return -1;
    if (out_n != (size_t)size)
        return -1;
    memcpy(to, out, out_n);
    return size;
}

static void make_methods(void)
{
    methods.ec_index = EC_KEY_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    methods.rsa_index = RSA_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    methods.ec = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
    methods.rsa = RSA_meth_dup(RSA_PKCS1_OpenSSL());
    must(methods.ec && methods.rsa && methods.ec_index >= 0 && methods.rsa_index >= 0);
    EC_KEY_METHOD_set_sign(methods.ec, ec_sign, NULL, NULL);
    RSA_meth_set_priv_enc(methods.rsa, rsa_private);
    RSA_meth_set_flags(methods.rsa, RSA_METHOD_FLAG_NO_CHECK);
}

static enum st remote_ec(OSSL_LIB_CTX *lib, EVP_PKEY *public, struct tls_cert *cert, EVP_PKEY *pkey)
{
    EC_KEY *theirs = EVP_PKEY_get1_EC_KEY(public), *key = NULL;
    bool ok = false;

    if (theirs)
        key = EC_KEY_new_ex(lib, NULL);
    if (key)
        ok = EC_KEY_set_group(key, EC_KEY_get0_group(theirs)) == 1 &&
             EC_KEY_set_public_key(key, EC_KEY_get0_public_key(theirs)) == 1 &&
             EC_KEY_set_method(key, methods.ec) == 1 && EC_KEY_set_ex_data(key, methods.ec_index, cert) == 1 &&
             EVP_PKEY_set1_EC_KEY(pkey, key) == 1;
    EC_KEY_free(theirs);
    EC_KEY_free(key);
    return ok ? ST_OK : tls_fail(ST_SYNTAX, "the certificate's ECDSA key");
}

static enum st remote_rsa(EVP_PKEY *public, struct tls_cert *cert, EVP_PKEY *pkey)
{
    RSA *theirs = EVP_PKEY_get1_RSA(public), *key = NULL;
    const BIGNUM *modulus, *exponent;
    BIGNUM *n = NULL, *e = NULL;
    bool ok = false;

    if (theirs) {
        RSA_get0_key(theirs, &modulus, &exponent, NULL);
        key = RSA_new();
        n = BN_dup(modulus);
        e = BN_dup(exponent);
    }
    if (key && n && e && RSA_set0_key(key, n, e, NULL) == 1) {
        n = e = NULL; /* the key's now */
        ok = RSA_set_method(key, methods.rsa) == 1 && RSA_set_ex_data(key, methods.rsa_index, cert) == 1 &&
             EVP_PKEY_set1_RSA(pkey, key) == 1;
    }
    BN_free(n);
    BN_free(e);
    RSA_free(theirs);
    RSA_free(key);
    return ok ? ST_OK : tls_fail(ST_SYNTAX, "the certificate's RSA key");
}

enum st tls_remote_key(OSSL_LIB_CTX *lib, X509 *x509, struct tls_cert *cert, EVP_PKEY **out)
{
    EVP_PKEY *public = X509_get0_pubkey(x509), *pkey;
    enum st st;

    pthread_once(&methods.once, make_methods);
    if (!public)
        return tls_fail(ST_SYNTAX, "the certificate has no usable key");
    pkey = EVP_PKEY_new();
    must(pkey);
    if (EVP_PKEY_is_a(public, "EC"))
        st = remote_ec(lib, public, cert, pkey);
    else if (EVP_PKEY_is_a(public, "RSA") && EVP_PKEY_get_size(public) <= TLS_SIGNATURE_MAX)
        st = remote_rsa(public, cert, pkey);
    else
        st = FAIL(ST_SYNTAX, "a certificate with a key of type %s; ECDSA and RSA are supported",
                  EVP_PKEY_get0_type_name(public));
    if (st != ST_OK) {
        EVP_PKEY_free(pkey);
        return st;
    }
    *out = pkey;
    return ST_OK;
}
