/* A mark of a letter that leaves: its number in the queue, and a keyed hash over that, the account that has sent it, and what it is about: the
 * address that it goes to, or where there are several recipients their domain. So whoever brings it back has got the letter, and can speak for that address only. Keys are the keeper's, which outlive restarts. */
#pragma once

#include "base/arena.h"

#define MARK_KEY_BYTES 32
#define MARK_KEYS_MAX 8

struct mark_keys {
    unsigned char key[MARK_KEYS_MAX][MARK_KEY_BYTES]; /* the first one signs */
    size_t n;
};

/* As the keeper sends them. False: that is none. */
bool mark_keys_take(struct mark_keys *k, struct str bytes);
/* Empty while there are no keys. */
struct str mark_make(struct arena *a, const struct mark_keys *k, uint64_t id, uint64_t account, struct str about);
bool mark_check(const struct mark_keys *k, struct str mark, uint64_t account, struct str about, uint64_t *out_id);
