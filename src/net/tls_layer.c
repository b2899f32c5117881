/* TLS as a layer of a stream. OpenSSL reads and writes through a BIO of ours that goes straight to the
 * layer below, so nothing is copied besides and readiness stays the stream's affair. Its error queue
 * belongs to the thread and thereby to all connections of the core: it is emptied before each call. */
#include "net/tls_inside.h"
#include "base/must.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <pthread.h>

#define RECORD_MAX 16384 /* RFC 8446 section 5.1 */

struct tls_layer {
    struct stream_layer layer;
    SSL *ssl;
    struct tls_set *set; /* the server's; NULL on the client's side */
    struct tls_service service;
    enum st below; /* how the last call below ended */
};

enum st tls_fail(enum st st, const char *what)
{
    unsigned long e = ERR_peek_error();
    char text[160];

    ERR_error_string_n(e, text, sizeof text);
    ERR_clear_error();
    return e ? FAIL(st, "%s: %s", what, text) : FAIL(st, "%s", what);
}

/* --- the BIO below ------------------------------------------------------------------------------ */

static int bio_read(BIO *b, char *p, size_t max, size_t *out_n)
{
    struct tls_layer *l = BIO_get_data(b);

    BIO_clear_retry_flags(b);
    l->below = layer_read(l->layer.stream, l->layer.below, p, max, out_n);
    if (l->below == ST_BUSY)
        BIO_set_retry_read(b);
    return l->below == ST_OK;
}

static int bio_write(BIO *b, const char *p, size_t n, size_t *out_n)
{
    struct tls_layer *l = BIO_get_data(b);
    struct iovec iov = {(char *)(uintptr_t)p, n};

    BIO_clear_retry_flags(b);
    l->below = layer_write(l->layer.stream, l->layer.below, &iov, 1, out_n);
    if (l->below == ST_BUSY)
        BIO_set_retry_write(b);
    return l->below == ST_OK;
}

static long bio_ctrl(BIO *b, int cmd, UNUSED long num, UNUSED void *ptr)
{
    struct tls_layer *l = BIO_get_data(b);

    if (cmd == BIO_CTRL_FLUSH)
        return 1;
    return cmd == BIO_CTRL_EOF && l->below == ST_EOF;
}

/* Made once per process and never changed. */
static struct {
    pthread_once_t once;
    BIO_METHOD *method;
} bio = {.once = PTHREAD_ONCE_INIT};

static void make_bio_method(void)
{
    bio.method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
    must(bio.method);
    BIO_meth_set_read_ex(bio.method, bio_read);
    BIO_meth_set_write_ex(bio.method, bio_write);
    BIO_meth_set_ctrl(bio.method, bio_ctrl);
}

/* --- the layer ---------------------------------------------------------------------------------- */

static struct tls_layer *of(struct stream_layer *l)
{
    return CONTAINER_OF(l, struct tls_layer, layer);
}

static void before_call(struct tls_layer *l)
{
    ERR_clear_error();
    l->below = ST_OK;
}

/* What a call that gave `ret` means. */
static enum st meaning(struct tls_layer *l, int ret, const char *what)
{
    switch (SSL_get_error(l->ssl, ret)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return ST_BUSY; /* the layer below has set stream->want */
    case SSL_ERROR_ZERO_RETURN: return FAIL(ST_EOF, "the peer has closed the connection");
    default: break;
    }
    if (l->below != ST_OK && l->below != ST_BUSY)
        return l->below; /* its text is there */
    if ((!l->set || tls_clients_are_required(l->service.clients)) && SSL_get_verify_mode(l->ssl) != SSL_VERIFY_NONE &&
        SSL_get_verify_result(l->ssl) != X509_V_OK)
        return tls_fail(ST_DENIED, X509_verify_cert_error_string(SSL_get_verify_result(l->ssl)));
    return tls_fail(ST_IO, what);
}

static enum st tls_read(struct stream_layer *layer, char *p, size_t max, size_t *out_n)
{
    struct tls_layer *l = of(layer);
    int ret;

    before_call(l);
    ret = SSL_read_ex(l->ssl, p, MIN(max, INT_MAX), out_n);
    return ret == 1 ? ST_OK : meaning(l, ret, "TLS, reading");
}

static enum st tls_write(struct stream_layer *layer, const struct iovec *iov, int pieces, size_t *out_n)
{
    struct tls_layer *l = of(layer);
    int ret;

    before_call(l);
    layer->stream->more = pieces > 1 || iov->iov_len > RECORD_MAX;
    ret = SSL_write_ex(l->ssl, iov->iov_base, MIN(iov->iov_len, RECORD_MAX), out_n);
    layer->stream->more = false;
    return ret == 1 ? ST_OK : meaning(l, ret, "TLS, writing");
}

