#include "http/response.c"

#include "test.h"

#define NOW 1795416020000000 /* 2026-11-23T06:40:20Z */
#define FIXED                                                                                                          \
    "X-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"       \
    "Referrer-Policy: no-referrer\r\n"

TEST(a_date)
{
    struct arena a = ARENA_INIT;

    CHECK_STR(http_date(&a, NOW), STR("Mon, 23 Nov 2026 06:40:20 GMT"));
    CHECK_STR(http_date(&a, 784887151000000), STR("Tue, 15 Nov 1994 08:12:31 GMT"));
    CHECK_STR(http_date(&a, 0), STR("Thu, 01 Jan 1970 00:00:00 GMT"));
    arena_fini(&a);
}

TEST(head_and_body)
{
    struct http_request get = {.method = HTTP_GET, .minor = 1}, head = {.method = HTTP_HEAD, .minor = 1};
    struct http_response r = {.status = HTTP_OK, .type = STR("a/b"), .body = STR("hello"), .max_age_s = 7};
    struct arena a = ARENA_INIT;

    CHECK_STR(http_response_text(&a, &get, &r, true, NOW),
              STR("HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 06:40:20 GMT\r\nCache-Control: max-age=7\r\n"
                  "Content-Type: a/b\r\nContent-Length: 5\r\n" FIXED "\r\nhello"));
    CHECK_STR(http_response_text(&a, &head, &r, false, NOW),
              STR("HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 06:40:20 GMT\r\nCache-Control: max-age=7\r\n"
                  "Content-Type: a/b\r\nContent-Length: 5\r\n" FIXED "Connection: close\r\n\r\n"));
    http_response_plain(&r, &a, HTTP_NOT_FOUND);
    r.fields = STR("Allow: GET\r\n");
    CHECK_STR(http_response_text(&a, NULL, &r, false, NOW),
              STR("HTTP/1.1 404 Not Found\r\nDate: Mon, 23 Nov 2026 06:40:20 GMT\r\nCache-Control: no-store\r\n"
                  "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 14\r\n" FIXED
                  "Allow: GET\r\nConnection: close\r\n\r\n404 Not Found\n"));
    arena_fini(&a);
}

static bool is_304(const char *value)
{
    struct http_field f = {STR("if-none-match"), str_z(value)};
    struct http_request get = {.method = HTTP_GET, .minor = 1, .fields = &f, .n_fields = 1};
    struct arena a = ARENA_INIT;
    struct http_response r = {.status = HTTP_OK, .body = STR("hello"), .etag = STR("\"e1\"")};
    struct str text = http_response_text(&a, &get, &r, true, NOW);
    bool is = str_starts(text, STR("HTTP/1.1 304 Not Modified\r\n"));

    CHECK(is != str_ends(text, STR("hello")) && is != (str_search(text, STR("Content-Length")) < text.n));
    CHECK(str_search(text, STR("ETag: \"e1\"\r\n")) < text.n);
    arena_fini(&a);
    return is;
}

TEST(who_has_it_is_told_so)
{
    CHECK(is_304("\"e1\"") && is_304("W/\"e1\"") && is_304("*") && is_304("\"x\", \"e1\""));
    CHECK(!is_304("\"e2\"") && !is_304("e1") && !is_304("\"e1") && !is_304(""));
}

TEST(the_tag_is_of_the_bytes)
{
    struct arena a = ARENA_INIT;

    CHECK(str_eq(http_etag(&a, STR("x")), http_etag(&a, STR("x"))));
    CHECK(!str_eq(http_etag(&a, STR("x")), http_etag(&a, STR("y"))));
    CHECK_U64(http_etag(&a, STR("")).n, 18);
    arena_fini(&a);
}
