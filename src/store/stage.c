/* Large bodies are written ahead of their commit, into bulk segments, on the pool, and synced there: the committer
 * is not held up by them. Until a commit names them they are bytes that nobody knows of. */
#include "base/must.h"
#include "store/inside.h"
#include "store/pack.h"

#define XXH_INLINE_ALL
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#include <xxhash.h>
#pragma GCC diagnostic pop

#define CHUNK PACK_PIECE
#define SAMPLE (128u << 10) /* says whether compressing pays */
#define HELD (2u << 20)     /* up to here a body gets its place when it is known how large it has become */

struct staging {
    struct store *s;
    int fd; /* -1: from memory */
    struct str bytes;
    uint64_t size;
    struct blob_stage *stage;
    char *in, *out, *packed; /* a chunk each */
    struct buf held;         /* room for its head, then what is to be written, as long as it has no place */
    XXH3_state_t *hash;
    uint64_t written;
    enum st st;
    struct err why;
};

static enum st chunk_at(struct staging *g, uint64_t at, struct str *out)
{
    size_t n = (size_t)MIN(CHUNK, g->size - at);

    if (g->fd < 0) {
        *out = str_n(g->bytes.p + at, n);
        return ST_OK;
    }
    TRY(g->s->os->read(g->s->os, g->fd, g->in, n, at));
    *out = str_n(g->in, n);
    return ST_OK;
}

static enum st find_place(struct staging *g, uint64_t bytes)
{
    struct blob_stage *st = g->stage;

    TRY(segs_bulk_alloc(&g->s->segs, bytes, &st->seg, &st->row.offset));
    st->row.segment = st->seg->row.head.id;
    st->bytes = bytes;
    return ST_OK;
}

static enum st write_at(struct staging *g, struct str bytes, uint64_t at)
{
    return g->s->os->write(g->s->os, g->stage->seg->fd, bytes.p, bytes.n, g->stage->row.offset + at);
}

/* A large one takes a place for all that it can become; what it does not need is lost when others have theirs behind it. */
static enum st write_out(struct staging *g, struct str part)
{
    XXH3_64bits_update(g->hash, part.p, part.n);
    if (!g->stage->seg && g->held.n + part.n <= HELD) {
        buf_add(&g->held, part);
        g->written += part.n;
        return ST_OK;
    }
    if (!g->stage->seg) {
        TRY(find_place(g, record_bytes(g->size)));
        TRY(write_at(g, str_from(buf_str(&g->held), RECORD_HEAD_BYTES), RECORD_HEAD_BYTES));
    }
    TRY(write_at(g, part, RECORD_HEAD_BYTES + g->written));
    g->written += part.n;
    return ST_OK;
}

static void begin(struct staging *g)
{
    static const char no_head[RECORD_HEAD_BYTES];

    g->written = 0;
    XXH3_64bits_reset(g->hash);
    buf_clear(&g->held);
    buf_add(&g->held, str_n(no_head, sizeof no_head));
}

static enum st write_raw(struct staging *g)
{
    struct str part;

    begin(g);
    for (uint64_t at = 0; at < g->size; at += part.n) {
        TRY(chunk_at(g, at, &part));
        TRY(write_out(g, part));
    }
    return ST_OK;
}

/* ST_LIMIT when it grows beyond the raw size. Nearly all bodies that are so large hold base64: all are packed. */
static enum st write_squeezed(struct staging *g, ZSTD_CCtx *c)
{
    struct str part;

    begin(g);
    for (uint64_t at = 0; at < g->size; at += part.n) {
        ZSTD_inBuffer in = {0};
        bool last;
        size_t left = 1;

        TRY(chunk_at(g, at, &part));
        in = (ZSTD_inBuffer){g->packed, pack(part, g->packed), 0};
        last = at + part.n == g->size;
        while (in.pos < in.size || (last && left)) {
            ZSTD_outBuffer out = {g->out, CHUNK, 0};

            left = ZSTD_compressStream2(c, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
            if (ZSTD_isError(left))
                return FAIL(ST_INTERNAL, "compressing: %s", ZSTD_getErrorName(left));
            if (g->written + out.pos > g->size)
                return ST_LIMIT;
            TRY(write_out(g, str_n(g->out, out.pos)));
        }
    }
    return ST_OK;
}

static enum st sample(struct staging *g, bool *out_pays)
{
    struct arena a = ARENA_INIT;
    struct squeezed q;
    struct str part;

