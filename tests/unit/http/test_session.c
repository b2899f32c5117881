#include "net/help.h"

#include "config/config.h"
#include "http/session.c"

static unsigned parked, handled;

static bool no_park(void *arg, struct stream *s, mono_ms deadline)
{
    (void)arg;
    (void)s;
    CHECK(deadline != NEVER);
    parked++;
    return false;
}

static enum st hello(struct http_exchange *x)
{
    handled++;
    CHECK(x->arg == &handled);
    if (x->request->query.n)
        return co_sleep(deadline_in(1000)) == ST_OK ? (enum st)FAIL(ST_NOTFOUND, "late") : ST_CANCELED;
    x->response = (struct http_response){.status = HTTP_OK, .body = arena_str(x->arena, x->request->body)};
    return ST_OK;
}

static enum st fails(struct http_exchange *x)
{
    static const enum st all[] = {ST_DENIED, ST_SYNTAX, ST_LIMIT, ST_TRYLATER, ST_CORRUPT};
    uint32_t i = 0;

    CHECK_ST(str_u32(x->request->query, ARRAY_LEN(all) - 1, &i), ST_OK);
    return FAIL(all[i], "so");
}

static const struct http_route routes[] = {
    {1, {"/hello", 6}, false, HTTP_MAY(GET) | HTTP_MAY(POST), 10, hello},
    {2, {"/other", 6}, false, HTTP_MAY(GET), 0, hello},
    {3, {"/fails", 6}, true, HTTP_MAY(GET), 0, fails},
};

struct peer {
    struct stream *s;
    struct str says;
    struct buf heard;
    bool holds; /* says no more, and does not hang up */
};

static void talk(void *arg)
{
    struct peer *p = arg;

    CHECK_ST(stream_write(p->s, p->says), ST_OK);
    if (p->holds)
        CHECK_ST(stream_flush(p->s), ST_OK);
    else
        CHECK_ST(stream_shutdown(p->s), ST_OK);
    while (stream_more(p->s) == ST_OK) {
        buf_add(&p->heard, stream_input(p->s));
        stream_eat(p->s, stream_input(p->s).n);
    }
    stream_free(p->s);
    p->s = NULL;
}

static const struct settings *settings(void)
{
    struct config_errors *errors = MEM_NEW(struct config_errors);
    const struct settings *set = NULL;

    CHECK_ST(config_parse(STR("http { request_timeout 1s  idle_timeout 5s }"), "t", &set, errors), ST_OK);
    mem_free(errors);
    return set;
}

/* The codes that are answered, in order: "200 404". */
static void serve(const char *says, bool holds, const char *want, enum st end)
{
    struct http_kept kept = {0};
    struct peer p = {.says = str_z(says), .holds = holds};
    struct http_options opt = {.kept = &kept,
                               .set = settings(),
                               .routes = routes,
                               .n_routes = ARRAY_LEN(routes),
                               .where = 1,
                               .park = no_park,
                               .arg = &handled};
    struct stream *s;
    struct buf codes;
    enum st st;

    stream_pair(&s, &p.s);
    opt.stream = s;
    buf_init(&p.heard, 1 << 20);
    buf_init(&codes, 1000);
    CHECK_ST(co_spawn(talk, &p, "peer"), ST_OK);
    st = http_serve(&opt);
    CHECK_ST(st, end);
    CHECK_ST(stream_close(s), ST_OK);
    while (p.s)
        CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    for (struct str rest = buf_str(&p.heard); rest.n; rest = str_from(rest, 1)) {
        rest = str_from(rest, str_search(rest, STR("HTTP/1.1 ")));
        if (rest.n)
            buf_addf(&codes, "%s%.3s", codes.n ? " " : "", rest.p + 9);
    }
    CHECK_STR(buf_str(&codes), str_z(want));
    buf_fini(&codes);
    buf_fini(&p.heard);
    config_unref(opt.set);
}

#define H " HTTP/1.1\r\nHost: a\r\n"

static void dialogues(UNUSED void *arg)
{
    serve("GET /hello" H "\r\nGET /x" H "\r\nHEAD /hello" H "\r\n", false, "200 404 200", ST_EOF);
    serve("GET /other" H "\r\nPUT /hello" H "\r\nGET /hello?late" H "\r\n", false, "404 405 404", ST_EOF);
    serve("POST /hello" H "Content-Length: 3\r\nExpect: 100-continue\r\n\r\nabcGET /hello" H "\r\n", false,
          "100 200 200", ST_EOF);
    serve("POST /hello" H "Content-Length: 30\r\nExpect: 100-continue\r\n\r\n", false, "413", ST_EOF);
    serve("POST /x" H "Content-Length: 3\r\n\r\nabcGET /hello" H "\r\n", false, "404", ST_EOF);
    serve("POST /hello" H "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\nx\r\n", false, "400", ST_EOF);
    serve("GET /hello" H "Connection: close\r\n\r\nGET /hello" H "\r\n", false, "200", ST_EOF);
    serve("GET /fails?0" H "\r\nGET /failsA?1" H "\r\nGET /fails?2" H "\r\nGET /fails?3" H "\r\nGET /fails?4" H "\r\n",
          false, "403 400 413 503 500", ST_EOF);
    serve("GET /hello HTTP/1.0\r\n\r\nGET /hello" H "\r\n", false, "200", ST_EOF);
    serve("GET /hel", false, "", ST_EOF);
}

TEST(what_is_answered)
{
    on_core(dialogues, NULL);
    CHECK(parked > 0 && handled > 5);
}

static void silence(UNUSED void *arg)
{
    serve("GET /hello" H, true, "408", ST_EOF);
    serve("POST /hello" H "Content-Length: 3\r\n\r\nab", true, "408", ST_EOF);
}

TEST(half_a_request_ends_in_time)
{
    on_core(silence, NULL);
}

static void many(UNUSED void *arg)
{
    struct http_kept kept = {.requests = LIMIT_HTTP_REQUESTS - 2};
    struct peer p = {.says = STR("GET /x" H "\r\nGET /x" H "\r\nGET /x" H "\r\n")};
    struct http_options opt = {.kept = &kept, .set = settings(), .where = 1, .park = no_park};

    stream_pair(&opt.stream, &p.s);
    buf_init(&p.heard, 1 << 20);
    CHECK_ST(co_spawn(talk, &p, "peer"), ST_OK);
    CHECK_ST(http_serve(&opt), ST_EOF);
    CHECK_U64(kept.requests, LIMIT_HTTP_REQUESTS);
    CHECK_ST(stream_close(opt.stream), ST_OK);
    while (p.s)
        CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    CHECK(str_search(buf_str(&p.heard), STR("Connection: close")) < p.heard.n);
    buf_fini(&p.heard);
    config_unref(opt.set);
}

TEST(a_connection_has_so_many_requests)
{
    on_core(many, NULL);
}
