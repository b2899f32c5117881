/* Certificates, names and tickets of the server's side. Each certificate has an SSL_CTX, all of one set
 * share the rest; a connection begins with the first one's and changes to another when it names it. */
#include "net/tls.h"
#include "base/map.h"
#include "base/must.h"
#include "base/random.h"
#include "net/tls_inside.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/x509v3.h>
#include <sodium.h>

#define CERTS_MAX 10000
#define CHAIN_MAX 10
#define LIST_MAX 1024
#define TICKET_LIFE_S (12 * 3600)

struct set_entry {
    SSL_CTX *ctx;
    struct tls_cert cert;
    struct set_entry *next;
};

struct tls_set {
    unsigned refs;
    struct tls_server *server;
    struct set_entry *first, *last;
    unsigned count;
    unsigned char id[TLS_SET_ID_BYTES];
    struct map names; /* in small letters; "*.example.org" for wildcards */
};

struct ticket_key { /* TLS_TICKET_KEY_BYTES */
    unsigned char name[16], aes[32], hmac[32];
};

struct tls_server {
    unsigned refs; /* the owner's, and one of each set */
    OSSL_LIB_CTX *lib;
    OSSL_PROVIDER *provider;
    EVP_CIPHER *ticket_cipher;
    tls_sign_fn *sign;
    void *sign_arg;
    struct tls_set *set, *coming;
    struct ticket_key tickets[TLS_TICKET_KEYS_MAX];
    unsigned ticket_count;
    bool only_1_3;
    char ciphers[LIST_MAX], groups[LIST_MAX]; /* empty: those of tls_context_new */
};

_Static_assert(sizeof(struct ticket_key) == TLS_TICKET_KEY_BYTES, "ticket keys are bytes");

/* --- life --------------------------------------------------------------------------------------- */

struct tls_server *tls_server_new(tls_sign_fn *sign, void *sign_arg)
{
    struct tls_server *t = MEM_NEW(struct tls_server);

    t->refs = 1;
    t->sign = sign;
    t->sign_arg = sign_arg;
    t->lib = OSSL_LIB_CTX_new();
    must(t->lib);
    t->provider = OSSL_PROVIDER_load(t->lib, "default"); /* now, not when a sandbox forbids it */
    must(t->provider);
    t->ticket_cipher = EVP_CIPHER_fetch(t->lib, "AES-256-CBC", NULL);
    must(t->ticket_cipher);
    random_bytes(&t->tickets[0], sizeof t->tickets[0]);
    t->ticket_count = 1;
    return t;
}

static void server_unref(struct tls_server *t)
{
    if (--t->refs)
        return;
    EVP_CIPHER_free(t->ticket_cipher);
    OSSL_PROVIDER_unload(t->provider);
    OSSL_LIB_CTX_free(t->lib);
    OPENSSL_cleanse(t->tickets, sizeof t->tickets);
    mem_free(t);
}

void tls_set_ref(struct tls_set *set)
{
    set->refs++;
}

void tls_set_unref(struct tls_set *set)
{
    struct set_entry *e;

    if (!set || --set->refs)
        return;
    while ((e = set->first)) {
        set->first = e->next;
        SSL_CTX_free(e->ctx);
        mem_free(e);
    }
    map_fini(&set->names);
    server_unref(set->server);
    mem_free(set);
}

void tls_server_free(struct tls_server *t)
{
    if (!t)
        return;
    tls_set_unref(TAKE(t->set));
    tls_set_unref(TAKE(t->coming));
    server_unref(t);
}

struct tls_set *tls_server_set(struct tls_server *t)
{
    return t->set;
}

SSL_CTX *tls_set_context(struct tls_set *set)
{
    return set->first->ctx;
}

const unsigned char *tls_set_id(const struct tls_set *set)
{
    return set->id;
}

OSSL_LIB_CTX *tls_server_lib(const struct tls_server *t)
{
    return t->lib;
}

/* --- contexts ----------------------------------------------------------------------------------- */

enum st tls_context_new(OSSL_LIB_CTX *lib, const SSL_METHOD *method, SSL_CTX **out)
{
    SSL_CTX *ctx;