static enum st tls_goodbye(struct stream_layer *layer)
{
    struct tls_layer *l = of(layer);
    int ret;

    before_call(l);
    ret = SSL_shutdown(l->ssl);
    return ret >= 0 ? ST_OK : meaning(l, ret, "TLS, closing");
}

static bool tls_has_input(const struct stream_layer *layer)
{
    return SSL_has_pending(CONTAINER_OF(layer, const struct tls_layer, layer)->ssl) == 1;
}

static void tls_free(struct stream_layer *layer)
{
    struct tls_layer *l = of(layer);

    ERR_clear_error();
    SSL_free(l->ssl);
    tls_clients_unref(l->service.clients);
    tls_set_unref(l->set);
    mem_free(l);
}

static const struct stream_layer_ops tls_ops = {
    .read = tls_read, .write = tls_write, .goodbye = tls_goodbye, .has_input = tls_has_input, .free = tls_free};

/* --- pushing ------------------------------------------------------------------------------------ */

static enum st handshake(struct stream *s, struct tls_layer *l, mono_ms deadline) SUSPENDS
{
    for (;;) {
        mono_ms now = core_now(core_here());
        enum st st;
        int ret;

        before_call(l);
        ret = SSL_do_handshake(l->ssl);
        if (ret == 1)
            return ST_OK;
        st = meaning(l, ret, "TLS handshake");
        if (co_is_canceled())
            return FAIL(ST_CANCELED, "told to stop");
        if (st != ST_BUSY)
            return st;
        if (deadline <= now)
            return FAIL(ST_TIMEOUT, "the TLS handshake took too long");
        TRY(stream_wait_wanted(s, (uint32_t)MIN(deadline - now, UINT32_MAX)));
    }
}

enum st tls_layer_push(struct stream *s, SSL *ssl, struct tls_set *set, const struct tls_service *service,
                       mono_ms deadline)
{
    struct tls_layer *l = MEM_NEW(struct tls_layer);
    enum st st;
    BIO *b;

    pthread_once(&bio.once, make_bio_method);
    b = BIO_new(bio.method);
    must(b);
    BIO_set_data(b, l);
    BIO_set_init(b, 1);
    SSL_set_bio(ssl, b, b);
    l->layer = (struct stream_layer){.ops = &tls_ops, .below = s->top, .stream = s};
    l->ssl = ssl;
    l->set = set;
    if (service) {
        l->service = *service;
        SSL_set_app_data(ssl, &l->service);
    }
    s->top = &l->layer;
    st = handshake(s, l, deadline);
    if (l->service.clients)
        SSL_set_client_CA_list(ssl, NULL); /* a copy of all names, for a connection that may be there for days */
    s->broken = st != ST_OK; /* neither clear text nor TLS can follow */
    return st;
}

enum st stream_push_tls(struct stream *s, struct tls_server *tls, const struct tls_alpn *alpn,
                        struct tls_clients *clients, mono_ms deadline)
{
    struct tls_set *set = tls_server_set(tls);
    struct tls_service service = {alpn, clients};
    SSL *ssl;

    TRY(stream_ready_for_layer(s));
    if (!set)
        return FAIL(ST_NOTFOUND, "there is no TLS certificate");
    ERR_clear_error();
    ssl = SSL_new(tls_set_context(set));
    must(ssl);
    SSL_set_accept_state(ssl);
    if (clients) {
        tls_clients_ref(clients);
        tls_clients_begin(clients, ssl, tls_set_id(set));
    }
    tls_set_ref(set);
    return tls_layer_push(s, ssl, set, &service, deadline);
}

enum st stream_push_tls_client(struct stream *s, struct tls_client *tls, struct str host, mono_ms deadline)
{
    SSL *ssl;

    TRY(stream_ready_for_layer(s));
    TRY(tls_client_ssl(tls, host, &ssl));
    return tls_layer_push(s, ssl, NULL, NULL, deadline);
}

enum st stream_push_tls_peer(struct stream *s, struct tls_client *tls, const struct tls_peer *peer, mono_ms deadline)
{
    SSL *ssl;

    TRY(stream_ready_for_layer(s));
    TRY(tls_client_peer_ssl(tls, peer, &ssl));
    return tls_layer_push(s, ssl, NULL, NULL, deadline);
}

/* The topmost TLS layer; another may lie above it. */
static struct tls_layer *find(const struct stream *s)
{
    for (struct stream_layer *l = s->top; l; l = l->below)
        if (l->ops == &tls_ops)
            return of(l);
    return NULL;
}

bool stream_is_tls(const struct stream *s)
{
    return find(s) != NULL;
}

enum tls_verdict stream_tls_verdict(const struct stream *s)
{
    struct tls_layer *l = find(s);

