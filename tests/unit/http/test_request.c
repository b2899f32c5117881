#include "http/request.c"

#include "test.h"

#define BODY_MAX 100

struct seen {
    enum http_phase phase;
    enum http_status why;
    char text[400];
    size_t used;
};

static void describe(const struct http_request *r, char *out, size_t n)
{
    int at =
        snprintf(out, n, "%s %.*s ?%.*s %.*s 1.%u%s%s |", http_method_name(r->method), STR_ARGS(r->path),
                 STR_ARGS(r->query), STR_ARGS(r->host), r->minor, r->keep ? " keep" : "", r->expects ? " expects" : "");

    for (size_t i = 0; i < r->n_fields; i++)
        at +=
            snprintf(out + at, n - (size_t)at, "%.*s=%.*s|", STR_ARGS(r->fields[i].name), STR_ARGS(r->fields[i].value));
    snprintf(out + at, n - (size_t)at, "%.*s", STR_ARGS(r->body));
}

/* In pieces of `step` bytes, the first of `first`. */
static struct seen parse(struct str in, size_t first, size_t step)
{
    struct http_parser p;
    struct arena a = ARENA_INIT;
    struct seen s = {0};

    http_parser_init(&p, &a);
    for (size_t n = first; s.used < in.n; n = step) {
        struct str piece = str_sub(in, s.used, n);

        while (piece.n && p.phase != HTTP_PHASE_DONE && p.phase != HTTP_PHASE_BAD) {
            size_t took = http_parser_feed(&p, piece);

            piece = str_from(piece, took);
            s.used += took;
            if (p.phase == HTTP_PHASE_ASKS)
                http_parser_body(&p, BODY_MAX);
        }
        if (p.phase == HTTP_PHASE_DONE || p.phase == HTTP_PHASE_BAD)
            break;
    }
    s.phase = p.phase;
    s.why = p.why;
    if (p.phase == HTTP_PHASE_DONE)
        describe(&p.request, s.text, sizeof s.text);
    http_parser_fini(&p);
    arena_fini(&a);
    return s;
}

static bool same(const struct seen *a, const struct seen *b)
{
    return a->phase == b->phase && a->why == b->why && a->used == b->used && strcmp(a->text, b->text) == 0;
}

/* Whole, a byte at a time, and cut at each place. */
static struct seen parse_all_ways(struct str in)
{
    struct seen whole = parse(in, in.n, in.n), other = parse(in, 1, 1);

    CHECK(same(&whole, &other) || whole.phase == HTTP_PHASE_BAD);
    CHECK(whole.phase == other.phase && whole.why == other.why);
    for (size_t cut = 1; cut < in.n; cut++) {
        other = parse(in, cut, in.n);
        CHECK(whole.phase == other.phase && whole.why == other.why && strcmp(whole.text, other.text) == 0);
    }
    return whole;
}

static void good(const char *in, const char *want)
{
    struct seen s = parse_all_ways(str_z(in));

    CHECK(s.phase == HTTP_PHASE_DONE);
    CHECK_STR(str_z(s.text), str_z(want));
    CHECK_U64(s.used, strlen(in));
}

static void refused(const char *in, unsigned code)
{
    struct seen s = parse_all_ways(str_z(in));

    CHECK(s.phase == HTTP_PHASE_BAD);
    if (http_status_code(s.why) != code)
        printf("# %s\n", in);
    CHECK_U64(http_status_code(s.why), code);
}

#define H "Host: a.example\r\n"

TEST(what_is_understood)
{
    good("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", "GET / ? a.example 1.1 keep |Host=a.example|");
    good("\r\nGET / HTTP/1.1\r\n" H "\r\n", "GET / ? a.example 1.1 keep |Host=a.example|");
    good("HEAD /x?y=1&z HTTP/1.0\r\n\r\n", "HEAD /x ?y=1&z  1.0 |");
    good("GET / HTTP/1.7\r\nhost:A.Example.:8080\r\n\r\n", "GET / ? a.example 1.1 keep |host=A.Example.:8080|");
    good("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET / ? [::1] 1.1 keep |Host=[::1]:80|");
    good("GET http://B.example/p?q HTTP/1.1\r\n" H "\r\n", "GET /p ?q b.example 1.1 keep |Host=a.example|");
    good("GET https://b.example HTTP/1.1\r\nHost:\r\n\r\n", "GET / ? b.example 1.1 keep |Host=|");
    good("GET http://b.example?q/ HTTP/1.1\r\n" H "\r\n", "GET / ?q/ b.example 1.1 keep |Host=a.example|");
    good("OPTIONS * HTTP/1.1\r\n" H "\r\n", "OPTIONS * ? a.example 1.1 keep |Host=a.example|");
    good("CONNECT b.example:443 HTTP/1.1\r\n" H "\r\n", "CONNECT * ? a.example 1.1 keep |Host=a.example|");
    good("GET / HTTP/1.1\r\n" H "X: \t a b\xff \t\r\nConnection: x, Close\r\n\r\n",
         "GET / ? a.example 1.1 |Host=a.example|X=a b\xff|Connection=x, Close|");
}

