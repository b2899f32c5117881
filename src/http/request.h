/* A request of HTTP/1.0 and 1.1 (RFC 9112), pushed in as its bytes come. Pure: no connection, no clock.
 *
 * Strict wherever leniency lets two programs read one message differently (RFC 9112 section 11.2), since a proxy may stand
 * in front of us: lines end in CRLF, a field's name ends at its colon, no folded lines, no control characters, one
 * Content-Length, no Content-Length beside Transfer-Encoding, no coding but chunked, one Host that is a host.
 *
 * Bounds: LIMIT_HTTP_TARGET, LIMIT_HTTP_HEAD, LIMIT_HTTP_FIELDS, and of the body what the caller says behind the head. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

enum http_status {
    HTTP_NONE,
#define HTTP(id, code, reason) HTTP_##id,
#include "http/status.def"
#undef HTTP
    HTTP_STATUS_COUNT
};

enum http_method {
#define METHOD(name) HTTP_##name,
#include "http/methods.def"
#undef METHOD
    HTTP_METHOD_COUNT
};

unsigned http_status_code(enum http_status status);
const char *http_status_reason(enum http_status status);
const char *http_method_name(enum http_method method); /* "GET" */

struct http_field {
    struct str name, value; /* the value without blanks at its ends */
};

/* Texts live in the parser's arena. */
struct http_request {
    enum http_method method;
    unsigned minor;         /* 0 or 1 */
    struct str path, query; /* as sent, nothing decoded; the path begins with "/", or is "*" */
    struct str host;        /* without port, in small letters; empty: HTTP/1.0 without one */
    const struct http_field *fields;
    size_t n_fields;
    bool keep;    /* the connection may go on behind it */
    bool expects; /* the client waits for 100 before it sends the body (RFC 9110 section 10.1.1) */
    bool has_body;
    struct str body;
};

/* The first field of that name; false: there is none. */
bool http_field_find(const struct http_request *r, struct str name, struct str *out_value);

enum http_phase {
    HTTP_PHASE_HEAD, /* more is needed */
    HTTP_PHASE_ASKS, /* the head is complete: call http_parser_body */
    HTTP_PHASE_BODY, /* more is needed */
    HTTP_PHASE_DONE,
    HTTP_PHASE_BAD /* `why`; what follows on the connection can't be told apart any more */
};

struct http_parser {
    enum http_phase phase;
    enum http_status why;
    struct http_request request; /* complete but for the body from HTTP_PHASE_ASKS on */

    /* inside */
    struct arena *arena;
    enum { HTTP_AT_REQUEST_LINE, HTTP_AT_FIELD, HTTP_AT_SIZE, HTTP_AT_DATA, HTTP_AT_DATA_END, HTTP_AT_TRAILER } at;
    struct buf line, body;
    struct http_field *fields;
    size_t head_bytes, n_lines; /* of fields, trailers included */
    uint64_t length;            /* announced, or of the chunk */
    bool blank, chunked, has_length, has_host;
};

void http_parser_init(struct http_parser *p, struct arena *a);
void http_parser_fini(struct http_parser *p); /* the body goes with it */

/* Takes bytes, at most up to the end of the phase; how many. What is left belongs to what comes next. */
size_t http_parser_feed(struct http_parser *p, struct str in);
/* Behind the head: takes a body of at most `max` bytes, or goes bad with 413. */
void http_parser_body(struct http_parser *p, size_t max);
