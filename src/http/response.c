#include "http/response.h"

#include "base/clock.h"

#include <xxhash.h>

void http_response_plain(struct http_response *r, struct arena *a, enum http_status status)
{
    *r = (struct http_response){
        .status = status,
        .body = arena_printf(a, "%u %s\n", http_status_code(status), http_status_reason(status)),
    };
}

struct str http_date(struct arena *a, uint64_t wall_us)
{
    struct str date = time_rfc5322(a, wall_us), rest = date, word;
    bool one_digit;

    (void)str_split(&rest, ' ', &word);
    one_digit = rest.n > 1 && rest.p[1] == ' ';
    return arena_printf(a, "%.*s %s%.*s GMT", STR_ARGS(word), one_digit ? "0" : "", (int)str_rfind(rest, ' '), rest.p);
}

struct str http_etag(struct arena *a, struct str bytes)
{
    return arena_printf(a, "\"%016llx\"", (unsigned long long)XXH3_64bits(bytes.p, bytes.n));
}

/* If-None-Match: "*", or a list that has it; compared weakly (RFC 9110 section 8.8.3.2). */
static bool has_it(const struct http_request *request, struct str etag)
{
    struct str list, item;

    if (!request || !etag.n || !http_field_find(request, STR("If-None-Match"), &list))
        return false;
    while (str_split(&list, ',', &item)) {
        item = str_trim(item);
        if (str_starts(item, STR("W/")))
            item = str_from(item, 2);
        if (str_eq(item, etag) || str_eq(item, STR("*")))
            return true;
    }
    return false;
}

static void put_caching(struct buf *b, const struct http_response *r)
{
    if (r->etag.n)
        buf_addf(b, "ETag: %.*s\r\n", STR_ARGS(r->etag));
    if (r->max_age_s)
        buf_addf(b, "Cache-Control: max-age=%u\r\n", r->max_age_s);
    else
        buf_addz(b, "Cache-Control: no-store\r\n");
}

/* Nothing of ours is a page, so a browser is told to make nothing of it. */
static void put_content(struct buf *b, const struct http_response *r)
{
    if (r->type.n)
        buf_addf(b, "Content-Type: %.*s\r\n", STR_ARGS(r->type));
    else
        buf_addz(b, "Content-Type: text/plain; charset=utf-8\r\n");
    buf_addf(b, "Content-Length: %zu\r\n", r->body.n);
    buf_addz(b, "X-Content-Type-Options: nosniff\r\n"
                "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
                "Referrer-Policy: no-referrer\r\n");
}

struct str http_response_text(struct arena *a, const struct http_request *request, const struct http_response *r,
                              bool keep, uint64_t wall_us)
{
    bool unchanged = r->status == HTTP_OK && has_it(request, r->etag);
    enum http_status status = unchanged ? HTTP_NOT_MODIFIED : r->status;
    struct str text, date = http_date(a, wall_us);
    struct buf b;

    buf_init(&b, r->body.n + r->fields.n + 2048);
    buf_addf(&b, "HTTP/1.1 %u %s\r\nDate: %.*s\r\n", http_status_code(status), http_status_reason(status),
             STR_ARGS(date));
    put_caching(&b, r);
    if (!unchanged)
        put_content(&b, r);
    buf_add(&b, r->fields);
    buf_addf(&b, "%s\r\n", keep ? "" : "Connection: close\r\n");
    if (!unchanged && !(request && request->method == HTTP_HEAD))
        buf_add(&b, r->body);
    text = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return text;
}
