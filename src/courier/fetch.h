/* Pages of other servers, under HTTPS, by the errand role. */
#pragma once

#include "courier/courier.h"

struct fetch_body {
    struct str type, encoding, bytes; /* encoding may be empty */
};

struct fetch_page {
    uint32_t code;
    struct str type, body; /* in the arena */
};

/* GET, or POST with a body; redirects are not followed, and a longer answer than LIMIT_FETCH_BODY is none. ST_OK: the server has
 * answered, whatever its code. The server's fault: ST_DENIED (its certificate does not hold), ST_NOTFOUND (no address), ST_LIMIT, ST_TIMEOUT,
 * ST_TRYLATER (the DNS says nothing), ST_IO. ST_BUSY: our own fault, nobody has been asked. Also ST_SYNTAX, ST_CANCELED. */
enum st courier_fetch(struct courier *c, struct arena *a, struct str url, const struct fetch_body *post,
                      uint64_t timeout_ms, struct fetch_page *out) SUSPENDS MUST_USE;
