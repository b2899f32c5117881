/* What is answered: the head of a response, made from a few values. No extensions of the protocol but those that a server must
 * have; each answer has a Content-Length, so that a connection can go on behind it. */
#pragma once

#include "http/request.h"

struct http_response {
    enum http_status status;
    struct str type, body; /* type: of the body; empty: text/plain in UTF-8 */
    struct str etag;       /* in quotes; empty: none. A client that has it gets 304 (RFC 9110 section 13.1.2) */
    uint32_t max_age_s;    /* for so long may others keep it; 0: nobody may */
    struct str fields;     /* more lines of the header, each with its CRLF; nothing in them is from a peer */
};

/* The status' own few words as the body. */
void http_response_plain(struct http_response *r, struct arena *a, enum http_status status);

/* Head and body as they are sent. `request` may be NULL: none was understood. */
struct str http_response_text(struct arena *a, const struct http_request *request, const struct http_response *r,
                              bool keep, uint64_t wall_us);

/* A tag made of the bytes; the same wherever they are the same. */
struct str http_etag(struct arena *a, struct str bytes);

/* "Mon, 23 Nov 2026 06:40:20 GMT" (RFC 9110 section 5.6.7) */
struct str http_date(struct arena *a, uint64_t wall_us);
