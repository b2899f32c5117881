/* When and from where credentials were last used: gathered here, and written to the directory once a minute in one
 * transaction, so that a login writes nothing. Who dies loses a minute of it. One core's. */
#pragma once

#include "base/arena.h"
#include "base/map.h"

#define USES_MAX 20000   /* credentials; more are not noted until these are written */
#define USES_FROM_MAX 48 /* bytes of an address */

struct use {
    uint64_t credential, at_us;
    size_t n;
    char from[USES_FROM_MAX];
};

struct uses {
    struct map by_credential;
};

void uses_fini(struct uses *u);
void uses_note(struct uses *u, uint64_t credential, uint64_t now_us, struct str from);
/* All that was gathered, in the arena; none are left. */
struct use *uses_take(struct uses *u, struct arena *a, size_t *out_n);
