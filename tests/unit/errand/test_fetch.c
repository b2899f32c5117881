/* Pages from a web server of the test's own, which is on a thread of its own and does as the path says. */
#include "errand/fetch.c"

#include "config/config.h"
#include "net/tls_help.h"

#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>

static struct errand errand;
static struct arena arena;
static struct str asked_last; /* the last request, whole */
static unsigned connections;
static unsigned port;

/* --- the web server ------------------------------------------------------------------------------------------------ */

static void say(SSL *ssl, const char *text)
{
    SSL_write(ssl, text, (int)strlen(text));
}

static void say_many(SSL *ssl, size_t n)
{
    char block[1000];

    memset(block, 'x', sizeof block);
    for (size_t i = 0; i < n / sizeof block; i++)
        if (SSL_write(ssl, block, sizeof block) <= 0)
            return;
}

static void answer_path(SSL *ssl, struct str path)
{
    char text[400];

    if (str_eq(path, STR("/ok")))
        say(ssl, "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n\r\nhello");
    else if (str_eq(path, STR("/until-close")))
        say(ssl, "HTTP/1.1 200 OK\r\n\r\nhello");
    else if (str_eq(path, STR("/chunked")))
        say(ssl, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n");
    else if (str_eq(path, STR("/missing")))
        say(ssl, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno");
    else if (str_eq(path, STR("/away"))) {
        snprintf(text, sizeof text,
                 "HTTP/1.1 301 Moved\r\nLocation: https://other.test:%u/ok\r\nContent-Length: 0\r\n\r\n", port);
        say(ssl, text);
    } else if (str_eq(path, STR("/loop")))
        say(ssl, "HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n");
    else if (str_eq(path, STR("/inside")))
        say(ssl, "HTTP/1.1 302 Found\r\nLocation: https://wrong.test/\r\nContent-Length: 0\r\n\r\n");
    else if (str_eq(path, STR("/plain")))
        say(ssl, "HTTP/1.1 302 Found\r\nLocation: http://good.test/ok\r\nContent-Length: 0\r\n\r\n");
    else if (str_eq(path, STR("/long"))) {
        say(ssl, "HTTP/1.1 200 OK\r\n\r\n");
        say_many(ssl, 70000);
    } else if (str_eq(path, STR("/head"))) {
        say(ssl, "HTTP/1.1 200 OK\r\nX-Long: ");
        say_many(ssl, 2000000);
    } else if (str_eq(path, STR("/cut")))
        say(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello");
    else if (str_eq(path, STR("/old")))
        say(ssl, "hello");
    else if (str_eq(path, STR("/slow")))
        usleep(1500000);
    else if (str_eq(path, STR("/drip")))
        for (unsigned i = 0; i < 15; i++) {
            say(ssl, i ? "x" : "HTTP/1.1 200 OK\r\n\r\n");
            usleep(100000);
        }
    else
        say(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

static char request[200000];

/* Up to the end of the head, and as much behind it as is said. */
static struct str read_request(SSL *ssl)
{
    size_t n = 0, whole = 0;
    int got;

    while (n < sizeof request && (got = SSL_read(ssl, request + n, (int)(sizeof request - n))) > 0) {
        struct str s;
        size_t head, at;
        uint64_t length = 0;

        n += (size_t)got;
        s = str_n(request, n);
        head = str_search(s, STR("\r\n\r\n"));
        if (head == s.n)
            continue;
        at = str_search(s, STR("Content-Length: "));
        if (at < head) {
            struct str number = str_from(s, at + 16);

            CHECK_ST(str_u64(str_sub(number, 0, str_find(number, '\r')), 1000000, &length), ST_OK);
        }
        whole = head + 4 + (size_t)length;
        if (n >= whole)
            break;
    }
    return str_n(request, n);
}

static void serve_one(SSL_CTX *ctx, int fd)
{
    SSL *ssl = SSL_new(ctx);
    struct str r, path;

    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
        r = read_request(ssl);
        path = str_from(r, str_find(r, ' ') + 1);
        path.n = str_find(path, ' ');
        asked_last = r;
        answer_path(ssl, path);
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
    close(fd);
    ERR_clear_error();
}

struct server {
    SSL_CTX *ctx;
    int fd;
    pthread_t thread;
    bool over;
};

static void *serve(void *arg)
{
    struct server *s = arg;
    int fd;

    while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
        if (__atomic_load_n(&s->over, __ATOMIC_SEQ_CST)) {
            close(fd);
            break;
        }
        __atomic_add_fetch(&connections, 1, __ATOMIC_SEQ_CST);
        serve_one(s->ctx, fd);
    }
    return NULL;
}

static void server_start(struct server *s, struct made_cert *cert)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof in;
    BIO *b = BIO_new_mem_buf(cert->cert_pem.p, (int)cert->cert_pem.n);
    X509 *x = PEM_read_bio_X509(b, NULL, NULL, NULL);
    EVP_PKEY *key;

    BIO_free(b);
    b = BIO_new_mem_buf(cert->key_pem.p, (int)cert->key_pem.n);
    key = PEM_read_bio_PrivateKey(b, NULL, NULL, NULL);
    BIO_free(b);
    s->ctx = SSL_CTX_new(TLS_server_method());
    CHECK(SSL_CTX_use_certificate(s->ctx, x) == 1 && SSL_CTX_use_PrivateKey(s->ctx, key) == 1);
    errand.trusted = X509_STORE_new();
    CHECK(X509_STORE_add_cert(errand.trusted, x) == 1);
    X509_free(x);
    EVP_PKEY_free(key);
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(s->fd, (struct sockaddr *)&in, sizeof in) == 0 && listen(s->fd, 10) == 0);
    CHECK(getsockname(s->fd, (struct sockaddr *)&in, &n) == 0);
    port = ntohs(in.sin_port);
    s->over = false;
    CHECK(pthread_create(&s->thread, NULL, serve, s) == 0);
}

static void server_stop(struct server *s)
{
    struct sockaddr_in in = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    __atomic_store_n(&s->over, true, __ATOMIC_SEQ_CST);
    CHECK(connect(fd, (struct sockaddr *)&in, sizeof in) == 0);
    pthread_join(s->thread, NULL);
    close(fd);
    close(s->fd);
    SSL_CTX_free(s->ctx);
    X509_STORE_free(errand.trusted);
    errand.trusted = NULL;
}

/* --- the DNS ------------------------------------------------------------------------------------------------------- */

struct ipc *peers_get(const struct peers *t, enum role_kind kind, unsigned index, unsigned core)
{
    CHECK(kind == ROLE_RESOLVER && !index && !core);
    return (struct ipc *)(uintptr_t)t;
}

enum st dns_addrs(struct ipc *resolver, struct arena *a, struct str host, enum dns_type type, mono_ms deadline,
                  struct dns *out, struct dns_addr **out_addrs, size_t *out_n)
{
    struct dns_addr *list = ARENA_ARRAY(a, struct dns_addr, 2);

    (void)resolver;
    (void)deadline;
    *out = (struct dns){.ttl = 60};
    if (str_eq(host, STR("later.test")))
        return FAIL(ST_TRYLATER, "not now");
    if (type == DNS_AAAA && str_eq(host, STR("other.test"))) { /* where nobody listens */
        list[0].bytes = str_n("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
        *out_addrs = list;
        *out_n = 1;
        return ST_OK;
    }
    if (type != DNS_A || str_eq(host, STR("none.test")))
        return FAIL(ST_NOTFOUND, "none");
    list[0].bytes = str_n("\177\0\0\1", 4);
    *out_addrs = list;
    *out_n = 1;
    return ST_OK;
}

/* --- the rig ------------------------------------------------------------------------------------------------------- */

static const struct settings *settings_of(const char *loopback)
{
    static struct config_errors errors;
    const struct settings *set = NULL;
    struct str text = arena_printf(&arena, "host_name us.test\ncourier_loopback %s\nerrand_port %u\n", loopback, port);

    CHECK_ST(config_parse(text, "test", &set, &errors), ST_OK);
    return set;
}

static struct fetched got;

static enum st fetch_from(const char *url, const struct fetch *more)
{
    struct fetch f = *more;

    f.url = str_z(url);
    f.most = f.most ? f.most : 64000;
    f.deadline = f.deadline ? f.deadline : deadline_in(10000);
    got = (struct fetched){0};
    return fetch_run(&errand, &arena, &f, &got);
}

static enum st get(const char *url)
{
    return fetch_from(url, &(struct fetch){0});
}

static void (*the_case)(void);

static void run_case(void *arg)
{
    (void)arg;
    the_case();
}

static void run(void (*fn)(void))
{
    struct server s;
    struct made_cert cert = make_cert(&arena, "DNS:good.test,DNS:other.test,DNS:*.wild.test", EVP_EC_gen("P-256"));

    if (!errand.curl.easy_init)
        CHECK_ST(curl_load(&errand.curl), ST_OK);
    signal(SIGPIPE, SIG_IGN); /* as in every role: the other end may have gone */
    connections = 0;
    server_start(&s, &cert);
    errand.set = settings_of("yes");
    the_case = fn;
    on_core(run_case, NULL);
    server_stop(&s);
    config_unref(errand.set);
    arena_reset(&arena);
}

/* --- the cases ----------------------------------------------------------------------------------------------------- */

static void pages(void)
{
    static const char *const same[] = {"https://good.test/ok", "https://other.test/ok", "https://a.wild.test/ok",
                                       "https://good.test/until-close", "https://good.test/chunked"};

    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        CHECK_ST(get(same[i]), ST_OK);
        CHECK(got.code == 200);
        CHECK_STR(got.body, STR("hello"));
    }
    CHECK_ST(get("https://good.test/ok"), ST_OK);
    CHECK_STR(got.type, STR("text/plain; charset=utf-8"));
    CHECK(str_starts(asked_last, STR("GET /ok HTTP/1.1\r\nHost: good.test\r\nUser-Agent: Restante\r\n")));
    CHECK_ST(get("https://good.test/missing"), ST_OK);
    CHECK(got.code == 404);
}

TEST(pages_are_fetched)
{
    run(pages);
}

static void refused_pages(void)
{
    CHECK_ST(get("https://good.test/long"), ST_LIMIT);
    CHECK_ST(fetch_from("https://good.test/ok", &(struct fetch){.most = 5}), ST_OK);
    CHECK_ST(fetch_from("https://good.test/ok", &(struct fetch){.most = 4}), ST_LIMIT);
    CHECK_ST(get("https://good.test/head"), ST_IO);
    CHECK_ST(get("https://good.test/cut"), ST_IO);
    CHECK_ST(get("https://good.test/old"), ST_IO); /* HTTP/0.9: no head at all */
    CHECK_ST(get("http://good.test/ok"), ST_SYNTAX);
}

TEST(pages_that_are_not_taken)
{
    run(refused_pages);
}

static void certificates(void)
{
    CHECK_ST(get("https://wrong.test/ok"), ST_DENIED);
    CHECK_ST(get("https://cn.test/ok"), ST_DENIED); /* its common name: does not count */
    CHECK_ST(get("https://a.b.wild.test/ok"), ST_DENIED);
    CHECK_ST(get("https://wild.test/ok"), ST_DENIED);
    X509_STORE_free(errand.trusted);
    errand.trusted = X509_STORE_new();
    CHECK_ST(get("https://good.test/ok"), ST_DENIED);
    CHECK(strstr(err_get()->text, "self") != NULL);
    X509_STORE_free(errand.trusted);
    errand.trusted = NULL;
    CHECK_ST(get("https://good.test/ok"), ST_BUSY);
}

TEST(certificates_are_checked)
{
    run(certificates);
}

static void redirects(void)
{
    CHECK_ST(get("https://good.test/away"), ST_OK); /* not followed */
    CHECK(got.code == 301 && connections == 1);
    CHECK_ST(fetch_from("https://good.test/away", &(struct fetch){.follows = 1}), ST_OK);
    CHECK(got.code == 200 && connections == 3);
    CHECK_ST(fetch_from("https://good.test/loop", &(struct fetch){.follows = 3}), ST_LIMIT);
    CHECK(connections == 7);
    CHECK_ST(fetch_from("https://good.test/inside", &(struct fetch){.follows = 3}), ST_DENIED);
    CHECK_ST(fetch_from("https://good.test/plain", &(struct fetch){.follows = 3}), ST_SYNTAX);
}

TEST(redirects_are_followed_where_it_is_allowed)
{
    run(redirects);
}

static void names(void)
{
    const struct settings *loopback = errand.set;

    CHECK_ST(get("https://none.test/ok"), ST_NOTFOUND);
    CHECK_ST(get("https://later.test/ok"), ST_TRYLATER);
    CHECK_ST(get("https://127.0.0.1/ok"), ST_SYNTAX);
    errand.set = settings_of("no");
    CHECK_ST(get("https://good.test/ok"), ST_NOTFOUND);
    CHECK(connections == 0);
    config_unref(errand.set);
    errand.set = loopback;
}

TEST(only_addresses_of_the_resolver_and_of_the_world)
{
    run(names);
}

static void posts(void)
{
    char *large = arena_alloc(&arena, 150000);
    struct fetch f = {.is_post = true, .type = STR("application/tlsrpt+gzip"), .body = STR("a report")};

    CHECK_ST(fetch_from("https://good.test/post", &f), ST_OK);
    CHECK(str_starts(asked_last, STR("POST /post HTTP/1.1\r\n")) && str_ends(asked_last, STR("\r\n\r\na report")));
    CHECK(str_search(asked_last, STR("\r\nContent-Type: application/tlsrpt+gzip\r\n")) < asked_last.n);
    CHECK(str_search(asked_last, STR("Expect")) == asked_last.n);
    memset(large, 'y', 150000);
    f.body = str_n(large, 150000);
    f.encoding = STR("gzip");
    CHECK_ST(fetch_from("https://good.test/post", &f), ST_OK);
    CHECK(str_ends(asked_last, f.body) && str_search(asked_last, STR("\r\nContent-Encoding: gzip\r\n")) < asked_last.n);
}

TEST(bodies_are_posted)
{
    run(posts);
}

static void deadlines(void)
{
    CHECK_ST(fetch_from("https://good.test/slow", &(struct fetch){.deadline = deadline_in(300)}), ST_TIMEOUT);
    CHECK_ST(fetch_from("https://good.test/drip", &(struct fetch){.deadline = deadline_in(2200)}), ST_TIMEOUT);
}

TEST(deadlines_hold)
{
    run(deadlines);
}
