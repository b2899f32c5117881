/* Hash maps from a number or from text to a pointer (never NULL). Keys that strangers choose are
 * mixed with a key of the process, so that they can't be made to collide. Not shared by threads. */
#pragma once

#include "base/str.h"

struct map_slot;

struct map {
    struct map_slot *slots;
    size_t n, cap, dead;
};

#define MAP_INIT ((struct map){0})

void map_fini(struct map *m); /* frees the map and the copied keys, not the values */

/* Numbers. put replaces and returns the old value or NULL; del returns what was there or NULL. */
void *map_get(const struct map *m, uint64_t key);
void *map_put(struct map *m, uint64_t key, void *value);
void *map_del(struct map *m, uint64_t key);

/* Text keys are copied. A map holds keys of one kind only. */
void *map_str_get(const struct map *m, struct str key);
void *map_str_put(struct map *m, struct str key, void *value);
void *map_str_del(struct map *m, struct str key);

/* Walks all entries in no order; *pos starts at 0. No put while walking; del of the current one is fine. */
bool map_next(const struct map *m, size_t *pos, void **out_value);

uint64_t hash_bytes(struct str s); /* keyed per process: SipHash-1-3 */
