/* Compression of bodies (zstd), with a small stock of contexts that threads take turns with. */
#pragma once

#include "base/arena.h"
#include "store/format.h"

#include <pthread.h>
#include <zstd.h>

#define SQUEEZE_LEAST 512 /* smaller bodies are kept as they are */

struct squeeze {
    pthread_mutex_t mutex;
    ZSTD_CCtx *writers[8];
    ZSTD_DCtx *readers[8];
    unsigned writers_n, readers_n;
};

void squeeze_init(struct squeeze *z);
void squeeze_fini(struct squeeze *z);
ZSTD_CCtx *squeeze_get(struct squeeze *z, int level);
void squeeze_put(struct squeeze *z, ZSTD_CCtx *c);

/* A compressed copy in the arena; false when it doesn't save 15 %. */
bool squeeze_small(struct squeeze *z, struct arena *a, struct str raw, int level, struct str *out);

/* Exactly n bytes into `to`. ST_CORRUPT */
enum st squeeze_undo(struct squeeze *z, struct str stored, enum codec codec, char *to, size_t n) MUST_USE;

static inline bool squeeze_pays(uint64_t raw, uint64_t stored)
{
    return stored <= raw - raw / 20 * 3;
}