TEST(bodies)
{
    good("POST / HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello",
         "POST / ? a.example 1.1 keep |Host=a.example|Content-Length=5|hello");
    good("POST / HTTP/1.1\r\n" H "Content-Length: 0\r\nExpect: 100-continue\r\n\r\n",
         "POST / ? a.example 1.1 keep |Host=a.example|Content-Length=0|Expect=100-continue|");
    good("POST / HTTP/1.1\r\n" H "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\nx",
         "POST / ? a.example 1.1 keep expects |Host=a.example|Expect=100-Continue|Content-Length=1|x");
    good("POST / HTTP/1.1\r\n" H
         "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0A;x=\"y\"\r\n0123456789\r\n0\r\nT: 1\r\n\r\n",
         "POST / ? a.example 1.1 keep |Host=a.example|Transfer-Encoding=chunked|abc0123456789");
    refused("POST / HTTP/1.1\r\n" H "Content-Length: 101\r\n\r\n", 413);
    refused("POST / HTTP/1.1\r\n" H "Content-Length: 99999999999999999999\r\n\r\n", 400);
    refused("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n65\r\n", 413);
    refused("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n64\r\n", 413);
    refused("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", 400);
    refused("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n-1\r\n", 400);
    refused("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n\r\n", 400);
    refused("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n1 \r\n", 400);
    refused("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n1\nx\r\n", 400);
    refused("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n", 400);
    refused("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n1\r\nx\n\n0\r\n\r\n", 400);
    refused("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\nbad trailer\r\n", 400);
}

TEST(what_could_be_read_in_two_ways)
{
    refused("POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
    refused("POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400);
    refused("POST / HTTP/1.1\r\n" H "Content-Length: 5, 5\r\n\r\n", 400);
    refused("POST / HTTP/1.1\r\n" H "Content-Length: +5\r\n\r\n", 400);
    refused("POST / HTTP/1.1\r\n" H "Content-Length: 0x5\r\n\r\n", 400);
    refused("POST / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n", 400);
    refused("POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n", 501);
    refused("POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n", 501);
    refused("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
    refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\n" H " folded\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\n" H "X: a\n\r\n", 400);
    refused("GET / HTTP/1.1\r\n" H "X: a\rb\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\n" H "X: a\x01\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\n" H ": a\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\n" H "no colon\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\n" H H "\r\n", 400);
    refused("GET / HTTP/1.1\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\nHost:\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\nHost: .\r\n\r\n", 400);
    refused("GET / HTTP/1.1\nHost: a\n\n", 400);
}

TEST(request_lines_that_are_none)
{
    refused("\r\n\r\nGET / HTTP/1.1\r\n", 400);
    refused("GET /\r\n", 400);
    refused("GET  / HTTP/1.1\r\n", 400);
    refused("GET / x HTTP/1.1\r\n", 400);
    refused("GET / HTTP/1.1 \r\n", 400);
    refused("GET / http/1.1\r\n", 400);
    refused("GET / HTTP/11\r\n", 400);
    refused("GET x HTTP/1.1\r\n", 400);
    refused("GET * HTTP/1.1\r\n", 400);
    refused("GET /#x HTTP/1.1\r\n", 400);
    refused("GET http://u@b/ HTTP/1.1\r\n", 400);
    refused("GET http:/// HTTP/1.1\r\n", 400);
    refused("GET /\x80 HTTP/1.1\r\n", 400);
    refused("G=T / HTTP/1.1\r\n", 400);
    refused("BREW / HTTP/1.1\r\n", 501);
    refused("get / HTTP/1.1\r\n", 501);
    refused("GET / HTTP/2.0\r\n", 505);
    refused("PRI * HTTP/2.0\r\n", 505);
    refused("\x16\x03\x01", 400);
    refused("GET / HTTP/1.1\r\n" H "Expect: more\r\n\r\n", 417);
}

TEST(bounds)
{
    struct buf b;

    buf_init(&b, 1 << 20);
    buf_addz(&b, "GET /");
    while (b.n < LIMIT_HTTP_TARGET)
        buf_addc(&b, 'x');
    CHECK_U64(http_status_code(parse(buf_str(&b), b.n, b.n).why), 0);
    buf_addc(&b, 'x');
    CHECK_U64(http_status_code(parse(buf_str(&b), b.n, b.n).why), 414);
    buf_clear(&b);
    buf_addz(&b, "GET / HTTP/1.1\r\n" H);
    for (int i = 1; i < LIMIT_HTTP_FIELDS; i++)
        buf_addz(&b, "X: y\r\n");
    CHECK(parse(buf_str(&b), 7, 7).phase == HTTP_PHASE_HEAD);
    buf_addz(&b, "X: y\r\n");
    CHECK_U64(http_status_code(parse(buf_str(&b), 7, 7).why), 431);
    buf_clear(&b);
    buf_addz(&b, "GET / HTTP/1.1\r\nX: ");
    for (int i = 0; i < LIMIT_HTTP_HEAD; i++)
        buf_addc(&b, 'x');
    CHECK_U64(http_status_code(parse(buf_str(&b), 4000, 4000).why), 431);
    buf_fini(&b);
}

TEST(what_follows_belongs_to_the_next_request)
{
    struct str one = STR("POST / HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\nhi"), two;
    struct buf b;

    buf_init(&b, 1000);
    buf_add(&b, one);
    buf_add(&b, one);
    two = buf_str(&b);
    CHECK_U64(parse(two, two.n, two.n).used, one.n);
    buf_fini(&b);
}
