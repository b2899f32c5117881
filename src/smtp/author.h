/* Whom a submitted letter says that it is from: each address of its From and Sender fields (RFC 5322 section 3.6.2), of all of them when a
 * field is there more than once. Read more strictly than mime/address.h does it: where programs may see different addresses
 * in a field, it counts as one that can't be read, and all that looks like an address in it is an address. */
#pragma once

#include "base/arena.h"
#include "base/limits.h"

struct authors {
    struct str list[LIMIT_SMTP_AUTHORS]; /* in the one form of mime/addrspec.h, no two the same */
    size_t n;
    size_t seen;           /* addresses looked at, the same ones again among them */
    bool too_many;         /* there are more */
    bool is_unreadable;    /* in a field there is no address, or one that can't be read; the first such: */
    struct str unreadable; /* the begin of its value */
};

/* Takes a field as it stands in the header, folded, its name before it; other fields than those two change nothing. What is
 * kept lives in the arena. */
void authors_field(struct authors *l, struct arena *a, struct str field);