    if (g->s->opt.is_plain) {
        *out_pays = false;
        return ST_OK;
    }
    TRY(chunk_at(g, 0, &part));
    *out_pays = squeeze_small(&g->s->squeeze, &a, str_sub(part, 0, SAMPLE), 0, 1, &q);
    arena_fini(&a);
    return ST_OK;
}

static enum st write_body(struct staging *g)
{
    ZSTD_CCtx *c;
    bool pays;
    enum st st;

    TRY(sample(g, &pays));
    if (pays) {
        c = squeeze_get(&g->s->squeeze, (int)g->s->opt.level);
        st = write_squeezed(g, c);
        squeeze_put(&g->s->squeeze, c);
        g->stage->row.codec = CODEC_PACKED;
        if (st != ST_LIMIT)
            return st;
    }
    g->stage->row.codec = CODEC_RAW;
    return write_raw(g);
}

/* Head and bytes at once where they are still held. */
static enum st write_record(struct staging *g)
{
    struct blob_stage *st = g->stage;
    struct blob_row *row = &st->row;
    unsigned char head[RECORD_HEAD_BYTES];
    bool is_held;

    TRY(write_body(g));
    is_held = !st->seg;
    if (is_held)
        TRY(find_place(g, record_bytes(g->written)));
    row->stored = g->written;
    row->hash = XXH3_64bits_digest(g->hash);
    record_head_encode(
        &(struct record_head){RECORD_BLOB, row->codec, RECORD_STAGED, row->stored, row->raw, row->hash, 0},
        &(struct place){row->segment, st->seg->row.head.generation, row->offset}, head);
    if (is_held)
        memcpy(g->held.p, head, sizeof head);
    TRY(write_at(g, is_held ? buf_str(&g->held) : str_n((char *)head, sizeof head), 0));
    segs_bulk_trim(&g->s->segs, st->seg, row->offset, st->bytes, record_bytes(row->stored));
    st->bytes = record_bytes(row->stored);
    return segs_bulk_sync(&g->s->segs, st->seg);
}

static void run(void *arg)
{
    struct staging *g = arg;

    g->stage = MEM_NEW(struct blob_stage);
    g->stage->row.raw = g->size;
    g->in = mem_new(CHUNK);
    g->out = mem_new(CHUNK);
    g->packed = mem_new(CHUNK + PACK_HEAD);
    buf_init(&g->held, HELD);
    g->hash = XXH3_createState();
    must(g->hash);
    g->st = write_record(g);
    XXH3_freeState(g->hash);
    buf_fini(&g->held);
    mem_free(g->in);
    mem_free(g->out);
    mem_free(g->packed);
    if (g->st != ST_OK) {
        g->why = *err_get();
        blob_unstage(g->s, TAKE(g->stage));
    }
}

static enum st stage(struct staging *g, struct blob_stage **out) SUSPENDS
{
    if (g->size > BLOB_MAX)
        return FAIL(ST_LIMIT, "a body of more than %u bytes", BLOB_MAX);
    TRY(store_block(g->s, run, g));
    if (g->st != ST_OK)
        return FAIL(g->st, "%s", g->why.text);
    *out = g->stage;
    return ST_OK;
}

enum st blob_stage_fd(struct store *s, int fd, uint64_t size, struct blob_stage **out)
{
    struct staging g = {.s = s, .fd = fd, .size = size};

    return stage(&g, out);
}

enum st blob_stage_str(struct store *s, struct str bytes, struct blob_stage **out)
{
    struct staging g = {.s = s, .fd = -1, .bytes = bytes, .size = bytes.n};

    return stage(&g, out);
}

void blob_stage_done(struct store *s, struct blob_stage *st, bool is_committed)
{
    if (!is_committed && st->seg)
        segs_bulk_trim(&s->segs, st->seg, st->row.offset, st->bytes, 0);
    if (st->seg) {
        segs_bulk_done(&s->segs, st->seg);
        segs_unpin(&s->segs, st->seg);
    }
    mem_free(st);
}

void blob_unstage(struct store *s, struct blob_stage *st)
{
    if (st)
        blob_stage_done(s, st, false);
}
