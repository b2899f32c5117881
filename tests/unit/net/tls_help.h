/* Certificates made on the spot, a key that is asked for on a thread pool, and TLS pairs. */
#pragma once

#include "base/buf.h"
#include "co/offload.h"
#include "net/help.h"
#include "net/tls_client.h"
#include "net/tls_inside.h"
#include "net/tls_key.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

struct made_cert {
    struct str cert_pem, key_pem;
    struct tls_key *key;
};

static struct str bio_text(struct arena *a, BIO *b)
{
    char *p;
    long n = BIO_get_mem_data(b, &p);
    struct str s = arena_str(a, str_n(p, (size_t)n));

    BIO_free(b);
    return s;
}

/* Self-signed, so that it is its own authority. `names` as in subjectAltName: "DNS:a.test,DNS:*.b.test". */
static struct made_cert make_cert(struct arena *a, const char *names, EVP_PKEY *key)
{
    struct made_cert m = {0};
    X509 *x = X509_new();
    BIO *b;

    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600 * 24);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)"cn.test", -1, -1,
                               0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    if (names) {
        X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);

        CHECK(e && X509_add_ext(x, e, -1));
        X509_EXTENSION_free(e);
    }
    CHECK(X509_sign(x, key, EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256()) > 0);
    b = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(b, x);
    m.cert_pem = bio_text(a, b);
    b = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(b, key, NULL, NULL, 0, NULL, NULL);
    m.key_pem = bio_text(a, b);
    X509_free(x);
    EVP_PKEY_free(key);
    return m;
}

static struct made_cert make_ec(struct arena *a, const char *names)
{
    struct made_cert m = make_cert(a, names, EVP_EC_gen("P-256"));

    CHECK_ST(tls_key_load(m.key_pem, &m.key), ST_OK);
    return m;
}

static struct made_cert make_rsa(struct arena *a, const char *names)
{
    struct made_cert m = make_cert(a, names, EVP_RSA_gen(2048));

    CHECK_ST(tls_key_load(m.key_pem, &m.key), ST_OK);
    return m;
}

/* The keeper of the tests: key number n is keys[n]; it signs on another thread, and leaves dirt in the
 * error queue of this one as another connection would. */
struct signer {
    struct offload *pool;
    struct tls_key *keys[4];
    unsigned asked, refuse;
    enum tls_key_kind last;
};

struct sign_job {
    const struct tls_key *key;
    enum tls_key_kind kind;
    struct str input;
    unsigned char *out;
    size_t max, n;
    enum st st;
};

static void sign_job(void *arg)
{
    struct sign_job *j = arg;

    j->st = tls_key_sign(j->key, j->kind, j->input, j->out, j->max, &j->n);
}

static enum st pool_sign(void *arg, uint32_t key_id, enum tls_key_kind kind, struct str input, unsigned char *out,
                         size_t out_max, size_t *out_n)
{
    struct signer *s = arg;
    struct sign_job j = {s->keys[key_id], kind, input, out, out_max, 0, ST_INTERNAL};

    s->asked++;
    s->last = kind;
    if (s->refuse)
        return FAIL(ST_TRYLATER, "the keeper is away");
    TRY(co_offload(s->pool, sign_job, &j));
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
    *out_n = j.n;
    return j.st;
}

struct tls_side {
    struct stream *s;
    struct tls_server *server;
    const struct tls_alpn *alpn;
    struct tls_clients *clients;
    mono_ms deadline;
    struct co *co;
    enum st st;
    bool done;
};

static void accept_tls(void *arg)
{
    struct tls_side *x = arg;

    x->co = co_here();
    x->st = stream_push_tls(x->s, x->server, x->alpn, x->clients, x->deadline);
    x->done = true;
}

/* A handshake over a local pair; the client's status. */
static enum st tls_pair_side(struct tls_side *side, struct tls_client *client, const char *host,
                             struct stream **out_server, struct stream **out_client)
{
    struct tls_side x = *side;
    struct str line;
    enum st st;

    stream_pair(&x.s, out_client);
    CHECK_ST(co_spawn(accept_tls, &x, "accept"), ST_OK);
    st = stream_push_tls_client(*out_client, client, str_z(host), deadline_in(60000));
    while (!x.done)
        CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    *out_server = x.s;
    if (st == ST_OK && x.st == ST_OK) { /* tickets come with the first bytes */
        CHECK_ST(stream_write(x.s, STR("220 hello\r\n")), ST_OK);
        CHECK_ST(stream_flush(x.s), ST_OK);
        CHECK_ST(stream_line(*out_client, 100, &line), ST_OK);
        CHECK_STR(line, STR("220 hello\r\n"));
    }
    return st != ST_OK ? st : x.st;
}

static inline enum st tls_pair_alpn(struct tls_server *server, const struct tls_alpn *alpn, struct tls_client *client,
                                    const char *host, struct stream **out_server, struct stream **out_client)
{
    struct tls_side x = {.server = server, .alpn = alpn, .deadline = deadline_in(60000)};

    return tls_pair_side(&x, client, host, out_server, out_client);
}

static inline enum st tls_pair_clients(struct tls_server *server, struct tls_clients *clients,
                                       struct tls_client *client, const char *host, struct stream **out_server,
                                       struct stream **out_client)
{
    struct tls_side x = {.server = server, .clients = clients, .deadline = deadline_in(60000)};

    return tls_pair_side(&x, client, host, out_server, out_client);
}

static inline enum st tls_pair(struct tls_server *server, struct tls_client *client, const char *host,
                               struct stream **out_server, struct stream **out_client)
{
    return tls_pair_alpn(server, NULL, client, host, out_server, out_client);
}
