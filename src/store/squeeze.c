#include "store/squeeze.h"
#include "base/must.h"

void squeeze_init(struct squeeze *z)
{
    *z = (struct squeeze){0};
    pthread_mutex_init(&z->mutex, NULL);
}

void squeeze_fini(struct squeeze *z)
{
    while (z->writers_n)
        ZSTD_freeCCtx(z->writers[--z->writers_n]);
    while (z->readers_n)
        ZSTD_freeDCtx(z->readers[--z->readers_n]);
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

bool squeeze_small(struct squeeze *z, struct arena *a, struct str raw, int level, struct str *out)
{
    size_t room = raw.n - raw.n / 20 * 3; /* more would not pay: zstd stops there */
    ZSTD_CCtx *c;
    char *p;
    size_t n;

    if (raw.n < SQUEEZE_LEAST)
        return false;
    c = squeeze_get(z, level);
    p = arena_alloc(a, room);
    n = ZSTD_compress2(c, p, room, raw.p, raw.n);
    squeeze_put(z, c);
    if (ZSTD_isError(n))
        return false;
    *out = str_n(p, n);
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

enum st squeeze_undo(struct squeeze *z, struct str stored, enum codec codec, char *to, size_t n)
{
    ZSTD_DCtx *d;
    size_t got;

    if (codec == CODEC_RAW) {
        if (stored.n != n)
            return FAIL(ST_CORRUPT, "%zu bytes are stored where %zu should be", stored.n, n);
        if (n)
            memcpy(to, stored.p, n);
        return ST_OK;
    }
    d = get_reader(z);
    got = ZSTD_decompressDCtx(d, to, n, stored.p, stored.n);
    put_reader(z, d);
    return got == n ? ST_OK : FAIL(ST_CORRUPT, "compressed bytes do not decompress");
}
