/* What a certificate says, and what a handshake makes of it; authorities, dates and lists of revoked ones: tests/sasl/external.py. */
#include "net/tls_clients.c"

#include "net/tls_help.h"

static struct arena arena;

static struct str der_of(struct str pem)
{
    BIO *b = BIO_new_mem_buf(pem.p, (int)pem.n);
    X509 *x = PEM_read_bio_X509(b, NULL, NULL, NULL);
    unsigned char *der = NULL;
    int n = i2d_X509(x, &der);
    struct str s = arena_str(&arena, str_n((const char *)der, (size_t)n));

    OPENSSL_free(der);
    X509_free(x);
    BIO_free(b);
    return s;
}

TEST(a_certificate_says_whose_it_is)
{
    struct made_cert one = make_ec(&arena, "email:alice@example.test,DNS:mail.test,email:bob@example.test"),
                     other = make_ec(&arena, NULL);
    struct str der = der_of(one.cert_pem), twice = arena_printf(&arena, "%.*s", STR_ARGS(one.cert_pem));
    struct tls_client_cert cert = {0};
    struct tls_clients *c;
    unsigned char want[32];

    CHECK_ST(tls_clients_new(NULL, twice, true, &c), ST_OK);
    CHECK(tls_clients_are_required(c) && !tls_clients_are_required(NULL));
    CHECK_ST(tls_clients_look(c, der, &arena, &cert), ST_OK);
    CHECK_U64(cert.n_names, 2);
    CHECK_STR(cert.names[0], STR("alice@example.test"));
    CHECK_STR(cert.names[1], STR("bob@example.test"));
    crypto_hash_sha256(want, (const unsigned char *)der.p, der.n);
    CHECK(memcmp(want, cert.fingerprint, 32) == 0);
    CHECK_ST(tls_clients_look(c, der_of(other.cert_pem), &arena, &cert), ST_DENIED);
    CHECK(strstr(err_get()->text, "self-signed") || strstr(err_get()->text, "self signed"));
    for (size_t n = 0; n < der.n; n++)
        CHECK_ST(tls_clients_look(c, str_n(der.p, n), &arena, &cert), ST_DENIED);
    for (size_t i = 0; i < der.n; i++) { /* each byte wrong: never another one's */
        char *wrong = (char *)(uintptr_t)arena_str(&arena, der).p;

        wrong[i] = (char)(wrong[i] ^ 0x55);
        CHECK(tls_clients_look(c, str_n(wrong, der.n), &arena, &cert) != ST_OK);
    }
    CHECK_ST(tls_clients_look(c, arena_printf(&arena, "%.*s", 0, ""), &arena, &cert), ST_DENIED);
    CHECK_ST(tls_clients_look(c, str_n(arena_alloc(&arena, TLS_CLIENT_CHAIN_MAX + 1), TLS_CLIENT_CHAIN_MAX + 1), &arena,
                              &cert),
             ST_DENIED);
    tls_clients_unref(c);
    tls_clients_unref(NULL);
    tls_key_free(one.key);
    tls_key_free(other.key);
    arena_fini(&arena);
}

TEST(files_that_are_none)
{
    struct made_cert one = make_ec(&arena, NULL);

    CHECK_ST(tls_clients_check(one.cert_pem), ST_OK);
    CHECK_ST(tls_clients_check(STR("")), ST_SYNTAX);
    CHECK_ST(tls_clients_check(STR("nonsense")), ST_SYNTAX);
    CHECK_ST(tls_clients_check(one.key_pem), ST_SYNTAX);
    CHECK_ST(tls_clients_check(str_sub(one.cert_pem, 0, one.cert_pem.n / 2)), ST_SYNTAX);
    CHECK_ST(tls_clients_check(STR("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")), ST_SYNTAX);
    tls_key_free(one.key);
    arena_fini(&arena);
}

/* --- handshakes ------------------------------------------------------------------------------------------------ */

struct world {
    struct made_cert ec, rsa, alice, mallory;
    struct signer signer;
    struct tls_server *server;
};

static struct tls_client *client_with(const struct world *w, const struct made_cert *own, int version)
{
    struct tls_client_options opt = {
        .ca_pem = arena_printf(&arena, "%.*s%.*s", STR_ARGS(w->ec.cert_pem), STR_ARGS(w->rsa.cert_pem)),
        .keep_session = true};
    struct tls_client *c;
    SSL *probe;

    CHECK_ST(tls_client_new(&opt, &c), ST_OK);
    CHECK_ST(tls_client_ssl(c, STR("mail.test"), &probe), ST_OK);
    SSL_CTX_set_max_proto_version(SSL_get_SSL_CTX(probe), version);
    if (own) {
        BIO *b = BIO_new_mem_buf(own->cert_pem.p, (int)own->cert_pem.n),
            *k = BIO_new_mem_buf(own->key_pem.p, (int)own->key_pem.n);
        X509 *x = PEM_read_bio_X509(b, NULL, NULL, NULL);
        EVP_PKEY *key = PEM_read_bio_PrivateKey(k, NULL, NULL, NULL);

        CHECK(SSL_CTX_use_certificate(SSL_get_SSL_CTX(probe), x) == 1 &&
              SSL_CTX_use_PrivateKey(SSL_get_SSL_CTX(probe), key) == 1);
        X509_free(x);
        EVP_PKEY_free(key);
        BIO_free(b);
        BIO_free(k);
    }
    SSL_free(probe);
    return c;
}

