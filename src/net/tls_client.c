#include "base/must.h"
#include "net/addr.h"
#include "net/tls_inside.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

struct tls_client {
    OSSL_LIB_CTX *lib;
    SSL_CTX *ctx;
    SSL_SESSION *session;
    bool no_check, keep_session;
};

/* Sessions are copied in both directions: OpenSSL spoils a connection's own one for ever when that ends
 * without close_notify. */
static int new_session(SSL *ssl, SSL_SESSION *session)
{
    struct tls_client *c = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

    SSL_SESSION_free(c->session);
    c->session = SSL_SESSION_dup(session);
    return 0;
}

static enum st trust(struct tls_client *c, struct str pem)
{
    X509_STORE *store = SSL_CTX_get_cert_store(c->ctx);
    BIO *b = BIO_new_mem_buf(pem.p, (int)pem.n);
    X509 *x509;
    int n = 0;

    while ((x509 = PEM_read_bio_X509(b, NULL, NULL, NULL))) {
        n += X509_STORE_add_cert(store, x509);
        X509_free(x509);
    }
    BIO_free(b);
    return n ? ST_OK : tls_fail(ST_SYNTAX, "no certificate to trust");
}

static enum st set_up(struct tls_client *c, const struct tls_client_options *opt)
{
    TRY(tls_context_new(c->lib, TLS_client_method(), &c->ctx));
    SSL_CTX_set_app_data(c->ctx, c);
    if (opt->keep_session) {
        SSL_CTX_set_session_cache_mode(c->ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(c->ctx, new_session);
    }
    /* 0 is success here, unlike everywhere else. */
    if (opt->alpn.n && SSL_CTX_set_alpn_protos(c->ctx, (const unsigned char *)opt->alpn.p, (unsigned)opt->alpn.n) != 0)
        return tls_fail(ST_SYNTAX, "the list of ALPN protocols");
    if (opt->no_check)
        return ST_OK;
    SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER, NULL);
    if (opt->ca_pem.n)
        return trust(c, opt->ca_pem);
    return SSL_CTX_set_default_verify_paths(c->ctx) == 1 ? ST_OK : tls_fail(ST_IO, "the system's certificates");
}

enum st tls_client_new(const struct tls_client_options *opt, struct tls_client **out)
{
    struct tls_client *c = MEM_NEW(struct tls_client);
    enum st st;

    c->lib = OSSL_LIB_CTX_new();
    must(c->lib);
    c->no_check = opt->no_check;
    c->keep_session = opt->keep_session;
    st = set_up(c, opt);
    if (st != ST_OK) {
        tls_client_free(c);
        return st;
    }
    *out = c;
    return ST_OK;
}

void tls_client_free(struct tls_client *c)
{
    if (!c)
        return;
    SSL_SESSION_free(c->session);
    SSL_CTX_free(c->ctx);
    OSSL_LIB_CTX_free(c->lib);
    mem_free(c);
}

/* A name goes into SNI and is checked; an address is only checked (RFC 6066 section 3). */
static bool set_host(struct tls_client *c, SSL *ssl, struct str host)
{
    struct arena a = ARENA_INIT;
    struct addr addr;
    char *z = arena_cstr(&a, host);
    bool ok;

    if (!host.n)
        ok = c->no_check;
    else if (addr_parse(host, 0, &addr) == ST_OK)
        ok = X509_VERIFY_PARAM_set1_ip(SSL_get0_param(ssl), addr.bytes, addr.family == 4 ? 4 : 16) == 1;
    else
        ok = SSL_set_tlsext_host_name(ssl, z) == 1 && SSL_set1_host(ssl, z) == 1;
    arena_fini(&a);
    return ok;
}

enum st tls_client_ssl(struct tls_client *c, struct str host, SSL **out)
{
    SSL *ssl;

    ERR_clear_error();
    ssl = SSL_new(c->ctx);
    must(ssl);
    if (!set_host(c, ssl, host)) {
        SSL_free(ssl);
        return tls_fail(ST_SYNTAX, "a host name for TLS");
    }
    if (c->session) {
        SSL_SESSION *copy = SSL_SESSION_dup(c->session);

        SSL_set_session(ssl, copy);
        SSL_SESSION_free(copy);
    }
    SSL_set_connect_state(ssl);
    *out = ssl;
    return ST_OK;
}
