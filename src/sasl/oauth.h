/* What a client sends in OAUTHBEARER (RFC 7628 section 3.1) and in XOAUTH2 (as Google documents it), and what it is told when its token is no
 * good. Pure. */
#pragma once

#include "base/arena.h"

struct oauth_client {
    struct str user;  /* whom it wants to be; empty: whom the token is of. XOAUTH2 always says */
    struct str token; /* of a Bearer (RFC 6750 section 2.1) */
    struct str host;  /* OAUTHBEARER: where the client thinks that it is; empty: it does not say */
};

/* ST_SYNTAX. Views into the message or the arena. */
enum st oauth_bearer_read(struct arena *a, struct str message, struct oauth_client *out) MUST_USE;
enum st oauth_x_read(struct str message, struct oauth_client *out) MUST_USE;

/* Section 3.2.2: {"status":"invalid_token",...}; empty texts are left out. */
struct str oauth_refusal(struct arena *a, const char *status, struct str scope, struct str configuration);
/* The same for XOAUTH2: {"status":"401","schemes":"bearer",...}. */
struct str oauth_x_refusal(struct arena *a, struct str scope);

/* What an endpoint says of a token (RFC 7662 section 2.2). */
struct oauth_wanted {
    struct str claim;           /* the member that is the account's address */
    struct str scope, audience; /* one that must be among those of the token; empty: any */
};
/* ST_OK: active, and `out` is whose it is; at most until *out_expires_s (0: it doesn't say). ST_DENIED: no good, the error says why; ST_SYNTAX: no such
 * answer. */
enum st oauth_answer_read(struct arena *a, struct str json, const struct oauth_wanted *want, uint64_t now_s,
                          struct str *out, uint64_t *out_expires_s) MUST_USE;
