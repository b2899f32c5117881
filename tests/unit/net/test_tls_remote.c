/* Remote keys as OpenSSL uses them are tried by handshakes (test_tls.c, test_tls_layer.c); here, against
 * answers that no honest keeper gives. */
#include "net/tls_help.h"

#include "net/tls_remote.c"

static struct tls_key *honest;
static size_t answer_n;
static enum st answer_st;

static enum st answer(UNUSED void *arg, UNUSED uint32_t key_id, enum tls_key_kind kind, struct str input,
                      unsigned char *out, size_t out_max, size_t *out_n)
{
    if (!answer_n)
        return tls_key_sign(honest, kind, input, out, out_max, out_n);
    memset(out, 1, out_max);
    *out_n = answer_n;
    return answer_st;
}

static bool signs(EVP_PKEY *key, EVP_PKEY *check)
{
    unsigned char sig[TLS_SIGNATURE_MAX];
    size_t n = sizeof sig;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok;

    ok = EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, key) == 1 &&
         EVP_DigestSign(md, sig, &n, (const unsigned char *)"text", 4) == 1;
    EVP_MD_CTX_reset(md);
    ok = ok && EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, check) == 1 &&
         EVP_DigestVerify(md, sig, n, (const unsigned char *)"text", 4) == 1;
    EVP_MD_CTX_free(md);
    ERR_clear_error();
    return ok;
}

static void try_with(struct made_cert m)
{
    struct tls_cert cert = {.sign = answer};
    BIO *b = BIO_new_mem_buf(m.cert_pem.p, (int)m.cert_pem.n);
    X509 *x = PEM_read_bio_X509(b, NULL, NULL, NULL);
    OSSL_LIB_CTX *lib = OSSL_LIB_CTX_new();
    EVP_PKEY *key = NULL;

    honest = m.key;
    CHECK_ST(tls_remote_key(lib, x, &cert, &key), ST_OK);
    answer_n = 0;
    CHECK(signs(key, X509_get0_pubkey(x)));
    answer_st = ST_OK;
    for (answer_n = 1; answer_n <= TLS_SIGNATURE_MAX; answer_n = answer_n * 4)
        CHECK(!signs(key, X509_get0_pubkey(x)));
    answer_st = ST_TIMEOUT;
    CHECK(!signs(key, X509_get0_pubkey(x)));
    EVP_PKEY_free(key);
    X509_free(x);
    BIO_free(b);
    OSSL_LIB_CTX_free(lib);
    tls_key_free(m.key);
}

TEST(signatures_of_any_length_are_survived)
{
    struct arena a = ARENA_INIT;

    try_with(make_ec(&a, "DNS:a.test"));
    try_with(make_rsa(&a, "DNS:a.test"));
    arena_fini(&a);
}
