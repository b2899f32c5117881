/* One page. Each fetch has libcurl's state to itself (a multi handle, with its own cache of names) and its sockets in an epoll of its own, which
 * is what the coroutine waits for. Redirects are followed here, so that each of them is looked at like the first address. */
#include "errand/errand.h"

#include "dns/dns.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define HTTPS_PORT 443
#define DNS_MS 10000
#define CONNECT_MS 20000
#define EVENTS 8
#define AGENT "Restante"

struct run {
    struct errand *e;
    const struct fetch *f;
    struct arena *a;
    struct str url;
    struct url where;
    struct addr addrs[FETCH_ADDRS_MAX];
    size_t n_addrs;
    CURLM *multi;
    CURL *easy;
    struct curl_slist *fields, *resolved, *connect_to;
    int epoll;
    struct co_fd fd;
    mono_ms timer; /* libcurl wants to be called then */
    struct buf body;
    char error[CURL_ERROR_SIZE];
};

/* --- addresses ----------------------------------------------------------------------------------------------------- */

static bool may_use(const struct run *x, const struct addr *addr)
{
    return x->f->is_own || x->e->set->courier_loopback || addr_is_public(addr);
}

/* `later`: somebody may know one, but not just now. */
static void add_addrs(struct run *x, enum dns_type type, bool *later) SUSPENDS
{
    struct dns_addr *addrs;
    struct dns d;
    size_t n = 0;
    struct ipc *resolver = peers_get(&x->e->peers, ROLE_RESOLVER, 0, 0);
    enum st st =
        dns_addrs(resolver, x->a, x->where.host, type, MIN(deadline_in(DNS_MS), x->f->deadline), &d, &addrs, &n);

    *later = *later || (st != ST_OK && st != ST_NOTFOUND && st != ST_SYNTAX);
    for (size_t i = 0; st == ST_OK && i < n && x->n_addrs < FETCH_ADDRS_MAX; i++) {
        struct addr addr = addr_from_bytes(addrs[i].bytes, x->where.port);

        if (may_use(x, &addr))
            x->addrs[x->n_addrs++] = addr;
    }
}

static enum st find_addrs(struct run *x) SUSPENDS
{
    bool later = false;

    if (!peers_get(&x->e->peers, ROLE_RESOLVER, 0, 0))
        return FAIL(ST_BUSY, "there is no resolver yet");
    add_addrs(x, DNS_A, &later);
    add_addrs(x, DNS_AAAA, &later);
    if (co_is_canceled())
        return FAIL(ST_CANCELED, "told to stop");
    if (x->n_addrs)
        return ST_OK;
    if (later)
        return FAIL(ST_TRYLATER, "the address of %.*s can't be found out", STR_ARGS(x->where.host));
    return FAIL(ST_NOTFOUND, "%.*s has no address that can be connected to", STR_ARGS(x->where.host));
}

/* --- what libcurl calls -------------------------------------------------------------------------------------------- */

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
    struct run *x = arg;

    buf_add(&x->body, str_n(p, size * n));
    return x->body.over ? 0 : size * n;
}

/* Nothing but what our resolver said is ever connected to. */
static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    const struct run *x = arg;
    struct addr addr = addr_from_sockaddr(&to->addr, to->addrlen);

    (void)purpose;
    for (size_t i = 0; i < x->n_addrs; i++)
        if (addr_eq(&addr, &x->addrs[i]))
            return socket(to->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return CURL_SOCKET_BAD;
}

/* Names in a certificate are those in its subjectAltName, and a wildcard is a whole label (RFC 8461 section 3.3); libcurl alone would take a common
 * name too. */
static CURLcode on_tls(CURL *easy, void *ctx, void *arg)
{
    const struct run *x = arg;
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);

    (void)easy;
    SSL_CTX_set1_cert_store(ctx, x->e->trusted);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (X509_VERIFY_PARAM_set1_host(param, x->where.host.p, x->where.host.n) != 1)
        return CURLE_SSL_CERTPROBLEM;
    return CURLE_OK;
}

static int on_socket(CURL *easy, curl_socket_t s, int what, void *arg, void *of_socket)
{
    const struct run *x = arg;
    struct epoll_event ev = {.events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) |
                                       (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0),
                             .data.fd = s};

    (void)easy;
    (void)of_socket;
    if (what == CURL_POLL_REMOVE)
        (void)epoll_ctl(x->epoll, EPOLL_CTL_DEL, s, NULL); /* gone already when it was closed */
    else if (epoll_ctl(x->epoll, EPOLL_CTL_MOD, s, &ev) < 0)
        return epoll_ctl(x->epoll, EPOLL_CTL_ADD, s, &ev);
    return 0;
}

static int on_timer(CURLM *multi, long ms, void *arg)
{
    struct run *x = arg;

    (void)multi;
    x->timer = ms < 0 ? NEVER : deadline_in((uint64_t)ms);
    return 0;
}

/* --- what libcurl is told ------------------------------------------------------------------------------------------ */

#define SET(option, value) bad |= x->e->curl.easy_setopt(x->easy, (option), (value)) != CURLE_OK

