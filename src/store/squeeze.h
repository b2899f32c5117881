/* Compression of bodies (zstd), with a small stock of contexts that threads take turns with. Bodies up to 64 KiB are
 * compressed with the newest dictionary, once there is one: letters are short and much like one another, and alone
 * they give a compressor little to refer back to. A dictionary that has been added stays until the end. */
#pragma once

#include "base/arena.h"
#include "store/format.h"

#include <pthread.h>
#include <zstd.h>

#define PACK_PIECE (256u << 10)         /* of large bodies pieces of this size are packed by themselves */
#define SQUEEZE_LEAST 512               /* smaller bodies are kept as they are */
#define SQUEEZE_DICT_MOST (64u << 10)   /* larger ones gain little from a dictionary */
#define DICTIONARIES_MAX 64             /* their numbers: 1 to that */
#define DICTIONARY_BYTES (110u << 10)   /* zstd's own default */
#define DICTIONARY_MAX_BYTES (1u << 20) /* what is taken from a disk */

struct dictionary {
    uint16_t number;
    uint64_t made_us, bodies; /* when, and how many bodies the store held then */
    struct str bytes;         /* owned */
    ZSTD_CDict *fast, *good;
    ZSTD_DDict *undo;
};

struct squeeze {
    pthread_mutex_t mutex;
    ZSTD_CCtx *writers[8];
    ZSTD_DCtx *readers[8];
    unsigned writers_n, readers_n;
    struct dictionary *_Atomic dictionaries[DICTIONARIES_MAX + 1];
    struct dictionary *_Atomic newest; /* new bodies are compressed with it; NULL: without */
};

void squeeze_init(struct squeeze *z);
void squeeze_fini(struct squeeze *z);
ZSTD_CCtx *squeeze_get(struct squeeze *z, int level);
void squeeze_put(struct squeeze *z, ZSTD_CCtx *c);

/* From here on bodies that name it can be read. ST_EXISTS, ST_CORRUPT (zstd does not take it). */
enum st squeeze_add(struct squeeze *z, uint16_t number, uint64_t made_us, uint64_t bodies, struct str bytes) MUST_USE;
/* New bodies are compressed with that one (0: with none), which has been added. */
void squeeze_use(struct squeeze *z, uint16_t number);

struct squeezed {
    struct str bytes;
    enum codec codec;
    uint16_t dictionary;
};
/* A compressed copy in the arena; false when it doesn't save 15 %. The level is that without dictionary. The first `head`
 * bytes (0: none) come back by themselves without the work for the rest. */
bool squeeze_small(struct squeeze *z, struct arena *a, struct str raw, size_t head, int level, struct squeezed *out);

/* Exactly n bytes into `to`. ST_CORRUPT */
enum st squeeze_undo(struct squeeze *z, struct str stored, enum codec codec, uint16_t dictionary, char *to, size_t n)
    MUST_USE;

/* The first n bytes alone; not for CODEC_RAW. ST_CORRUPT */
enum st squeeze_undo_head(struct squeeze *z, struct str stored, enum codec codec, uint16_t dictionary, char *to,
                          size_t n) MUST_USE;

static inline bool squeeze_pays(uint64_t raw, uint64_t stored)
{
    return stored <= raw - raw / 20 * 3;
}
