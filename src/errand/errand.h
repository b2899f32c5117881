/* The errand role: fetches pages over HTTPS for others, who may not connect out or do not hold with parsing what comes back. It knows
 * nothing, keeps nothing, and is told with each errand all that there is to it.
 *
 * Names are asked of our resolver, and only addresses that it gave, and that are addresses of the world (net/addr.h), are ever connected
 * to; libcurl is never left to look for itself. */
#pragma once

#include "errand/curl.h"
#include "main/peers.h"
#include "net/addr.h"

#include <openssl/x509_vfy.h>

struct errand {
    struct peers peers;
    const struct settings *set;
    struct curl_calls curl;
    X509_STORE *trusted; /* NULL: nobody, since main found no file of certificates */
    unsigned open;       /* fetches under way */
};

/* --- where a page is: url.c --- */
struct url {
    struct str host; /* lower case; a name, never an address */
    uint16_t port;   /* 0: none is said */
};

/* "https://host[:port]/..." in printable ASCII, the host a name of letters, digits, '-' and '.': narrower than libcurl reads it, so that both
 * understand the same. Nothing like "user@". ST_SYNTAX. */
enum st url_read(struct arena *a, struct str url, struct url *out) MUST_USE;

/* --- one page: fetch.c --- */
#define FETCH_ADDRS_MAX 16
#define FETCH_TEXT_MAX 200

struct fetch {
    struct str url;
    bool is_post;
    struct str type, encoding; /* of `body`; may be empty */
    struct str authorization;  /* a header field; empty: none */
    bool is_own;               /* it is named in the settings: an address in the same house will do */
    struct str body;
    size_t most;      /* bytes of the answer's body */
    unsigned follows; /* redirects at most */
    mono_ms deadline;
};

struct fetched {
    uint32_t code;
    struct str type, body; /* in the arena */
};

/* ST_OK: there is an answer, whatever its code. Else, with words for people:
 *   ST_DENIED   the certificate does not hold for that name
 *   ST_NOTFOUND the name does not exist or has no address that may be used
 *   ST_LIMIT    the body is too long, or too many redirects
 *   ST_SYNTAX   the URL is none of ours
 *   ST_BUSY     it can't be done here just now; nobody has been asked
 *   ST_TIMEOUT, ST_TRYLATER (names can't be found out just now), ST_IO (all else), ST_CANCELED */
enum st fetch_run(struct errand *e, struct arena *a, const struct fetch *f, struct fetched *out) SUSPENDS MUST_USE;
