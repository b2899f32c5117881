#include "keeper/certs.c"

#include "test.h"

#include <openssl/ec.h>
#include <openssl/x509v3.h>

static struct str pem_of(struct arena *a, EVP_PKEY *key, X509 *cert)
{
    BIO *b = BIO_new(BIO_s_mem());
    struct str out;
    char *p;
    long n;

    if (cert)
        PEM_write_bio_X509(b, cert);
    else
        PEM_write_bio_PrivateKey(b, key, NULL, NULL, 0, NULL, NULL);
    n = BIO_get_mem_data(b, &p);
    out = arena_str(a, str_n(p, (size_t)n));
    BIO_free(b);
    return out;
}

static X509 *self_signed(EVP_PKEY *key)
{
    X509 *x = X509_new();

    X509_gmtime_adj(X509_getm_notBefore(x), 0);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400 * 10);
    X509_set_pubkey(x, key);
    X509_sign(x, key, EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256());
    return x;
}

static bool verified(EVP_PKEY *key, const EVP_MD *md, bool pss, struct str input, const unsigned char *sig, size_t n)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    bool ok;

    (void)md, (void)pss;
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519) {
        EVP_MD_CTX *m = EVP_MD_CTX_new();

        EVP_DigestVerifyInit(m, NULL, NULL, NULL, key);
        ok = EVP_DigestVerify(m, sig, n, (const unsigned char *)input.p, input.n) == 1;
        EVP_MD_CTX_free(m);
    } else if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
        unsigned char plain[1024];
        size_t plain_n = sizeof(plain);

        EVP_PKEY_verify_recover_init(ctx);
        EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING);
        ok = EVP_PKEY_verify_recover(ctx, plain, &plain_n, sig, n) == 1 && str_eq(str_n((char *)plain, plain_n), input);
    } else {
        EVP_PKEY_verify_init(ctx);
        ok = EVP_PKEY_verify(ctx, sig, n, (const unsigned char *)input.p, input.n) == 1;
    }
    EVP_PKEY_CTX_free(ctx);
    return ok;
}

static enum st add(struct certs *c, struct str chain, struct str key)
{
    return certs_add(c, (struct cert_file){STR("chain"), chain}, (struct cert_file){STR("key"), key});
}

TEST(each_kind_of_key_signs_as_openssl_verifies)
{
    EVP_PKEY *keys[] = {EVP_EC_gen("P-256"), EVP_EC_gen("P-384"), EVP_RSA_gen(2048),
                        EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")};
    const enum tls_key_kind kinds[] = {TLS_KEY_ECDSA, TLS_KEY_ECDSA, TLS_KEY_RSA, TLS_KEY_ED25519};
    const size_t sizes[] = {32, 48, 256, 100};
    struct arena a = ARENA_INIT;
    struct certs *c = certs_new(10);
    unsigned char sig[CERT_SIGNATURE_MAX];
    char input[256] = {0, 1};
    size_t n;

    memset(input + 2, 'x', sizeof(input) - 2);
    for (uint32_t i = 0; i < 4; i++) {
        X509 *x = self_signed(keys[i]);

        CHECK_ST(add(c, pem_of(&a, NULL, x), pem_of(&a, keys[i], NULL)), ST_OK);
        CHECK_STR(certs_chain(c, i), pem_of(&a, NULL, x));
        CHECK(certs_expires_s(c, i) > clock_wall_s() + 86400 * 9 &&
              certs_expires_s(c, i) < clock_wall_s() + 86400 * 11);
        CHECK_U64(certs_key(c, i), 10 + i);
        CHECK_ST(certs_sign(c, 10 + i, kinds[i], str_n(input, sizes[i]), sig, &n), ST_OK);
        CHECK(verified(keys[i], NULL, false, str_n(input, sizes[i]), sig, n));
        CHECK_ST(certs_sign(c, 10 + i, kinds[i] == TLS_KEY_RSA ? TLS_KEY_ECDSA : TLS_KEY_RSA, str_n(input, sizes[i]),
                            sig, &n),
                 ST_SYNTAX);
        CHECK_ST(certs_sign(c, 10 + i, kinds[i], STR(""), sig, &n), ST_SYNTAX);
        X509_free(x);
    }
    CHECK_ST(certs_sign(c, 9, TLS_KEY_ECDSA, str_n(input, 32), sig, &n), ST_NOTFOUND);
    CHECK_ST(certs_sign(c, 14, TLS_KEY_ECDSA, str_n(input, 32), sig, &n), ST_NOTFOUND);
    CHECK_ST(certs_sign(c, 12, TLS_KEY_RSA, str_n(input, 255), sig, &n), ST_SYNTAX);
    memset(input, 0xff, sizeof(input)); /* not below the modulus */
    CHECK_ST(certs_sign(c, 12, TLS_KEY_RSA, str_n(input, 256), sig, &n), ST_SYNTAX);
    certs_free(c);
    for (int i = 0; i < 4; i++)
        EVP_PKEY_free(keys[i]);
    arena_fini(&a);
}

TEST(what_is_no_pair_is_refused)
{
    EVP_PKEY *one = EVP_EC_gen("P-256"), *two = EVP_EC_gen("P-256"), *small = EVP_RSA_gen(1024);
    X509 *x = self_signed(one), *y = self_signed(small);
    struct arena a = ARENA_INIT;
    struct certs *c = certs_new(1);
    struct str cert = pem_of(&a, NULL, x), key = pem_of(&a, one, NULL);
    struct str both = arena_printf(&a, "%.*s%.*s", STR_ARGS(key), STR_ARGS(cert));

    CHECK_ST(add(c, cert, pem_of(&a, two, NULL)), ST_SYNTAX);
    CHECK(str_starts(str_z(err_get()->text), STR("key key is not the key of that certificate")));
    CHECK_ST(add(c, STR("nonsense"), key), ST_SYNTAX);
    CHECK_ST(add(c, cert, STR("nonsense")), ST_SYNTAX);
    CHECK_ST(add(c, STR(""), STR("")), ST_SYNTAX);
    CHECK_ST(add(c, pem_of(&a, NULL, y), pem_of(&a, small, NULL)), ST_SYNTAX);
    for (size_t i = 0; i < cert.n - 30; i += 7)
        CHECK_ST(add(c, str_sub(cert, 0, i), key), ST_SYNTAX);
    CHECK_U64(certs_count(c), 0);
    CHECK_ST(add(c, both, key), ST_OK);
    CHECK(str_search(certs_chain(c, 0), STR("PRIVATE")) == certs_chain(c, 0).n);
    certs_free(c);
    X509_free(x);
    X509_free(y);
    EVP_PKEY_free(one);
    EVP_PKEY_free(two);
    EVP_PKEY_free(small);
    arena_fini(&a);
}
