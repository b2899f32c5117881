#include "store/squeeze.h"
#include "base/must.h"
#include "store/pack.h"

#include <stdatomic.h>

/* With a dictionary the better level costs short bodies no more than the fast one without. */
#define LEVEL_FAST 1
#define LEVEL_GOOD 3
#define GOOD_MOST (16u << 10)
#define PACK_PAYS 16   /* at least that part of it is saved by packing */
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

static size_t squeeze_with(ZSTD_CCtx *c, char *to, size_t room, struct str bytes, size_t head)
{
    if (head && head + HEAD_PAYS <= bytes.n)
        return squeeze_in_two(c, to, room, bytes, head);
    return ZSTD_compress2(c, to, room, bytes.p, bytes.n);
}

/* What is to be compressed: packed when that saves a share worth the work; then the head stands behind the run's. */
static struct str choose_form(struct arena *a, struct str raw, size_t *head, bool *out_packed)
{
    struct str packed;
    char *p;

    *out_packed = pack_saves(raw) >= raw.n / PACK_PAYS;
    if (!*out_packed)
        return raw;
    p = arena_alloc(a, raw.n + PACK_HEAD);
    packed = str_n(p, pack(raw, p));
    *head = *head && pack_first_plain(packed) >= *head ? *head + PACK_HEAD : 0;
    return packed;
}

bool squeeze_small(struct squeeze *z, struct arena *a, struct str raw, size_t head, int level, struct squeezed *out)
{
    const struct dictionary *d = raw.n <= SQUEEZE_DICT_MOST ? atomic_load(&z->newest) : NULL;
    size_t room = raw.n - raw.n / 20 * 3; /* more would not pay: zstd stops there */
    struct str bytes;
    ZSTD_CCtx *c;
    bool packed;
    char *p;
    size_t n;

    if (raw.n < SQUEEZE_LEAST)
        return false;
    bytes = choose_form(a, raw, &head, &packed);
    c = squeeze_get(z, level);
    if (d) { /* brings its level along; its number stands in the record, not in each frame */
        ZSTD_CCtx_refCDict(c, raw.n <= GOOD_MOST ? d->good : d->fast);
        ZSTD_CCtx_setParameter(c, ZSTD_c_dictIDFlag, 0);
    }
    p = arena_alloc(a, room);
    n = squeeze_with(c, p, room, bytes, head);
    squeeze_put(z, c);
    if (ZSTD_isError(n))
        return false;
    *out = (struct squeezed){.bytes = str_n(p, n), .dictionary = d ? d->number : 0};
    out->codec = packed ? (d ? CODEC_PACKED_DICTIONARY : CODEC_PACKED) : d ? CODEC_ZSTD_DICTIONARY : CODEC_ZSTD;
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

    if (codec_has_dictionary(codec)) {
        d = number <= DICTIONARIES_MAX ? atomic_load(&z->dictionaries[number]) : NULL;
        if (!d)
            return FAIL(ST_CORRUPT, "dictionary %u is missing", number);
    }
    *out = d;
    return ST_OK;
}

static size_t decompress(struct squeeze *z, struct str stored, const struct dictionary *d, char *to, size_t room)
{
    ZSTD_DCtx *c = get_reader(z);
    size_t n = d ? ZSTD_decompress_usingDDict(c, to, room, stored.p, stored.n, d->undo)
                 : ZSTD_decompressDCtx(c, to, room, stored.p, stored.n);

    put_reader(z, c);
    return n;
}

/* A body that was packed piece by piece has a run more for each. */
static size_t packed_most(size_t raw)
{
    return raw + PACK_HEAD * (raw / PACK_PIECE + 2);
}

static enum st undo_packed(struct squeeze *z, struct str stored, const struct dictionary *d, char *to, size_t n)
{
    struct unpack u = {.to = to, .most = n};
    char *packed = mem_resize(NULL, packed_most(n));
    size_t got = decompress(z, stored, d, packed, packed_most(n));
    enum st st;

    if (ZSTD_isError(got))
        st = FAIL(ST_CORRUPT, "compressed bytes do not decompress");
    else
        st = unpack_some(&u, str_n(packed, got));
    mem_free(packed);
    return st == ST_OK ? unpack_end(&u) : st;
}

enum st squeeze_undo(struct squeeze *z, struct str stored, enum codec codec, uint16_t dictionary, char *to, size_t n)
{
    const struct dictionary *d;

    if (codec == CODEC_RAW) {
        if (stored.n != n)
            return FAIL(ST_CORRUPT, "%zu bytes are stored where %zu should be", stored.n, n);
        if (n)
            memcpy(to, stored.p, n);
        return ST_OK;
    }
    TRY(find_dictionary(z, codec, dictionary, &d));
    if (codec_is_packed(codec))
        return undo_packed(z, stored, d, to, n);
    return decompress(z, stored, d, to, n) == n ? ST_OK : FAIL(ST_CORRUPT, "compressed bytes do not decompress");
}

/* Little more than the first bytes; how many came. */
static size_t decompress_head(struct squeeze *z, struct str stored, const struct dictionary *d, char *to, size_t n)
{
    ZSTD_outBuffer out = {to, n, 0};
    ZSTD_DCtx *c = get_reader(z);
    bool failed = false;

    if (d)
        ZSTD_DCtx_refDDict(c, d->undo);
    while (stored.n && out.pos < n && !failed) {
        ZSTD_inBuffer in = {stored.p, MIN(stored.n, HEAD_STEP), 0};

        failed = ZSTD_isError(ZSTD_decompressStream(c, &out, &in)) || !in.pos;
        stored = str_from(stored, in.pos);
    }
    ZSTD_DCtx_reset(c, ZSTD_reset_session_and_parameters);
    put_reader(z, c);
    return out.pos;
}

enum st squeeze_undo_head(struct squeeze *z, struct str stored, enum codec codec, uint16_t dictionary, char *to,
                          size_t n)
{
    size_t room = packed_most(n) + PACK_AHEAD, got;
    struct unpack u = {.to = to, .most = n};
    const struct dictionary *d;
    enum st st = ST_OK;
    char *packed;

    must(codec != CODEC_RAW);
    TRY(find_dictionary(z, codec, dictionary, &d));
    if (!codec_is_packed(codec)) {
        got = decompress_head(z, stored, d, to, n);
        return got == n ? ST_OK : FAIL(ST_CORRUPT, "compressed bytes do not decompress");
    }
    packed = mem_resize(NULL, room);
    got = decompress_head(z, stored, d, packed, room);
    st = unpack_some(&u, str_n(packed, got));
    mem_free(packed);
    if (st == ST_OK && u.n != n)
        return FAIL(ST_CORRUPT, "packed bytes do not unpack");
    return st;
}
