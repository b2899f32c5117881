#include "store/squeeze.h"
#include "base/must.h"

#include <stdatomic.h>

/* With a dictionary the better level costs short bodies no more than the fast one without. */
#define LEVEL_FAST 1
#define LEVEL_GOOD 3
#define GOOD_MOST (16u << 10)
#define HEAD_PAYS 2048 /* less behind the head is decompressed with it */
#define HEAD_STEP                                                                                                      \
    1024 /* stored bytes that are given to the decompressor at a time, which would go on beyond the head */

void squeeze_init(struct squeeze *z)
{
    *z = (struct squeeze){0};
    pthread_mutex_init(&z->mutex, NULL);
}

static void free_dictionary(struct dictionary *d)
{
    if (!d)
        return;
    ZSTD_freeCDict(d->fast);
    ZSTD_freeCDict(d->good);
    ZSTD_freeDDict(d->undo);
    mem_free((char *)(uintptr_t)d->bytes.p);
    mem_free(d);
}

void squeeze_fini(struct squeeze *z)
{
    while (z->writers_n)
        ZSTD_freeCCtx(z->writers[--z->writers_n]);
    while (z->readers_n)
        ZSTD_freeDCtx(z->readers[--z->readers_n]);
    for (size_t i = 0; i < ARRAY_LEN(z->dictionaries); i++)
        free_dictionary(atomic_load(&z->dictionaries[i]));
    pthread_mutex_destroy(&z->mutex);
}

ZSTD_CCtx *squeeze_get(struct squeeze *z, int level)
{
    ZSTD_CCtx *c = NULL;

    pthread_mutex_lock(&z->mutex);
    if (z->writers_n)
        c = z->writers[--z->writers_n];
    pthread_mutex_unlock(&z->mutex);
    if (!c)
        c = ZSTD_createCCtx();
    must(c);
    ZSTD_CCtx_reset(c, ZSTD_reset_session_and_parameters);
    ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, level);
    return c;
}

void squeeze_put(struct squeeze *z, ZSTD_CCtx *c)
{
    pthread_mutex_lock(&z->mutex);
    if (z->writers_n < ARRAY_LEN(z->writers))
        z->writers[z->writers_n++] = TAKE(c);
    pthread_mutex_unlock(&z->mutex);
    ZSTD_freeCCtx(c);
}

enum st squeeze_add(struct squeeze *z, uint16_t number, uint64_t made_us, uint64_t bodies, struct str bytes)
{
    struct dictionary *d;
    char *copy;

    if (!number || number > DICTIONARIES_MAX || bytes.n > DICTIONARY_MAX_BYTES)
        return FAIL(ST_CORRUPT, "dictionary %u has a number or a size that can't be", number);
    if (atomic_load(&z->dictionaries[number]))
        return FAIL(ST_EXISTS, "dictionary %u is there", number);
    copy = mem_new(bytes.n + 1);
    memcpy(copy, bytes.p, bytes.n);
    d = MEM_NEW(struct dictionary);
    *d = (struct dictionary){.number = number, .made_us = made_us, .bodies = bodies, .bytes = str_n(copy, bytes.n)};
    d->undo = ZSTD_createDDict(copy, bytes.n);
    if (!d->undo) {
        free_dictionary(d);
        return FAIL(ST_CORRUPT, "dictionary %u is none that zstd takes", number);
    }
    atomic_store(&z->dictionaries[number], d);
    return ST_OK;
}

void squeeze_use(struct squeeze *z, uint16_t number)
{
    struct dictionary *d = number ? atomic_load(&z->dictionaries[number]) : NULL;

    if (d && !d->good) { /* they take memory; of the newest only */
        d->fast = ZSTD_createCDict(d->bytes.p, d->bytes.n, LEVEL_FAST);
        d->good = ZSTD_createCDict(d->bytes.p, d->bytes.n, LEVEL_GOOD);
        must(d->fast && d->good);
    }
    atomic_store(&z->newest, d);
}

/* As ZSTD_compress2, but zstd ends a block behind the head: it decompresses block by block, of up to 128 KiB, and a
 * letter's header is mostly two. The bytes behind may still refer back to those before. */
static size_t squeeze_in_two(ZSTD_CCtx *c, char *to, size_t room, struct str raw, size_t head)
{
    ZSTD_outBuffer out = {to, room, 0};
    ZSTD_inBuffer in = {raw.p, head, 0};
    size_t left;

    ZSTD_CCtx_setPledgedSrcSize(c, raw.n);
    do
        left = ZSTD_compressStream2(c, &out, &in, ZSTD_e_flush);
    while (!ZSTD_isError(left) && left && out.pos < room);
    in.size = raw.n;
    while (!ZSTD_isError(left) && out.pos < room) {
        left = ZSTD_compressStream2(c, &out, &in, ZSTD_e_end);
        if (left == 0)
            return out.pos;
    }
    return ZSTD_isError(left) ? left : (size_t)-1; /* which is an error too: no room */
}

