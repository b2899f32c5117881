#include "net/tls_help.h"

#include "net/tls_layer.c"

#include <malloc.h>

struct world {
    struct arena arena;
    struct signer signer;
    struct made_cert ec, rsa;
    struct tls_server *server;
    struct tls_client *client, *again;
};

static void in_world(void (*fn)(void *))
{
    struct world *w = MEM_NEW(struct world);
    struct tls_client_options opt;
    struct core_stats stats;

    w->ec = make_ec(&w->arena, "DNS:a.test");
    w->rsa = make_rsa(&w->arena, "DNS:rsa.test");
    w->signer = (struct signer){.pool = offload_new("keys", 1, 100), .keys = {w->ec.key, w->rsa.key}};
    w->server = tls_server_new(pool_sign, &w->signer);
    CHECK_ST(tls_server_add(w->server, w->ec.cert_pem, 0), ST_OK);
    CHECK_ST(tls_server_add(w->server, w->rsa.cert_pem, 1), ST_OK);
    CHECK_ST(tls_server_commit(w->server), ST_OK);
    opt = (struct tls_client_options){
        .ca_pem = arena_printf(&w->arena, "%.*s%.*s", STR_ARGS(w->ec.cert_pem), STR_ARGS(w->rsa.cert_pem))};
    CHECK_ST(tls_client_new(&opt, &w->client), ST_OK);
    stats = on_core(fn, w);
    printf("# deepest stack: %zu bytes\n", (size_t)stats.stack_peak_bytes);
#if !defined(SWITCH_ASAN) && !defined(SWITCH_TSAN)
    CHECK(stats.stack_peak_bytes > 0 && stats.stack_peak_bytes < 64 * 1024); /* half of what there is */
#endif
    tls_client_free(w->client);
    tls_server_free(w->server);
    offload_free(w->signer.pool);
    tls_key_free(w->ec.key);
    tls_key_free(w->rsa.key);
    arena_fini(&w->arena);
    mem_free(w);
}

static void old_version(void *arg)
{
    static const char *const hosts[] = {"a.test", "rsa.test"}; /* RSA pads PKCS #1 v1.5 or PSS here */
    struct world *w = arg;
    struct stream_tls_info info;
    struct stream *s, *c;
    SSL *probe;

    CHECK_ST(tls_client_ssl(w->client, STR("a.test"), &probe), ST_OK);
    SSL_CTX_set_max_proto_version(SSL_get_SSL_CTX(probe), TLS1_2_VERSION);
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        CHECK_ST(tls_pair(w->server, w->client, hosts[i], &s, &c), ST_OK);
        CHECK(stream_tls_info(s, &info));
        CHECK_STR(str_z(info.version), STR("TLSv1.2"));
        CHECK(strncmp(info.cipher, "ECDHE", 5) == 0);
        stream_free(s);
        stream_free(c);
    }
    SSL_CTX_set1_sigalgs_list(SSL_get_SSL_CTX(probe), "RSA+SHA256"); /* no PSS */
    CHECK_ST(tls_pair(w->server, w->client, "rsa.test", &s, &c), ST_OK);
    stream_free(s);
    stream_free(c);
    SSL_CTX_set_min_proto_version(SSL_get_SSL_CTX(probe), TLS1_1_VERSION);
    SSL_CTX_set_max_proto_version(SSL_get_SSL_CTX(probe), TLS1_1_VERSION);
    CHECK(tls_pair(w->server, w->client, "a.test", &s, &c) != ST_OK);
    stream_free(s);
    stream_free(c);
    SSL_free(probe);
}

TEST(tls_1_2_but_nothing_older)
{
    in_world(old_version);
}