    ERR_clear_error();
    ctx = SSL_CTX_new_ex(lib, NULL, method);
    must(ctx);
    SSL_CTX_set_mode(ctx,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_read_ahead(ctx, 1); /* header and body of a record by one call */
    if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1 ||
        SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384:P-521") != 1) {
        SSL_CTX_free(ctx);
        return tls_fail(ST_INTERNAL, "TLS");
    }
    *out = ctx;
    return ST_OK;
}

static struct set_entry *find_name(const struct tls_set *set, const char *name)
{
    struct arena a = ARENA_INIT;
    struct str n = arena_str(&a, str_z(name));
    struct set_entry *e;

    for (size_t i = 0; i < n.n; i++)
        ((char *)(uintptr_t)n.p)[i] = ascii_lower(n.p[i]);
    e = map_str_get(&set->names, n);
    if (!e && str_find(n, '.') < n.n) /* one label may be anything (RFC 6125 section 6.4.3) */
        e = map_str_get(&set->names, arena_printf(&a, "*%.*s", STR_ARGS(str_from(n, str_find(n, '.')))));
    arena_fini(&a);
    return e;
}

static int on_server_name(SSL *ssl, UNUSED int *alert, void *arg)
{
    const struct tls_set *set = arg;
    const struct tls_service *service = SSL_get_app_data(ssl);
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    struct set_entry *e = name ? find_name(set, name) : NULL;

    if (e && e->ctx != SSL_get_SSL_CTX(ssl)) {
        SSL_set_SSL_CTX(ssl, e->ctx);
        if (service->clients)
            tls_clients_ask(service->clients, ssl);
    }
    return SSL_TLSEXT_ERR_OK;
}

/* The next name of a list as on the wire; OpenSSL has checked the client's. */
static bool alpn_next(struct str *list, struct str *out)
{
    if (!list->n)
        return false;
    *out = str_sub(*list, 1, (unsigned char)list->p[0]);
    *list = str_from(*list, 1 + out->n);
    return true;
}

static bool alpn_has(struct str list, struct str name)
{
    for (struct str one; alpn_next(&list, &one);)
        if (str_eq(one, name))
            return true;
    return false;
}

static bool alpn_all_in(struct str names, struct str list)
{
    for (struct str one; alpn_next(&names, &one);)
        if (!alpn_has(list, one))
            return false;
    return true;
}

static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_n, const unsigned char *in,
                   unsigned int in_n, UNUSED void *arg)
{
    const struct tls_alpn *alpn = ((const struct tls_service *)SSL_get_app_data(ssl))->alpn;
    struct str offered = str_n((const char *)in, in_n), ours, name;

    if (!alpn)
        return SSL_TLSEXT_ERR_NOACK;
    ours = alpn->ours;
    if (!ours.n)
        return alpn_all_in(offered, alpn->others) ? SSL_TLSEXT_ERR_ALERT_FATAL : SSL_TLSEXT_ERR_NOACK;
    while (alpn_next(&ours, &name)) {
        if (!alpn_has(offered, name))
            continue;
        *out = (const unsigned char *)name.p;
        *out_n = (unsigned char)name.n;
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* RFC 5077 section 4's form: AES-256-CBC, then HMAC-SHA-256. */
static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
                     int making)
{
    const struct tls_server *t = ((struct tls_set *)SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->server;
    const struct ticket_key *k = t->tickets;
    unsigned i = 0;
    OSSL_PARAM params[3];

    /* tls_clients.c: who has shown a certificate gets no ticket. In TLS 1.2 that is an empty one. */
    if (making && SSL_get0_peer_certificate(ssl))
        return SSL_version(ssl) == TLS1_3_VERSION ? -1 : 0;
    if (making) {
        random_bytes(iv, (size_t)EVP_CIPHER_get_iv_length(t->ticket_cipher));
        memcpy(name, k->name, sizeof k->name);
    } else {
        while (i < t->ticket_count && memcmp(name, t->tickets[i].name, sizeof k->name) != 0)
            i++;
        if (i == t->ticket_count)
            return 0; /* unknown: a full handshake */
        k = &t->tickets[i];
    }
    params[0] = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)(uintptr_t)k->hmac, sizeof k->hmac);
    params[1] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t) "SHA256", 0);
    params[2] = OSSL_PARAM_construct_end();
    if (EVP_CipherInit_ex2(cipher, t->ticket_cipher, k->aes, iv, making, NULL) != 1 ||
        EVP_MAC_CTX_set_params(mac, params) != 1)
        return -1;
    /* 2: the client gets a new ticket, as this one is of an older key, or good for one use (RFC 8446 appendix C.4). */
    return !making && (i || SSL_version(ssl) == TLS1_3_VERSION) ? 2 : 1;
}

