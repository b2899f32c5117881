/* Which letters a mailbox holds: a multiset of hashes of their bytes, 20 bytes each. */
#pragma once

#include "base/str.h"

#define SEEN_HASH 16

struct seen_slot;

struct seen {
    struct seen_slot *slots;
    size_t n, cap;
};

void seen_init(struct seen *s);
void seen_fini(struct seen *s);
void seen_clear(struct seen *s);
void seen_hash(struct str bytes, unsigned char out[SEEN_HASH]);
void seen_add(struct seen *s, const unsigned char hash[SEEN_HASH]);
/* Takes one such letter out. False: there is none (any more). */
bool seen_take(struct seen *s, const unsigned char hash[SEEN_HASH]);
