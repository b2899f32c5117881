#include "net/tls_clients.h"

#include "base/must.h"
#include "net/tls_inside.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sodium.h>

#define CHAIN_CERTS_MAX 8
#define AUTH_LEVEL 2 /* 112 bits: RSA of 2048 and more */
#define DIGEST_BYTES crypto_hash_sha256_BYTES

struct tls_clients {
    unsigned refs;
    bool required;
    X509_STORE *store;
    STACK_OF(X509_NAME) * names; /* told to clients, so that they find which of theirs to show */
    unsigned char digest[DIGEST_BYTES];
};

/* --- the file ------------------------------------------------------------------------------------------------- */

static bool add_one(struct tls_clients *c, X509_INFO *info, size_t *certs, size_t *crls)
{
    bool ok = info->x509 || info->crl;

    if (info->x509) {
        X509_NAME *name = X509_NAME_dup(X509_get_subject_name(info->x509));

        must(name && sk_X509_NAME_push(c->names, name));
        ++*certs;
        ok = X509_STORE_add_cert(c->store, info->x509) == 1;
    }
    if (info->crl) {
        ++*crls;
        ok = ok && X509_STORE_add_crl(c->store, info->crl) == 1;
    }
    return ok;
}

static enum st add_all(struct tls_clients *c, STACK_OF(X509_INFO) * infos)
{
    size_t certs = 0, crls = 0;

    for (int i = 0; i < sk_X509_INFO_num(infos); i++)
        if (!add_one(c, sk_X509_INFO_value(infos, i), &certs, &crls))
            return tls_fail(ST_SYNTAX, "something that is neither a certificate nor a list of revoked ones");
    if (!certs)
        return FAIL(ST_SYNTAX, "no certificate in PEM form");
    /* One that issues without being its own authority may stand there alone: what it has issued counts, and nothing else of its authority. */
    X509_STORE_set_flags(c->store, X509_V_FLAG_PARTIAL_CHAIN | (crls ? X509_V_FLAG_CRL_CHECK : 0));
    return ST_OK;
}

static enum st load(struct tls_clients *c, OSSL_LIB_CTX *lib, struct str pem)
{
    BIO *b = BIO_new_mem_buf(pem.p, (int)MIN(pem.n, (size_t)INT_MAX));
    STACK_OF(X509_INFO) * infos;
    enum st st;

    must(b);
    ERR_clear_error();
    infos = PEM_X509_INFO_read_bio_ex(b, NULL, NULL, (void *)(uintptr_t) "", lib,
                                      NULL); /* no key is asked a password for */
    BIO_free(b);
    if (!infos)
        return tls_fail(ST_SYNTAX, "not in PEM form");
    st = add_all(c, infos);
    sk_X509_INFO_pop_free(infos, X509_INFO_free);
    ERR_clear_error();
    return st;
}

enum st tls_clients_new(struct tls_server *server, struct str pem, bool required, struct tls_clients **out)
{
    struct tls_clients *c = MEM_NEW(struct tls_clients);
    enum st st;

    c->refs = 1;
    c->required = required;
    c->store = X509_STORE_new();
    c->names = sk_X509_NAME_new_null();
    must(c->store && c->names);
    crypto_hash_sha256(c->digest, (const unsigned char *)pem.p, pem.n);
    st = load(c, server ? tls_server_lib(server) : NULL, pem);
    if (st != ST_OK) {
        tls_clients_unref(c);
        return st;
    }
    *out = c;
    return ST_OK;
}

struct tls_clients *tls_clients_ref(struct tls_clients *c)
{
    c->refs++;
    return c;
}

void tls_clients_unref(struct tls_clients *c)
{
    if (!c || --c->refs)
        return;
    X509_STORE_free(c->store);
    sk_X509_NAME_pop_free(c->names, X509_NAME_free);
    mem_free(c);
}

enum st tls_clients_check(struct str pem)
{
    struct tls_clients *c;

    TRY(tls_clients_new(NULL, pem, false, &c));
    tls_clients_unref(c);
    return ST_OK;
}

/* --- in a handshake --------------------------------------------------------------------------------------------- */

/* A certificate counts on the connection in whose handshake it was proven, and on no other: there is no ticket (of TLS 1.3; of 1.2: on_ticket). */
static void no_ticket(X509_STORE_CTX *ctx)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());

    must(ssl && SSL_set_num_tickets(ssl, 0) == 1);
}

static int must_hold(int ok, X509_STORE_CTX *ctx)
{
    no_ticket(ctx);
    return ok;
}

/* Where it is not required, one that is no good is as none: who has it may have a password as well. */
static int may_hold(UNUSED int ok, X509_STORE_CTX *ctx)
{
    no_ticket(ctx);
    return 1;
}

bool tls_clients_are_required(const struct tls_clients *c)
{
    return c && c->required;
}

