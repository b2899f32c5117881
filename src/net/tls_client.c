#include "base/must.h"
#include "net/addr.h"
#include "net/tls_inside.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define WEAK_CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20:HIGH:!aNULL"

enum { USAGE_DANE_TA = 2, USAGE_DANE_EE = 3 }; /* RFC 7218 */

struct tls_client {
    OSSL_LIB_CTX *lib;
    SSL_CTX *ctx;
    SSL_SESSION *session;
    unsigned refs;
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
    if (opt->dane && SSL_CTX_dane_enable(c->ctx) != 1)
        return tls_fail(ST_INTERNAL, "DANE");
    if (opt->no_ca)
        return ST_OK;
    if (opt->ca_pem.n)
        return trust(c, opt->ca_pem);
    return SSL_CTX_set_default_verify_paths(c->ctx) == 1 ? ST_OK : tls_fail(ST_IO, "the system's certificates");
}

enum st tls_client_new(const struct tls_client_options *opt, struct tls_client **out)
{
    struct tls_client *c = MEM_NEW(struct tls_client);
    enum st st;

    c->refs = 1;
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
    if (!c || --c->refs)
        return;
    SSL_SESSION_free(c->session);
    SSL_CTX_free(c->ctx);
    OSSL_LIB_CTX_free(c->lib);
    mem_free(c);
}

struct tls_client *tls_client_ref(struct tls_client *c)
{
    c->refs++;
    return c;
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

/* --- one server of which more is known ------------------------------------------------------------------------------ */

/* Usages 0 and 1 are not for servers that nobody but a program looks at (RFC 7672 section 3.1.3). */
static size_t add_tlsa(SSL *ssl, const struct tls_tlsa *tlsa, size_t n)
{
    size_t usable = 0;

    for (size_t i = 0; i < n; i++)
        if (tlsa[i].usage == USAGE_DANE_TA || tlsa[i].usage == USAGE_DANE_EE)
            usable += SSL_dane_tlsa_add(ssl, tlsa[i].usage, tlsa[i].selector, tlsa[i].matching,
                                        (const unsigned char *)tlsa[i].data.p, tlsa[i].data.n) == 1;
    ERR_clear_error();
    return usable;
}

size_t tls_client_usable(struct tls_client *c, const struct tls_tlsa *tlsa, size_t n)
{
    SSL *ssl = SSL_new(c->ctx);
    size_t usable;

    must(ssl && SSL_dane_enable(ssl, NULL) == 1);
    usable = add_tlsa(ssl, tlsa, n);
    SSL_free(ssl);
    return usable;
}

static enum st set_dane(SSL *ssl, const struct tls_peer *peer)
{
    struct arena a = ARENA_INIT;
    bool ok = SSL_dane_enable(ssl, arena_cstr(&a, peer->name)) == 1;

    SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS); /* RFC 7672 section 3.1.1 */
    for (size_t i = 0; ok && i < peer->n_names; i++)
        ok = SSL_add1_host(ssl, arena_cstr(&a, peer->names[i])) == 1;
    arena_fini(&a);
    if (!ok)
        return tls_fail(ST_SYNTAX, "a host name for DANE");
    return add_tlsa(ssl, peer->tlsa, peer->n_tlsa) ? ST_OK : FAIL(ST_SYNTAX, "none of the TLSA records can be used");
}

static bool set_sni(SSL *ssl, struct str name)
{
    struct arena a = ARENA_INIT;
    struct addr addr;
    bool ok =
        !name.n || addr_parse(name, 0, &addr) == ST_OK || SSL_set_tlsext_host_name(ssl, arena_cstr(&a, name)) == 1;

    arena_fini(&a);
    return ok;
}

static enum st take_weak(SSL *ssl)
{
    X509_VERIFY_PARAM_set_auth_level(SSL_get0_param(ssl), SSL_get_security_level(ssl)); /* of certificates, as before */
    SSL_set_security_level(ssl, 0);
    return SSL_set_cipher_list(ssl, WEAK_CIPHERS) == 1 ? ST_OK : tls_fail(ST_INTERNAL, "weak ciphers");
}

/* "*.test", never "m*.test". A common name does where there are no DNS names for DANE (RFC 7672 section 3.2.3), and never for MTA-STS (RFC 8461
 * section 4.2), which what we ourselves ask for is no less strict than. */
static unsigned host_flags(enum tls_trust trust)
{
    unsigned flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;

    return trust == TLS_TRUST_DANE ? flags : flags | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
}

enum st tls_client_peer_ssl(struct tls_client *c, const struct tls_peer *peer, SSL **out)
{
    enum st st = ST_OK;
    SSL *ssl;

    if (peer->trust == TLS_TRUST_CLIENT)
        return tls_client_ssl(c, peer->name, out);
    must(!peer->takes_weak || peer->trust <= TLS_TRUST_NOTE);
    ERR_clear_error();
    ssl = SSL_new(c->ctx);
    must(ssl);
    SSL_set_hostflags(ssl, host_flags(peer->trust));
    SSL_set_verify(ssl, peer->trust >= TLS_TRUST_PKIX ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    if (peer->trust == TLS_TRUST_DANE)
        st = set_dane(ssl, peer);
    else if (!(peer->trust == TLS_TRUST_ANY ? set_sni(ssl, peer->name) : set_host(c, ssl, peer->name)))
        st = tls_fail(ST_SYNTAX, "a host name for TLS");
    if (st == ST_OK && peer->takes_weak)
        st = take_weak(ssl);
    if (st != ST_OK) {
        SSL_free(ssl);
        return st;
    }
    SSL_set_connect_state(ssl);
    *out = ssl;
    return ST_OK;
}