/* Many handshakes wait for the keeper at a time; each leaves dirt in the error queue for the others. */
static void client_of_many(void *arg)
{
    void **a = arg;
    struct world *w = a[0];
    struct stream *s, *c;
    struct str line;

    CHECK_ST(tls_pair(w->server, w->client, (size_t)a[1] % 2 ? "a.test" : "rsa.test", &s, &c), ST_OK);
    for (int i = 0; i < 5; i++) {
        CHECK_ST(stream_writef(c, "line %d\r\n", i), ST_OK);
        CHECK_ST(stream_flush(c), ST_OK);
        CHECK_ST(stream_line(s, 100, &line), ST_OK);
        CHECK_U64(line.n, 8);
    }
    stream_close(c);
    CHECK_ST(stream_more(s), ST_EOF);
    stream_close(s);
    a[2] = w;
}

static void many(void *arg)
{
    void *a[20][3];

    for (size_t i = 0; i < ARRAY_LEN(a); i++) {
        a[i][0] = arg;
        a[i][1] = (void *)i;
        a[i][2] = NULL;
        CHECK_ST(co_spawn(client_of_many, a[i], "client"), ST_OK);
    }
    for (size_t i = 0; i < ARRAY_LEN(a); i++)
        while (!a[i][2])
            CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
}

TEST(handshakes_side_by_side)
{
    in_world(many);
}

/* --- STARTTLS --- */

static void injected(void *arg)
{
    struct world *w = arg;
    struct tls_side x = {.server = w->server, .deadline = deadline_in(1000)};
    struct stream *c;
    struct str line;

    /* in one packet with STARTTLS */
    stream_pair(&x.s, &c);
    CHECK_ST(stream_write(c, STR("STARTTLS\r\nMAIL FROM:<evil@x.test>\r\n")), ST_OK);
    CHECK_ST(stream_flush(c), ST_OK);
    CHECK_ST(stream_line(x.s, 100, &line), ST_OK);
    CHECK_STR(line, STR("STARTTLS\r\n"));
    CHECK_ST(stream_push_tls(x.s, x.server, NULL, NULL, x.deadline), ST_DENIED);
    CHECK(!stream_is_tls(x.s));
    stream_free(x.s);
    stream_free(c);

    /* behind it, before the handshake */
    stream_pair(&x.s, &c);
    CHECK_ST(stream_write(x.s, STR("220 go ahead\r\n")), ST_OK); /* flushed by the push */
    CHECK_ST(stream_write(c, STR("MAIL FROM:<evil@x.test>\r\n")), ST_OK);
    CHECK_ST(stream_flush(c), ST_OK);
    CHECK_ST(stream_push_tls(x.s, x.server, NULL, NULL, x.deadline), ST_IO);
    CHECK_ST(stream_line(c, 100, &line), ST_OK);
    CHECK_STR(line, STR("220 go ahead\r\n"));
    CHECK_ST(stream_write(x.s, STR("500 in clear text?\r\n")), ST_IO);
    stream_free(x.s);
    stream_free(c);
}

TEST(clear_text_behind_starttls_is_never_read)
{
    in_world(injected);
}

static void silent(void *arg)
{
    struct world *w = arg;
    struct tls_side x = {.server = w->server, .deadline = deadline_in(7000)};
    mono_ms began = clock_mono_ms();
    struct stream *c;

    stream_pair(&x.s, &c);
    CHECK_ST(stream_push_tls(x.s, x.server, NULL, NULL, x.deadline), ST_TIMEOUT);
    CHECK_U64(clock_mono_ms() - began, 7000);
    stream_free(x.s);
    stream_free(c);

    stream_pair(&x.s, &c);
    CHECK_ST(co_spawn(accept_tls, &x, "accept"), ST_OK);
    x.deadline = NEVER;
    co_yield ();
    co_cancel(x.co);
    co_yield ();
    CHECK(x.done && x.st == ST_CANCELED);
    stream_free(x.s);
    stream_free(c);

    stream_pair(&x.s, &c);
    stream_free(c);
    CHECK_ST(stream_push_tls(x.s, x.server, NULL, NULL, deadline_in(10)), ST_EOF);
    CHECK_ST(stream_close(x.s), ST_OK);
}

TEST(handshakes_have_deadlines)
{
    in_world(silent);
}

/* --- bytes --- */