    switch (l ? SSL_get_verify_result(l->ssl) : X509_V_OK) {
    case X509_V_OK: return TLS_CERT_GOOD;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return TLS_CERT_NAME;
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CERT_HAS_EXPIRED: return TLS_CERT_EXPIRED;
    case X509_V_ERR_DANE_NO_MATCH: return TLS_CERT_NOT_NAMED;
    default: return TLS_CERT_UNTRUSTED;
    }
}

bool stream_tls_info(const struct stream *s, struct stream_tls_info *out)
{
    struct tls_layer *l = find(s);
    const unsigned char *alpn = NULL;
    unsigned alpn_n = 0;

    if (!l)
        return false;
    SSL_get0_alpn_selected(l->ssl, &alpn, &alpn_n);
    *out = (struct stream_tls_info){
        .version = SSL_get_version(l->ssl),
        .cipher = SSL_get_cipher_name(l->ssl),
        .server_name = str_z(SSL_get_servername(l->ssl, TLSEXT_NAMETYPE_host_name)),
        .alpn = str_n((const char *)alpn, alpn_n),
        .resumed = SSL_session_reused(l->ssl) == 1,
    };
    return true;
}

/* --- the client's certificate ------------------------------------------------------------------------------------- */

/* A session that is resumed has none, whatever its ticket holds. */
static X509 *certificate_of_client(const struct stream *s)
{
    struct tls_layer *l = find(s);

    return l && l->service.clients && !SSL_session_reused(l->ssl) ? SSL_get0_peer_certificate(l->ssl) : NULL;
}

enum stream_tls_client stream_tls_client(const struct stream *s)
{
    if (!certificate_of_client(s))
        return TLS_CLIENT_NONE;
    return SSL_get_verify_result(find(s)->ssl) == X509_V_OK ? TLS_CLIENT_GOOD : TLS_CLIENT_BAD;
}

static bool add_der(struct buf *b, X509 *x)
{
    unsigned char *der = NULL;
    int n = i2d_X509(x, &der);
    bool fits = n > 0 && b->n + (size_t)n <= TLS_CLIENT_CHAIN_MAX;

    if (fits)
        buf_add(b, str_n((const char *)der, (size_t)n));
    OPENSSL_free(der);
    return fits;
}

void stream_tls_client_chain(const struct stream *s, struct buf *out)
{
    X509 *leaf = certificate_of_client(s);
    STACK_OF(X509) * others;

    if (!leaf || !add_der(out, leaf))
        return;
    others = SSL_get_peer_cert_chain(find(s)->ssl); /* of a server: without the leaf */
    for (int i = 0; i < sk_X509_num(others) && add_der(out, sk_X509_value(others, i));)
        i++;
    ERR_clear_error();
}

/* --- what a login can be bound to ------------------------------------------------------------------------------------ */

/* RFC 5929 section 4.1: the certificate's hash, by the hash of its signature; SHA-256 where that is MD5 or SHA-1. */
static size_t end_point_of(SSL *ssl, unsigned char out[TLS_BINDING_MAX])
{
    X509 *x = SSL_get_certificate(ssl);
    int hash = NID_undef;
    const EVP_MD *md;
    unsigned n = 0;

    if (!x || !X509_get_signature_info(x, &hash, NULL, NULL, NULL) || hash == NID_undef)
        return 0; /* a signature without a single hash: the binding is not defined */
    md = hash == NID_md5 || hash == NID_sha1 ? EVP_sha256() : EVP_get_digestbynid(hash);
    if (!md || EVP_MD_get_size(md) > TLS_BINDING_MAX || X509_digest(x, md, out, &n) != 1)
        return 0;
    return n;
}

void stream_tls_bindings(const struct stream *s, struct stream_tls_bindings *out)
{
    static const char label[] = "EXPORTER-Channel-Binding";
    struct tls_layer *l = find(s);
    int version = l ? SSL_version(l->ssl) : 0;

    *out = (struct stream_tls_bindings){0};
    if (!l)
        return;
    ERR_clear_error();
    if ((version == TLS1_3_VERSION || SSL_get_extms_support(l->ssl) == 1) &&
        SSL_export_keying_material(l->ssl, out->exporter, 32, label, sizeof label - 1, NULL, 0, 1) == 1)
        out->n_exporter = 32;
    if (version < TLS1_3_VERSION && SSL_get_extms_support(l->ssl) == 1)
        /* the first Finished: the client's, or ours when the session is resumed (RFC 5929 section 3) */
        out->n_unique = MIN(SSL_session_reused(l->ssl) ? SSL_get_finished(l->ssl, out->unique, sizeof out->unique)
                                                       : SSL_get_peer_finished(l->ssl, out->unique, sizeof out->unique),
                            sizeof out->unique);
    out->n_end_point = end_point_of(l->ssl, out->end_point);
    ERR_clear_error();
}