/* --- certificates ------------------------------------------------------------------------------- */

static X509 *next_cert(struct tls_server *t, BIO *pem)
{
    X509 *x509 = X509_new_ex(t->lib, NULL);

    if (x509 && !PEM_read_bio_X509(pem, &x509, NULL, NULL)) {
        X509_free(x509);
        x509 = NULL;
    }
    return x509;
}

static enum st use_key(struct tls_server *t, struct set_entry *e, X509 *leaf)
{
    EVP_PKEY *key;
    int ok;

    TRY(tls_remote_key(t->lib, leaf, &e->cert, &key));
    ok = SSL_CTX_use_certificate(e->ctx, leaf) == 1 && SSL_CTX_use_PrivateKey(e->ctx, key) == 1;
    EVP_PKEY_free(key);
    return ok ? ST_OK : tls_fail(ST_SYNTAX, "the certificate can't be used");
}

static enum st use_chain(struct tls_server *t, struct set_entry *e, BIO *pem)
{
    X509 *x509;

    for (int i = 0; (x509 = next_cert(t, pem)); i++) {
        if (i == CHAIN_MAX || SSL_CTX_add0_chain_cert(e->ctx, x509) != 1) {
            X509_free(x509);
            return tls_fail(ST_SYNTAX, "a certificate of the chain, or too many of them");
        }
    }
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        return tls_fail(ST_SYNTAX, "a certificate of the chain");
    ERR_clear_error(); /* the end of the text */
    return ST_OK;
}

static void add_name(struct tls_set *set, struct set_entry *e, const ASN1_STRING *name)
{
    struct arena a = ARENA_INIT;
    struct str n = arena_str(&a, str_n((const char *)ASN1_STRING_get0_data(name), (size_t)ASN1_STRING_length(name)));

    for (size_t i = 0; i < n.n; i++)
        ((char *)(uintptr_t)n.p)[i] = ascii_lower(n.p[i]);
    if (n.n && !map_str_get(&set->names, n))
        map_str_put(&set->names, n, e);
    arena_fini(&a);
}

static void add_names(struct tls_set *set, struct set_entry *e, X509 *leaf)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    int found = 0, cn = X509_NAME_get_index_by_NID(X509_get_subject_name(leaf), NID_commonName, -1);

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);

        if (g->type == GEN_DNS) {
            add_name(set, e, g->d.dNSName);
            found++;
        }
    }
    GENERAL_NAMES_free(names);
    if (!found && cn >= 0)
        add_name(set, e, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(X509_get_subject_name(leaf), cn)));
}

static enum st set_limits(SSL_CTX *ctx, bool only_1_3, const char *ciphers, const char *groups)
{
    if (only_1_3 && SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1)
        return tls_fail(ST_INTERNAL, "TLS 1.3");
    if (*ciphers && SSL_CTX_set_cipher_list(ctx, ciphers) != 1)
        return tls_fail(ST_SYNTAX, "tls_ciphers");
    if (*groups && SSL_CTX_set1_groups_list(ctx, groups) != 1)
        return tls_fail(ST_SYNTAX, "tls_groups");
    return ST_OK;
}

enum st tls_server_limits(struct tls_server *t, bool only_1_3, struct str ciphers, struct str groups)
{
    char c[LIST_MAX], g[LIST_MAX];
    SSL_CTX *ctx;
    enum st st;

    if (ciphers.n >= sizeof c || groups.n >= sizeof g)
        return FAIL(ST_LIMIT, "tls_ciphers or tls_groups is too long");
    snprintf(c, sizeof c, "%.*s", STR_ARGS(ciphers));
    snprintf(g, sizeof g, "%.*s", STR_ARGS(groups));
    TRY(tls_context_new(t->lib, TLS_server_method(), &ctx));
    st = set_limits(ctx, only_1_3, c, g);
    SSL_CTX_free(ctx);
    TRY(st);
    t->only_1_3 = only_1_3;
    memcpy(t->ciphers, c, sizeof c);
    memcpy(t->groups, g, sizeof g);
    return ST_OK;
}

