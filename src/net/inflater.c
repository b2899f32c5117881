#include "net/inflater.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/must.h"

#include <zstd.h>

enum {
    WINDOW_MAX = 32768,
    BARREN_MAX = 65536, /* input in a row that gives nothing: empty blocks, which nobody sends on purpose */
    PACK_LEVEL = 1,
};

/* What zlib says in data_type when it has been asked to stop at blocks. */
enum { BITS = 7, LAST_BLOCK = 64, AT_BOUNDARY = 128 };

void inflater_init(struct inflater *f)
{
    *f = (struct inflater){.at_boundary = true, .at_flush = true};
}

void inflater_fini(struct inflater *f)
{
    zblock_free(TAKE(f->z));
    mem_free(TAKE(f->packed));
}

/* --- asleep ------------------------------------------------------------------------------------------ */

void inflater_sleep(struct inflater *f)
{
    size_t bound = ZSTD_compressBound(WINDOW_MAX), packed;
    char *window, *room;
    uInt n = 0;

    if (!f->z || !f->at_boundary || f->full || f->ended || f->bad)
        return;
    window = mem_new(WINDOW_MAX);
    room = mem_new(bound);
    must(inflateGetDictionary(f->z, (Bytef *)window, &n) == Z_OK && n <= WINDOW_MAX);
    packed = ZSTD_compress(room, bound, window, n, PACK_LEVEL);
    if (ZSTD_isError(packed) || packed >= n)
        packed = n;
    f->window_n = (uint16_t)n;
    f->packed_n = (uint16_t)packed;
    if (n) {
        f->packed = mem_new(packed);
        memcpy(f->packed, packed < n ? room : window, packed);
    }
    mem_free(room);
    mem_free(window);
    zblock_free(TAKE(f->z));
}

static void put_window(struct inflater *f, const char *window)
{
    must(inflateSetDictionary(f->z, (const Bytef *)window, f->window_n) == Z_OK);
}

static void awake(struct inflater *f)
{
    char *window;

    if (f->z)
        return;
    f->z = zblock_inflate();
    if (f->window_n == f->packed_n && f->packed) {
        put_window(f, f->packed);
    } else if (f->packed) {
        window = mem_new(f->window_n);
        must(ZSTD_decompress(window, f->window_n, f->packed, f->packed_n) == f->window_n);
        put_window(f, window);
        mem_free(window);
    }
    mem_free(TAKE(f->packed));
    if (f->unused_bits)
        must(inflatePrime(f->z, f->unused_bits, f->last >> (8 - f->unused_bits)) == Z_OK);
}

/* --- awake ------------------------------------------------------------------------------------------- */

/* Where zlib has stopped. True: the peer has flushed here. */
static bool at_stop(struct inflater *f, size_t gave)
{
    f->at_flush = false;
    f->block_gave |= gave > 0;
    f->at_boundary = (f->z->data_type & (AT_BOUNDARY | LAST_BLOCK)) == AT_BOUNDARY;
    if (!f->at_boundary)
        return false;
    f->unused_bits = f->z->data_type & BITS;
    f->at_flush = !f->block_gave;
    f->block_gave = false;
    return f->at_flush;
}

/* Once. ST_EOF: nothing more for now. */
static enum st step(struct inflater *f, struct str *in, size_t *gave) MUST_USE;
static enum st step(struct inflater *f, struct str *in, size_t *gave)
{
    z_stream *z = f->z;
    size_t room = z->avail_out;
    int ret;

    z->next_in = (Bytef *)(uintptr_t)in->p;
    z->avail_in = (uInt)in->n;
    ret = inflate(z, Z_BLOCK);
    *gave = room - z->avail_out;
    f->idle_in = *gave ? 0 : f->idle_in + (uint32_t)(in->n - z->avail_in);
    if (in->n > z->avail_in)
        f->last = *(z->next_in - 1);
    *in = str_from(*in, in->n - z->avail_in);
    f->full = z->avail_out == 0;
    f->ended = ret == Z_STREAM_END;
    if (ret != Z_OK && ret != Z_STREAM_END && ret != Z_BUF_ERROR)
        return FAIL(ST_SYNTAX, "not deflate: %s", z->msg ? z->msg : "broken");
    if (f->idle_in > BARREN_MAX)
        return FAIL(ST_SYNTAX, "deflate of nothing but empty blocks");
    /* It has come to a boundary with bits that it had: that is a step, though zlib doesn't count it as one. */
    return ret == Z_OK || (ret == Z_BUF_ERROR && z->data_type & AT_BOUNDARY) ? ST_OK : ST_EOF;
}

enum st inflater_feed(struct inflater *f, struct str *in, char *p, size_t max, size_t *out_n)
{
    size_t total = 0, gave;
    enum st st = ST_OK;

    must(max > 0 && max <= UINT32_MAX && in->n <= UINT32_MAX && !f->ended);
    if (f->bad)
        return FAIL(ST_SYNTAX, "not deflate");
    awake(f);
    f->z->next_out = (Bytef *)p;
    f->z->avail_out = (uInt)max;
    while (st == ST_OK && total < max) {
        st = step(f, in, &gave);
        total += gave;
        if (st == ST_EOF && !f->ended)
            break; /* no input: it stands where it stood */
        if (st != ST_SYNTAX && at_stop(f, gave))
            break;
    }
    f->bad = st == ST_SYNTAX;
    if (f->bad && !total)
        return st; /* otherwise the next call says it */
    *out_n = total;
    return ST_OK;
}