void tls_clients_ask(struct tls_clients *c, SSL *ssl)
{
    must(SSL_set1_verify_cert_store(ssl, c->store) == 1);
    X509_VERIFY_PARAM_set_auth_level(SSL_get0_param(ssl), AUTH_LEVEL);
    SSL_set_verify(ssl, SSL_VERIFY_PEER | (c->required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                   c->required ? must_hold : may_hold);
}

void tls_clients_begin(struct tls_clients *c, SSL *ssl, const unsigned char set_id[TLS_SET_ID_BYTES])
{
    unsigned char id[DIGEST_BYTES], input[TLS_SET_ID_BYTES + DIGEST_BYTES + 1];
    STACK_OF(X509_NAME) *names = sk_X509_NAME_deep_copy(c->names, X509_NAME_dup, X509_NAME_free);

    must(names);
    memcpy(input, set_id, TLS_SET_ID_BYTES);
    memcpy(input + TLS_SET_ID_BYTES, c->digest, sizeof(c->digest));
    input[sizeof(input) - 1] = c->required;
    crypto_hash_sha256(id, input, sizeof(input));
    must(SSL_set_session_id_context(ssl, id, sizeof(id)) == 1);
    SSL_set_client_CA_list(ssl, names);
    SSL_set_verify_depth(ssl, CHAIN_CERTS_MAX);
    SSL_set_max_cert_list(ssl, (long)TLS_CLIENT_CHAIN_MAX);
    tls_clients_ask(c, ssl);
}

/* --- outside of one --------------------------------------------------------------------------------------------- */

static STACK_OF(X509) * read_chain(struct str chain)
{
    const unsigned char *p = (const unsigned char *)chain.p, *end = p + chain.n;
    STACK_OF(X509) *all = sk_X509_new_null();

    must(all);
    while (p < end && sk_X509_num(all) < CHAIN_CERTS_MAX) {
        X509 *x = d2i_X509(NULL, &p, end - p);

        if (!x)
            break;
        must(sk_X509_push(all, x));
    }
    ERR_clear_error();
    if (p == end && sk_X509_num(all) > 0)
        return all;
    sk_X509_pop_free(all, X509_free);
    return NULL;
}

static enum st verify(struct tls_clients *c, STACK_OF(X509) * chain)
{
    X509_STORE_CTX *v = X509_STORE_CTX_new();
    int how;

    must(v && X509_STORE_CTX_init(v, c->store, sk_X509_value(chain, 0), chain) == 1);
    must(X509_STORE_CTX_set_default(v, "ssl_client") == 1);
    X509_VERIFY_PARAM_set_depth(X509_STORE_CTX_get0_param(v), CHAIN_CERTS_MAX);
    X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(v), AUTH_LEVEL);
    how = X509_verify_cert(v) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(v);
    X509_STORE_CTX_free(v);
    ERR_clear_error();
    if (how == X509_V_OK)
        return ST_OK;
    return FAIL(how == X509_V_ERR_CERT_HAS_EXPIRED ? ST_EXPIRED : ST_DENIED, "the client's certificate: %s",
                X509_verify_cert_error_string(how));
}

static void take_name(struct arena *a, const ASN1_STRING *s, struct tls_client_cert *out)
{
    struct str name = str_n((const char *)ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));

    if (str_find(name, '\0') == name.n && name.n && str_is_ascii(name))
        out->names[out->n_names++] = arena_str(a, name);
}

static void take_names(struct arena *a, X509 *x, struct tls_client_cert *out)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);

    out->names = ARENA_ARRAY(a, struct str, TLS_CLIENT_NAMES_MAX);
    for (int i = 0; i < sk_GENERAL_NAME_num(names) && out->n_names < TLS_CLIENT_NAMES_MAX; i++)
        if (sk_GENERAL_NAME_value(names, i)->type == GEN_EMAIL)
            take_name(a, sk_GENERAL_NAME_value(names, i)->d.rfc822Name, out);
    GENERAL_NAMES_free(names);
    ERR_clear_error();
}

enum st tls_clients_look(struct tls_clients *c, struct str chain, struct arena *a, struct tls_client_cert *out)
{
    STACK_OF(X509) *all = chain.n <= TLS_CLIENT_CHAIN_MAX ? read_chain(chain) : NULL;
    struct tls_client_cert cert = {0};
    enum st st;

    if (!all)
        return FAIL(ST_DENIED, "no certificate that can be read");
    st = verify(c, all);
    if (st == ST_OK && X509_digest(sk_X509_value(all, 0), EVP_sha256(), cert.fingerprint, NULL) != 1)
        st = tls_fail(ST_INTERNAL, "SHA-256");
    if (st == ST_OK) {
        take_names(a, sk_X509_value(all, 0), &cert);
        *out = cert;
    }
    sk_X509_pop_free(all, X509_free);
    return st;
}