#define BULK (2 * 1024 * 1024 + 5)

static void send_bulk(void *arg)
{
    struct stream *s = arg;
    char *p = mem_new(BULK);
    size_t step = 1;

    for (size_t i = 0; i < BULK; i++)
        p[i] = (char)(i % 253);
    for (size_t at = 0; at < BULK;) {
        size_t n = MIN(step, BULK - at);

        CHECK_ST(stream_write(s, str_n(p + at, n)), ST_OK);
        at += n;
        step = step * 5 % 70001;
    }
    mem_free(p);
    CHECK_ST(stream_shutdown(s), ST_OK);
}

static void bulk(void *arg)
{
    struct world *w = arg;
    struct stream *s, *c;
    size_t at = 0, bad = 0;
    enum st st;

    CHECK_ST(tls_pair(w->server, w->client, "a.test", &s, &c), ST_OK);
    CHECK_ST(co_spawn(send_bulk, s, "sender"), ST_OK);
    while ((st = stream_more(c)) == ST_OK) {
        struct str in = stream_input(c);

        for (size_t i = 0; i < in.n; i++)
            bad += in.p[i] != (char)((at + i) % 253);
        at += in.n;
        stream_eat(c, in.n);
    }
    CHECK(st == ST_EOF);
    CHECK_U64(at, BULK);
    CHECK_U64(bad, 0);
    CHECK_ST(stream_write(c, STR("still here\r\n")), ST_OK); /* half-closed */
    CHECK_ST(stream_flush(c), ST_OK);
    CHECK_ST(stream_more(s), ST_OK);
    stream_close(s);
    stream_close(c);
}

TEST(bulk_through_tls)
{
    in_world(bulk);
}

/* --- parking --- */

#define PARKED 40

static void count_wake(void *arg, enum st why)
{
    CHECK(why == ST_OK);
    ++*(unsigned *)arg;
}

static void wake_all(struct stream **s, struct stream **c, unsigned *woken)
{
    struct str line;

    for (unsigned i = 0; i < PARKED; i++) {
        stream_unpark(c[i]);
        CHECK_ST(stream_write(c[i], STR("x\r\n")), ST_OK);
        CHECK_ST(stream_flush(c[i]), ST_OK);
    }
    CHECK_ST(co_sleep(deadline_in(10)), ST_OK);
    CHECK_U64(*woken, PARKED);
    for (unsigned i = 0; i < PARKED; i++) {
        CHECK(!stream_park(s[i], NEVER, count_wake, woken)); /* it looks, and finds x */
        CHECK_ST(stream_line(s[i], 10, &line), ST_OK);
        CHECK(stream_park(s[i], NEVER, count_wake, woken));
    }
}

static void parking(void *arg)
{
    struct world *w = arg;
    struct stream *s[PARKED], *c[PARKED];
    unsigned woken = 0;
    size_t bytes;

    for (unsigned i = 0; i < PARKED; i++) {
        CHECK_ST(tls_pair(w->server, w->client, "a.test", &s[i], &c[i]), ST_OK);
        CHECK(stream_park(s[i], NEVER, count_wake, &woken));
        CHECK(stream_park(c[i], NEVER, count_wake, &woken));
    }
    wake_all(s, c, &woken);
    for (unsigned i = 0; i < PARKED; i++) {
        stream_unpark(s[i]);
        stream_free(c[i]);
    }
    bytes = mallinfo2().uordblks;
    for (unsigned i = 0; i < PARKED; i++)
        stream_free(s[i]);
    bytes = (bytes - mallinfo2().uordblks) / PARKED;
    printf("# an idle TLS connection holds %zu bytes, %zu of them ours\n", bytes,
           sizeof(struct stream) + sizeof(struct tls_layer));
#if !defined(SWITCH_ASAN) && !defined(SWITCH_TSAN)
    CHECK(bytes > 4096 && bytes < 16 * 1024);
#endif
}

TEST(parked_connections_are_small)
{
    in_world(parking);
}