struct shown {
    enum stream_tls_client what;
    bool resumed;
    struct str chain;
};

static bool meet(const struct world *w, struct tls_clients *asked, struct tls_client *client, const char *host,
                 struct shown *out)
{
    struct stream_tls_info info = {0};
    struct stream *s, *c;
    struct buf chain;
    enum st st;

    *out = (struct shown){0};
    st = tls_pair_clients(w->server, asked, client, host, &s, &c);
    if (st == ST_OK) {
        buf_init(&chain, TLS_CLIENT_CHAIN_MAX);
        stream_tls_client_chain(s, &chain);
        CHECK(stream_tls_info(s, &info));
        *out = (struct shown){stream_tls_client(s), info.resumed, arena_str(&arena, buf_str(&chain))};
        buf_fini(&chain);
    }
    stream_free(s);
    stream_free(c);
    return st == ST_OK;
}

static void handshakes(const struct world *w, int version)
{
    struct tls_client *alice = client_with(w, &w->alice, version), *mallory = client_with(w, &w->mallory, version),
                      *bare = client_with(w, NULL, version);
    struct tls_clients *asked, *required;
    struct shown is;

    CHECK_ST(tls_clients_new(w->server, w->alice.cert_pem, false, &asked), ST_OK);
    CHECK_ST(tls_clients_new(w->server, w->alice.cert_pem, true, &required), ST_OK);
    for (int i = 0; i < 2;
         i++) { /* never resumed; and with the second certificate, whose context forgets what was asked */
        CHECK(meet(w, asked, alice, i ? "rsa.test" : "mail.test", &is) && is.what == TLS_CLIENT_GOOD && !is.resumed);
        CHECK_STR(is.chain, der_of(w->alice.cert_pem));
        CHECK(meet(w, asked, mallory, i ? "rsa.test" : "mail.test", &is) && is.what == TLS_CLIENT_BAD && !is.resumed);
        CHECK_STR(is.chain, der_of(w->mallory.cert_pem));
        CHECK(meet(w, required, alice, i ? "rsa.test" : "mail.test", &is) && is.what == TLS_CLIENT_GOOD && !is.resumed);
        CHECK(!meet(w, required, mallory, i ? "rsa.test" : "mail.test", &is));
        CHECK(!meet(w, required, bare, i ? "rsa.test" : "mail.test", &is));
    }
    CHECK(meet(w, NULL, alice, "mail.test", &is) && is.what == TLS_CLIENT_NONE && is.chain.n == 0);
    tls_client_free(bare);
    bare = client_with(w, NULL, version);
    CHECK(meet(w, asked, bare, "mail.test", &is) && is.what == TLS_CLIENT_NONE && !is.resumed);
    CHECK(meet(w, asked, bare, "mail.test", &is) && is.what == TLS_CLIENT_NONE && is.resumed);
    CHECK(meet(w, NULL, bare, "mail.test", &is) && !is.resumed); /* where other things are asked, it begins anew */
    CHECK(meet(w, asked, bare, "mail.test", &is) && !is.resumed);
    CHECK(!meet(w, required, bare, "mail.test", &is));
    tls_clients_unref(asked);
    tls_clients_unref(required);
    tls_client_free(alice);
    tls_client_free(mallory);
    tls_client_free(bare);
}

static void both_versions(void *arg)
{
    handshakes(arg, TLS1_3_VERSION);
    handshakes(arg, TLS1_2_VERSION);
}

TEST(a_certificate_counts_where_it_was_asked_for_and_shown)
{
    struct world w = {.ec = make_ec(&arena, "DNS:mail.test"),
                      .rsa = make_rsa(&arena, "DNS:rsa.test"),
                      .alice = make_ec(&arena, "email:alice@example.test"),
                      .mallory = make_ec(&arena, "email:alice@example.test")};

    w.signer = (struct signer){.pool = offload_new("keys", 1, 100), .keys = {w.ec.key, w.rsa.key}};
    w.server = tls_server_new(pool_sign, &w.signer);
    CHECK_ST(tls_server_add(w.server, w.ec.cert_pem, 0), ST_OK);
    CHECK_ST(tls_server_add(w.server, w.rsa.cert_pem, 1), ST_OK);
    CHECK_ST(tls_server_commit(w.server), ST_OK);
    on_core(both_versions, &w);
    tls_server_free(w.server);
    offload_free(w.signer.pool);
    tls_key_free(w.ec.key);
    tls_key_free(w.rsa.key);
    tls_key_free(w.alice.key);
    tls_key_free(w.mallory.key);
    arena_fini(&arena);
}