static bool tell_where(struct run *x)
{
    char host[ADDR_TEXT_MAX];
    struct buf b;
    bool bad = false;

    buf_init(&b, 4096);
    buf_addf(&b, "%.*s:%u:", STR_ARGS(x->where.host), x->where.port);
    for (size_t i = 0; i < x->n_addrs; i++)
        buf_addf(&b, "%s%.*s", i ? "," : "", STR_ARGS(addr_host(&x->addrs[i], host)));
    buf_addc(&b, 0);
    x->resolved = x->e->curl.slist_append(NULL, b.p);
    buf_clear(&b);
    buf_addf(&b, "::%.*s:%u", STR_ARGS(x->where.host), x->where.port);
    buf_addc(&b, 0);
    x->connect_to = x->e->curl.slist_append(NULL, b.p);
    buf_fini(&b);
    SET(CURLOPT_URL, arena_cstr(x->a, x->url));
    SET(CURLOPT_RESOLVE, x->resolved);
    SET(CURLOPT_CONNECT_TO, x->connect_to);
    SET(CURLOPT_PROTOCOLS_STR, "https");
    SET(CURLOPT_PROXY, ""); /* whatever the environment says */
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    return bad;
}

static bool tell_tls(struct run *x)
{
    bool bad = false;

    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_CAINFO, NULL); /* it could open none */
    SET(CURLOPT_CAPATH, NULL);
    SET(CURLOPT_SSL_SESSIONID_CACHE, 0L);
    SET(CURLOPT_SSL_CTX_FUNCTION, on_tls);
    SET(CURLOPT_SSL_CTX_DATA, x);
    return bad;
}

static bool tell_calls(struct run *x)
{
    bool bad = false;

    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_ERRORBUFFER, x->error);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, x);
    SET(CURLOPT_OPENSOCKETFUNCTION, on_open);
    SET(CURLOPT_OPENSOCKETDATA, x);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_USERAGENT, AGENT);
    return bad;
}

static void add_field(struct run *x, const char *name, struct str value)
{
    if (value.n || str_eq(str_z(name), STR("Expect")))
        x->fields =
            x->e->curl.slist_append(x->fields, arena_cstr(x->a, arena_printf(x->a, "%s: %.*s", name, STR_ARGS(value))));
}

static bool tell_body(struct run *x)
{
    const struct fetch *f = x->f;
    bool bad = false;

    if (!f->is_post)
        return false;
    add_field(x, "Content-Type", f->type);
    add_field(x, "Content-Encoding", f->encoding);
    add_field(x, "Authorization", f->authorization);
    add_field(x, "Expect", STR_NONE); /* no waiting for leave to send it */
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)f->body.n);
    SET(CURLOPT_POSTFIELDS, f->body.n ? f->body.p : "");
    SET(CURLOPT_HTTPHEADER, x->fields);
    return bad;
}

#undef SET

static bool tell_multi(struct run *x)
{
    const struct curl_calls *c = &x->e->curl;
    bool bad = c->multi_setopt(x->multi, CURLMOPT_SOCKETFUNCTION, on_socket) != CURLM_OK;

    bad |= c->multi_setopt(x->multi, CURLMOPT_SOCKETDATA, x) != CURLM_OK;
    bad |= c->multi_setopt(x->multi, CURLMOPT_TIMERFUNCTION, on_timer) != CURLM_OK;
    bad |= c->multi_setopt(x->multi, CURLMOPT_TIMERDATA, x) != CURLM_OK;
    return bad || c->multi_add_handle(x->multi, x->easy) != CURLM_OK;
}

/* --- the exchange -------------------------------------------------------------------------------------------------- */

static void act(struct run *x, curl_socket_t s, uint32_t events, int *running)
{
    int mask = (events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
               (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);

    if (x->e->curl.multi_socket_action(x->multi, s, mask, running) != CURLM_OK)
        *running = 0;
}

/* Until libcurl has ended, one way or another, or the deadline. */
static enum st pump(struct run *x) SUSPENDS
{
    int running = 1;
    enum st st = ST_OK;

    act(x, CURL_SOCKET_TIMEOUT, 0, &running);
    while (running && st == ST_OK) {
        struct epoll_event ev[EVENTS];
        int n;

        co_fd_again(&x->fd, CO_READ);
        n = epoll_wait(x->epoll, ev, EVENTS, 0);
        for (int i = 0; i < n && running; i++)
            act(x, ev[i].data.fd, ev[i].events, &running);
        if (n > 0)
            co_yield ();
        else if (running)
            st = co_fd_wait(&x->fd, CO_READ, MIN(x->timer, x->f->deadline));
        if (st == ST_TIMEOUT && clock_mono_ms() < x->f->deadline)
            st = ST_OK;
        if (running && clock_mono_ms() >= x->timer) {
            x->timer = NEVER;
            act(x, CURL_SOCKET_TIMEOUT, 0, &running);
        }
        if (st == ST_OK && clock_mono_ms() >= x->f->deadline)
            st = ST_TIMEOUT;
    }
    return st;
}

static CURLcode result_of(const struct run *x)
{
    int left;
    const CURLMsg *m = x->e->curl.multi_info_read(x->multi, &left);

    return m && m->msg == CURLMSG_DONE ? m->data.result : CURLE_FAILED_INIT;
}

/* What a stranger may have had a hand in goes to logs and reports: plain text only. */
static const char *error_text(struct run *x, CURLcode code)
{
    if (!x->error[0])
        snprintf(x->error, sizeof x->error, "%s", x->e->curl.easy_strerror(code));
    for (char *p = x->error; *p; p++)
        if (*p < 0x20 || *p > 0x7e)
            *p = '?';
    x->error[FETCH_TEXT_MAX] = '\0';
    return x->error;
}

static enum st failure(struct run *x, CURLcode code)
{
    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS: return FAIL(ST_DENIED, "%s", error_text(x, code));
    case CURLE_OPERATION_TIMEDOUT: return FAIL(ST_TIMEOUT, "%s", error_text(x, code));
    case CURLE_WRITE_ERROR:
        if (x->body.over)
            return FAIL(ST_LIMIT, "the answer is longer than %zu bytes", x->f->most);
        break;
    default: break;
    }
    return FAIL(ST_IO, "%s", error_text(x, code));
}

