/* The role: takes errands, and is told what came of them. */
#include "errand/errand.h"

#include "base/limits.h"
#include "base/log.h"
#include "ipc/beside.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <unistd.h>

#define COROUTINES 256
#define OPEN_MOST 100
#define CA_MAX (4u << 20)
#define BODY_MOST (16u << 20) /* of a POST */
#define DEADLINE_MOST_MS 300000
#define FETCH_TYPE_MOST 100 /* as the message has it */

/* --- who is trusted ------------------------------------------------------------------------------------------------ */

static enum st store_of(struct str pem, X509_STORE **out)
{
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    X509_STORE *store = X509_STORE_new();
    size_t n = 0;
    X509 *x;

    while (bio && store && (x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        n += X509_STORE_add_cert(store, x) == 1;
        X509_free(x);
    }
    BIO_free(bio);
    ERR_clear_error(); /* where the file ends */
    if (!n) {
        X509_STORE_free(store);
        return FAIL(ST_SYNTAX, "the file of trusted certificates (tls_ca) holds none");
    }
    X509_STORE_set_flags(store, X509_V_FLAG_TRUSTED_FIRST);
    *out = store;
    return ST_OK;
}

/* ST_NOTFOUND: main found no such file. */
static enum st load_trusted(struct errand *e, const struct role *r)
{
    struct arena a = ARENA_INIT;
    X509_STORE *store = NULL;
    struct str pem;
    enum st st = role_file_read(r, "ca", CA_MAX, &a, &pem);

    if (st == ST_OK)
        st = store_of(pem, &store);
    arena_fini(&a);
    if (st != ST_OK)
        return st;
    X509_STORE_free(e->trusted); /* fetches under way have references of their own */
    e->trusted = store;
    return ST_OK;
}

/* --- errands ------------------------------------------------------------------------------------------------------- */

static enum st read_ask(const struct errand *e, struct ipc_request *r, struct fetch *out)
{
    const struct msg_fetch_ask *m = r->msg;

    *out = (struct fetch){.url = m->url,
                          .is_post = m->is_post != 0,
                          .type = m->type,
                          .encoding = m->encoding,
                          .authorization = m->authorization,
                          .is_own = m->url.n && str_eq(m->url, e->set->auth_oauth_introspection),
                          .body = m->body,
                          .most = MIN(m->most, (uint32_t)LIMIT_FETCH_BODY),
                          .follows = m->follows,
                          .deadline = deadline_in(MIN(m->deadline_ms, (uint32_t)DEADLINE_MOST_MS))};
    if (r->fd < 0)
        return ST_OK;
    if (m->body_size > BODY_MOST)
        return FAIL(ST_LIMIT, "a body of %llu bytes", (unsigned long long)m->body_size);
    return beside_take(r->fd, 0, (size_t)m->body_size, r->arena, &out->body);
}

static enum st serve(struct errand *e, struct ipc_request *r, struct fetched *out) SUSPENDS
{
    struct fetch f;
    enum st st;

    TRY(read_ask(e, r, &f));
    if (e->open == OPEN_MOST)
        return FAIL(ST_BUSY, "too many pages are being fetched");
    e->open++;
    st = fetch_run(e, r->arena, &f, out);
    e->open--;
    return st;
}

static void on_fetch(struct ipc_request *r) SUSPENDS
{
    struct fetched got = {0};
    struct msg_fetch_answer m = {.status = ST_OK};
    enum st st = serve(r->arg, r, &got);

    m.status = (uint8_t)st;
    m.code = got.code;
    m.type = str_sub(got.type, 0, FETCH_TYPE_MOST);
    m.body = got.body;
    if (st != ST_OK)
        m.text = str_sub(str_z(err_get()->text), 0, FETCH_TEXT_MAX);
    if (ipc_answer(r, MSG_fetch_answer, &m, -1) != ST_OK)
        LOG(IPC_REQUEST_DROPPED, lf_z("process", "errand"), lf_z("kind", "fetch_ask"), lf_err());
}

/* --- the role itself ----------------------------------------------------------------------------------------------- */

static enum st errand_prepare(struct role *r)
{
    struct errand *e = MEM_NEW(struct errand);

    r->state = e;
    peers_init(&e->peers);
    e->set = config_ref(r->settings);
    if (OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS | OPENSSL_INIT_LOAD_CRYPTO_STRINGS | OPENSSL_INIT_LOAD_CONFIG,
                         NULL) != 1)
        return FAIL(ST_INTERNAL, "OpenSSL can't be started");
    return curl_load(&e->curl);
}

static enum st errand_start(struct role *r)
{
    struct errand *e = r->state;
    enum st st = load_trusted(e, r);

    return st == ST_NOTFOUND ? ST_OK : st; /* main has said so */
}

static const struct ipc_handler handlers[] = {{MSG_fetch_ask, on_fetch}};

static void errand_peer(struct role *r, const struct role_peer *p)
{
    struct errand *e = r->state;
    struct ipc_options opt = {.handlers = handlers, .n_handlers = ARRAY_LEN(handlers), .arg = e};

    if (peers_attach(&e->peers, p, &opt) != ST_OK)
        LOG(IPC_PEER_REFUSED, lf_z("process", role_name(p->kind)), lf_err());
}

static void errand_reload(struct role *r, const struct settings *set)
{
    struct errand *e = r->state;

    if (load_trusted(e, r) != ST_OK)
        LOG(ERRAND_TRUST_KEPT, lf_err());
    config_unref(e->set);
    e->set = config_ref(set);
}

const struct role_ops errand_role = {.name = "errand",
                                     .coroutines = COROUTINES,
                                     .prepare = errand_prepare,
                                     .start = errand_start,
                                     .peer = errand_peer,
                                     .reload = errand_reload};
