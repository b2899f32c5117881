/* A connection that speaks HTTP/1.1: requests one after the other, each to the handler of its route. Keeps the connection
 * between requests, parked without a stack; what a client sends ahead is answered in order (RFC 9112 section 9.3.2).
 *
 * A request has http_request_timeout from its first byte to its last, a connection http_idle_timeout until the next one
 * begins. Behind LIMIT_HTTP_REQUESTS the connection is closed. */
#pragma once

#include "config/settings.h"
#include "http/response.h"
#include "net/stream.h"

struct http_exchange {
    const struct http_request *request;
    struct arena *arena; /* ends with the exchange */
    void *arg;           /* of the options */
    struct http_response response;
};

#define HTTP_MAY(method) (1u << HTTP_##method)

/* A path, or with `prefix` all that begin with it; the first row that fits counts. */
struct http_route {
    unsigned where; /* bits of the caller's: on which of its listeners */
    struct str path;
    bool prefix;
    unsigned methods; /* HTTP_MAY(...); HEAD goes with GET */
    size_t body_max;
    /* Fills in the response, or fails: NOTFOUND 404, DENIED 403, SYNTAX 400, LIMIT 413, TRYLATER and the like 503, else
     * 500. A handler that has filled in a status must give ST_OK. */
    enum st (*handler)(struct http_exchange *x) SUSPENDS;
};

/* What lasts while a connection is parked. */
struct http_kept {
    unsigned requests;
    bool crowded; /* it is ended to make room */
};

struct http_options {
    struct stream *stream;
    struct http_kept *kept;
    const struct settings *set;
    const struct http_route *routes;
    size_t n_routes;
    unsigned where;
    enum st woke; /* how the wait of a parked connection ended */
    bool (*park)(void *arg, struct stream *s, mono_ms deadline);
    void *arg;
};

/* Until the connection is over (its end is ST_EOF) or parked (ST_PARKED). Logs each request at debug level. */
enum st http_serve(const struct http_options *opt) SUSPENDS MUST_USE;

/* For one connection too many: what it is told before it is closed. */
struct str http_no_room(void);
