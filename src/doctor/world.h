/* What the world sees in the DNS, asked through the running server. */
#pragma once

#include "admin/admin.h"
#include "dns/rdata.h"

struct seen {
    struct str name;
    enum dns_type type;
    enum { SEEN_FOUND, SEEN_NONE, SEEN_BOGUS, SEEN_NO_ANSWER } status;
    bool is_secure;
    struct str *records; /* in presentation form, TXT bare */
    size_t n;
};

#define WORLD_MAX 512

struct world {
    struct arena *a;
    struct seen *v;
    size_t n, n_asked;
};

void world_init(struct world *s, struct arena *a);
/* To be asked for; what is there already is not asked for again. */
void world_want(struct world *s, struct str name, enum dns_type type);
/* Asks for all that has not been yet. Errors of asking. */
enum st world_ask(struct world *s, const struct admin_doctor *d) MUST_USE;
/* Never NULL: what was not asked for has no answer. */
const struct seen *world_get(const struct world *s, struct str name, enum dns_type type);
bool world_has(const struct seen *s, struct str record); /* but for the case of letters */