static enum st fill_entry(struct tls_server *t, struct tls_set *set, struct set_entry *e, X509 *leaf, BIO *pem)
{
    TRY(tls_context_new(t->lib, TLS_server_method(), &e->ctx));
    TRY(set_limits(e->ctx, t->only_1_3, t->ciphers, t->groups));
    SSL_CTX_set_app_data(e->ctx, set);
    SSL_CTX_set_tlsext_servername_callback(e->ctx, on_server_name);
    SSL_CTX_set_tlsext_servername_arg(e->ctx, set);
    SSL_CTX_set_alpn_select_cb(e->ctx, on_alpn, NULL);
    SSL_CTX_set_session_cache_mode(e->ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_timeout(e->ctx, TICKET_LIFE_S);
    SSL_CTX_set_num_tickets(e->ctx, 1);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(e->ctx, on_ticket);
    TRY(use_key(t, e, leaf));
    return use_chain(t, e, pem);
}

static void append(struct tls_set *set, struct set_entry *e)
{
    if (set->last)
        set->last->next = e;
    else
        set->first = e;
    set->last = e;
    set->count++;
}

static struct tls_set *coming_set(struct tls_server *t)
{
    if (!t->coming) {
        t->coming = MEM_NEW(struct tls_set);
        t->coming->refs = 1;
        t->coming->server = t;
        t->refs++;
    }
    return t->coming;
}

enum st tls_server_add(struct tls_server *t, struct str chain_pem, uint32_t key_id)
{
    struct tls_set *set = coming_set(t);
    struct set_entry *e;
    BIO *pem;
    X509 *leaf;
    enum st st;

    if (set->count >= CERTS_MAX)
        return FAIL(ST_LIMIT, "more than %d certificates", CERTS_MAX);
    ERR_clear_error();
    pem = BIO_new_mem_buf(chain_pem.p, (int)chain_pem.n);
    leaf = next_cert(t, pem);
    if (!leaf) {
        BIO_free(pem);
        return tls_fail(ST_SYNTAX, "no certificate in PEM form");
    }
    e = MEM_NEW(struct set_entry);
    e->cert = (struct tls_cert){t->sign, t->sign_arg, key_id};
    st = fill_entry(t, set, e, leaf, pem);
    if (st == ST_OK) {
        append(set, e);
        add_names(set, e, leaf);
    } else {
        SSL_CTX_free(e->ctx);
        mem_free(e);
    }
    X509_free(leaf);
    BIO_free(pem);
    return st;
}

/* Of all of them in their order: the context that a handshake begins with stands for each that it may change to. */
static void name_set(struct tls_set *set)
{
    crypto_hash_sha256_state h;

    crypto_hash_sha256_init(&h);
    for (const struct set_entry *e = set->first; e; e = e->next) {
        unsigned char *der = NULL;
        int n = i2d_X509(SSL_CTX_get0_certificate(e->ctx), &der);

        must(n > 0);
        crypto_hash_sha256_update(&h, der, (unsigned long long)n);
        OPENSSL_free(der);
    }
    crypto_hash_sha256_final(&h, set->id);
    for (const struct set_entry *e = set->first; e; e = e->next)
        must(SSL_CTX_set_session_id_context(e->ctx, set->id, sizeof(set->id)) == 1);
}

enum st tls_server_commit(struct tls_server *t)
{
    if (!t->coming || !t->coming->count)
        return FAIL(ST_NOTFOUND, "no certificate was given");
    name_set(t->coming);
    tls_set_unref(t->set);
    t->set = TAKE(t->coming);
    return ST_OK;
}

enum st tls_server_tickets(struct tls_server *t, struct str keys)
{
    if (!keys.n || keys.n % TLS_TICKET_KEY_BYTES || keys.n > sizeof t->tickets)
        return FAIL(ST_SYNTAX, "%zu bytes of ticket keys", keys.n);
    OPENSSL_cleanse(t->tickets, sizeof t->tickets);
    memcpy(t->tickets, keys.p, keys.n);
    t->ticket_count = (unsigned)(keys.n / TLS_TICKET_KEY_BYTES);
    return ST_OK;
}
