/* Where the administrator wants letters to go, instead of to the servers that the DNS names: rules by account, sender's domain and recipient's domain,
 * and fallbacks for letters that the DNS' servers refuse. Pure: rules and a letter in, a rule or none out. */
#pragma once

#include "base/arena.h"
#include "base/rec.h"

enum routing_by {
#define BY(id, word, text) ROUTING_BY_##id,
#include "policy/routing_by.def"
#undef BY
    ROUTING_BYS
};

#define ROUTING_ANY STR("*") /* every recipient's domain */

struct routing_rule {
    uint64_t id;
    enum routing_by by;
    uint64_t account; /* ROUTING_BY_ACCOUNT */
    struct str
        name; /* else a domain in its one form (mime/addrspec.h); of destinations also ".domain", all below it, and ROUTING_ANY */
    struct str to;       /* smtp/next_hop.h; "mx": its own servers */
    struct str security; /* "starttls", "tls", "may", "none" */
    bool has_login;
    bool is_fallback; /* by destination only */
    struct str codes; /* of a fallback: which refusals it is for */
    uint64_t after_s; /* and when a server is out of reach, for letters of that age; ROUTING_NEVER: not for these */
};

#define ROUTING_NEVER UINT64_MAX

const char *routing_by_word(enum routing_by by);
enum st routing_by_find(struct str word, enum routing_by *out) MUST_USE; /* ST_SYNTAX, with those that there are */

/* The rule for a letter of this account (0: none), that leaves under an address of the domain `sender` and is for one of the domain `to`: by account, then by sender,
 * then by destination, where a whole name goes before the longest that ends it, and those before ROUTING_ANY. NULL: none. */
const struct routing_rule *routing_find(const struct routing_rule *v, size_t n, uint64_t account, struct str sender,
                                        struct str to);
const struct routing_rule *routing_fallback(const struct routing_rule *v, size_t n, struct str to);

/* Which refusals: "550", "5.7.1", "5.7.*", "550/5.7.1", several with commas between them. Empty: none at all. ST_SYNTAX. */
#define ROUTING_CODES "521,554,5.7.*"
#define ROUTING_CODES_MAX 400
enum st routing_codes_check(struct str codes) MUST_USE;
/* Is that answer of a server ("550 5.7.1 your address...") one of them? Its text is not looked at. */
bool routing_codes_have(struct str codes, struct str answer);

/* As the keeper tells the courier of them; views into `bytes`. ST_SYNTAX. */
#define ROUTING_PAGE 100
void routing_put(struct buf *b, const struct routing_rule *v, size_t n);
enum st routing_get(struct str bytes, struct arena *a, struct routing_rule **out, size_t *out_n) MUST_USE;