static enum st answer_of(struct run *x, struct fetched *out, struct str *out_to)
{
    char *type = NULL, *to = NULL;
    long code = 0;

    x->e->curl.easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &code);
    x->e->curl.easy_getinfo(x->easy, CURLINFO_CONTENT_TYPE, &type);
    x->e->curl.easy_getinfo(x->easy, CURLINFO_REDIRECT_URL, &to);
    out->code = (uint32_t)MAX(code, 0);
    out->type = arena_str(x->a, str_z(type));
    out->body = arena_str(x->a, buf_str(&x->body));
    *out_to = arena_str(x->a, str_z(to));
    return ST_OK;
}

static enum st exchange(struct run *x, struct fetched *out, struct str *out_to) SUSPENDS
{
    CURLcode code;
    enum st st;

    if (tell_where(x) || tell_tls(x) || tell_calls(x) || tell_body(x) || tell_multi(x))
        return FAIL(ST_INTERNAL, "libcurl does not take its settings");
    st = pump(x);
    if (st == ST_TIMEOUT)
        return FAIL(ST_TIMEOUT, "%.*s has not answered in time", STR_ARGS(x->where.host));
    if (st != ST_OK)
        return st;
    code = result_of(x);
    return code == CURLE_OK ? answer_of(x, out, out_to) : failure(x, code);
}

/* --- one address, and where it leads ------------------------------------------------------------------------------- */

static enum st run_open(struct run *x)
{
    x->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (x->epoll < 0)
        return FAIL_ERRNO("epoll_create1");
    TRY(co_fd_add(&x->fd, x->epoll));
    x->multi = x->e->curl.multi_init();
    x->easy = x->e->curl.easy_init();
    return x->multi && x->easy ? ST_OK : FAIL(ST_INTERNAL, "libcurl can't begin");
}

static void run_close(struct run *x)
{
    const struct curl_calls *c = &x->e->curl;

    if (x->multi && x->easy)
        (void)c->multi_remove_handle(x->multi, x->easy); /* fine when it was never added */
    if (x->easy)
        c->easy_cleanup(x->easy);
    if (x->multi)
        (void)c->multi_cleanup(x->multi);
    c->slist_free_all(x->fields);
    c->slist_free_all(x->resolved);
    c->slist_free_all(x->connect_to);
    if (x->fd.core)
        co_fd_del(&x->fd);
    if (x->epoll >= 0)
        close(x->epoll);
    buf_fini(&x->body);
}

static enum st one(struct errand *e, struct arena *a, const struct fetch *f, struct str url, struct fetched *out,
                   struct str *out_to) SUSPENDS
{
    struct run x = {.e = e, .f = f, .a = a, .url = url, .epoll = -1, .timer = NEVER};
    enum st st;

    TRY(url_read(a, url, &x.where));
    if (!x.where.port)
        x.where.port = (uint16_t)e->set->errand_port;
    if (!e->trusted)
        return FAIL(ST_BUSY, "there is no file of certificates that are trusted (tls_ca)");
    TRY(find_addrs(&x));
    buf_init(&x.body, f->most);
    st = run_open(&x);
    if (st == ST_OK)
        st = exchange(&x, out, out_to);
    run_close(&x);
    return st;
}

enum st fetch_run(struct errand *e, struct arena *a, const struct fetch *f, struct fetched *out)
{
    struct str url = f->url;

    for (unsigned i = 0;; i++) {
        struct str to = STR_NONE;
        struct fetched got = {0};

        TRY(one(e, a, f, url, &got, &to));
        if (!f->follows || !to.n) {
            *out = got;
            return ST_OK;
        }
        if (i == f->follows)
            return FAIL(ST_LIMIT, "more than %u redirects", f->follows);
        url = to;
    }
}
