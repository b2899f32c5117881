#include "net/tls_help.h"

#include "net/tls_key.c"

TEST(keys_and_their_certificates)
{
    struct arena a = ARENA_INIT;
    struct made_cert ec = make_ec(&a, "DNS:a.test"), rsa = make_rsa(&a, "DNS:b.test");
    unsigned char out[TLS_SIGNATURE_MAX], in[256] = {0};
    size_t n = 0;

    CHECK(tls_key_kind(ec.key) == TLS_KEY_ECDSA && tls_key_kind(rsa.key) == TLS_KEY_RSA);
    CHECK(tls_key_fits(ec.key, ec.cert_pem) && tls_key_fits(rsa.key, rsa.cert_pem));
    CHECK(!tls_key_fits(ec.key, rsa.cert_pem) && !tls_key_fits(ec.key, STR("")));
    CHECK_ST(tls_key_sign(ec.key, TLS_KEY_ECDSA, str_n((char *)in, 32), out, sizeof out, &n), ST_OK);
    CHECK(n > 64 && n <= 72);
    CHECK_ST(tls_key_sign(rsa.key, TLS_KEY_RSA, str_n((char *)in, 256), out, sizeof out, &n), ST_OK);
    CHECK_U64(n, 256);
    CHECK_ST(tls_key_sign(rsa.key, TLS_KEY_RSA, str_n((char *)in, 32), out, sizeof out, &n), ST_SYNTAX);
    CHECK_ST(tls_key_sign(rsa.key, TLS_KEY_ECDSA, str_n((char *)in, 32), out, sizeof out, &n), ST_SYNTAX);
    CHECK_ST(tls_key_sign(ec.key, TLS_KEY_ECDSA, str_n((char *)in, 19), out, sizeof out, &n), ST_SYNTAX);
    CHECK_ST(tls_key_sign(ec.key, TLS_KEY_ECDSA, str_n((char *)in, 32), out, 10, &n), ST_LIMIT);
    memset(in, 0xff, sizeof in); /* above the modulus */
    CHECK_ST(tls_key_sign(rsa.key, TLS_KEY_RSA, str_n((char *)in, 256), out, sizeof out, &n), ST_SYNTAX);
    CHECK_U64(n, 256);
    tls_key_free(ec.key);
    tls_key_free(rsa.key);
    arena_fini(&a);
}

TEST(what_is_no_key)
{
    struct arena a = ARENA_INIT;
    struct made_cert small = make_cert(&a, NULL, EVP_RSA_gen(1024));
    struct tls_key *k = NULL;

    CHECK_ST(tls_key_load(small.key_pem, &k), ST_SYNTAX);
    CHECK_ST(tls_key_load(small.cert_pem, &k), ST_SYNTAX);
    CHECK_ST(tls_key_load(STR(""), &k), ST_SYNTAX);
    CHECK(!k);
    tls_key_free(NULL);
    arena_fini(&a);
}