bool squeeze_small(struct squeeze *z, struct arena *a, struct str raw, size_t head, int level, struct squeezed *out)
{
    const struct dictionary *d = raw.n <= SQUEEZE_DICT_MOST ? atomic_load(&z->newest) : NULL;
    size_t room = raw.n - raw.n / 20 * 3; /* more would not pay: zstd stops there */
    ZSTD_CCtx *c;
    char *p;
    size_t n;

    if (raw.n < SQUEEZE_LEAST)
        return false;
    c = squeeze_get(z, level);
    if (d) { /* brings its level along; its number stands in the record, not in each frame */
        ZSTD_CCtx_refCDict(c, raw.n <= GOOD_MOST ? d->good : d->fast);
        ZSTD_CCtx_setParameter(c, ZSTD_c_dictIDFlag, 0);
    }
    p = arena_alloc(a, room);
    if (head && head + HEAD_PAYS <= raw.n)
        n = squeeze_in_two(c, p, room, raw, head);
    else
        n = ZSTD_compress2(c, p, room, raw.p, raw.n);
    squeeze_put(z, c);
    if (ZSTD_isError(n))
        return false;
    *out = (struct squeezed){str_n(p, n), d ? CODEC_ZSTD_DICTIONARY : CODEC_ZSTD, d ? d->number : 0};
    return true;
}

static ZSTD_DCtx *get_reader(struct squeeze *z)
{
    ZSTD_DCtx *d = NULL;

    pthread_mutex_lock(&z->mutex);
    if (z->readers_n)
        d = z->readers[--z->readers_n];
    pthread_mutex_unlock(&z->mutex);
    if (!d)
        d = ZSTD_createDCtx();
    must(d);
    return d;
}

static void put_reader(struct squeeze *z, ZSTD_DCtx *d)
{
    pthread_mutex_lock(&z->mutex);
    if (z->readers_n < ARRAY_LEN(z->readers))
        z->readers[z->readers_n++] = TAKE(d);
    pthread_mutex_unlock(&z->mutex);
    ZSTD_freeDCtx(d);
}

static enum st find_dictionary(struct squeeze *z, enum codec codec, uint16_t number, const struct dictionary **out)
{
    const struct dictionary *d = NULL;

    if (codec == CODEC_ZSTD_DICTIONARY) {
        d = number <= DICTIONARIES_MAX ? atomic_load(&z->dictionaries[number]) : NULL;
        if (!d)
            return FAIL(ST_CORRUPT, "dictionary %u is missing", number);
    }
    *out = d;
    return ST_OK;
}

enum st squeeze_undo(struct squeeze *z, struct str stored, enum codec codec, uint16_t dictionary, char *to, size_t n)
{
    const struct dictionary *d;
    ZSTD_DCtx *c;
    size_t got;

    if (codec == CODEC_RAW) {
        if (stored.n != n)
            return FAIL(ST_CORRUPT, "%zu bytes are stored where %zu should be", stored.n, n);
        if (n)
            memcpy(to, stored.p, n);
        return ST_OK;
    }
    TRY(find_dictionary(z, codec, dictionary, &d));
    c = get_reader(z);
    got = d ? ZSTD_decompress_usingDDict(c, to, n, stored.p, stored.n, d->undo)
            : ZSTD_decompressDCtx(c, to, n, stored.p, stored.n);
    put_reader(z, c);
    return got == n ? ST_OK : FAIL(ST_CORRUPT, "compressed bytes do not decompress");
}

enum st squeeze_undo_head(struct squeeze *z, struct str stored, enum codec codec, uint16_t dictionary, char *to,
                          size_t n)
{
    ZSTD_outBuffer out = {to, n, 0};
    const struct dictionary *d;
    bool failed = false;
    ZSTD_DCtx *c;

    must(codec != CODEC_RAW);
    TRY(find_dictionary(z, codec, dictionary, &d));
    c = get_reader(z);
    if (d)
        ZSTD_DCtx_refDDict(c, d->undo);
    while (stored.n && out.pos < n && !failed) {
        ZSTD_inBuffer in = {stored.p, MIN(stored.n, HEAD_STEP), 0};

        failed = ZSTD_isError(ZSTD_decompressStream(c, &out, &in)) || !in.pos;
        stored = str_from(stored, in.pos);
    }
    ZSTD_DCtx_reset(c, ZSTD_reset_session_and_parameters);
    put_reader(z, c);
    return out.pos == n ? ST_OK : FAIL(ST_CORRUPT, "compressed bytes do not decompress");
}
