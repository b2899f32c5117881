#include "store/snap_file.h"
#include "base/must.h"
#include "store/format.h"

#include <fcntl.h>

#define FILE_MAGIC "RSTSNAP1"
#define CHUNK_MAGIC 0x63535352u /* "RSSc" */
#define CHUNK_HEAD_BYTES 64u
#define CHUNK_ALIGN 8u
#define CHUNK_MOST (256u << 20) /* bytes of a chunk whose last pair is as large as a commit may be */
#define LEVEL 1
#define LOOK_BYTES (1u << 20) /* read at a time while looking for the next good chunk */

enum chunk_kind { CHUNK_PAIRS = 1, CHUNK_END = 2 };

struct chunk {
    enum chunk_kind kind;
    uint64_t number, pairs, raw, stored, first, hash;
};

/* The check covers the snapshot that the chunk belongs to, so that none of another file passes for it. */
static uint64_t chunk_check(struct str head, const struct snap_head *of)
{
    struct buf all;
    uint64_t check;

    buf_init(&all, 256);
    buf_add(&all, str_sub(head, 0, CHUNK_HEAD_BYTES - 8));
    rec_put_u64(&all, of->seq);
    rec_put_u64(&all, of->wall_us);
    check = bytes_hash(buf_str(&all));
    buf_fini(&all);
    return check;
}

static void put_chunk_head(struct buf *b, const struct chunk *c, const struct snap_head *of)
{
    size_t from = b->n;

    rec_put_u32(b, CHUNK_MAGIC);
    rec_put_u32(b, (uint32_t)c->kind);
    rec_put_u64(b, c->number);
    rec_put_u64(b, c->pairs);
    rec_put_u64(b, c->raw);
    rec_put_u64(b, c->stored);
    rec_put_u64(b, c->first);
    rec_put_u64(b, c->hash);
    rec_put_u64(b, chunk_check(str_from(buf_str(b), from), of));
}

static enum st get_chunk_head(struct str bytes, const struct snap_head *of, struct chunk *out)
{
    struct rec r = rec_of(bytes);
    struct chunk c;

    rec_need(&r, rec_u32(&r) == CHUNK_MAGIC);
    c.kind = (enum chunk_kind)rec_u32(&r);
    c.number = rec_u64(&r);
    c.pairs = rec_u64(&r);
    c.raw = rec_u64(&r);
    c.stored = rec_u64(&r);
    c.first = rec_u64(&r);
    c.hash = rec_u64(&r);
    rec_need(&r, rec_u64(&r) == chunk_check(bytes, of));
    rec_need(&r, c.kind == CHUNK_END ||
                     (c.kind == CHUNK_PAIRS && c.raw <= CHUNK_MOST && c.stored <= CHUNK_MOST && c.first <= CHUNK_MOST));
    TRY(rec_end(&r, "snapshot"));
    *out = c;
    return ST_OK;
}

static uint64_t chained(uint64_t hashes, uint64_t hash)
{
    uint64_t two[2] = {hashes, hash};

    return bytes_hash(str_n((const char *)two, sizeof two));
}

/* --- writing ------------------------------------------------------------------------------------------ */

static enum st put_out(struct snap_writer *w)
{
    static const char zeros[CHUNK_ALIGN];

    buf_add(&w->out, str_n(zeros, -w->out.n % CHUNK_ALIGN));
    TRY(buf_check(&w->out));
    TRY(w->os->write(w->os, w->fd, w->out.p, w->out.n, w->at));
    w->at += w->out.n;
    return ST_OK;
}

enum st snap_writer_begin(struct snap_writer *w, const struct os_file *os, int fd, const struct snap_head *h)
{
    *w = (struct snap_writer){.os = os, .fd = fd, .head = *h, .z = ZSTD_createCCtx()};
    must(w->z);
    ZSTD_CCtx_setParameter(w->z, ZSTD_c_compressionLevel, LEVEL);
    buf_init(&w->raw, CHUNK_MOST);
    buf_init(&w->first, CHUNK_MOST);
    buf_init(&w->out, 2u * CHUNK_MOST);
    buf_addz(&w->out, FILE_MAGIC);
    rec_put_u32(&w->out, SNAP_VERSION);
    rec_put_u32(&w->out, 0);
    rec_put_u64(&w->out, h->seq);
    rec_put_u64(&w->out, h->blob_ceiling);
    rec_put_u64(&w->out, h->wall_us);
    rec_put_u64(&w->out, 0);
    rec_put_u64(&w->out, 0);
    rec_put_u64(&w->out, bytes_hash(buf_str(&w->out)));
    must(w->out.n == SNAP_HEAD_BYTES);
    return put_out(w);
}

static enum st write_chunk(struct snap_writer *w)
{
    struct chunk c = {CHUNK_PAIRS, w->chunks, w->chunk_pairs, w->raw.n, 0, w->first.n, 0};
    size_t room = ZSTD_compressBound(w->raw.n), n;
    char *to;

    buf_clear(&w->out);
    /* The head is written in front once it is known. */
    to = buf_space(&w->out, CHUNK_HEAD_BYTES + w->first.n + room);
    if (!to)
        return FAIL(ST_LIMIT, "a row too large for a snapshot");
    memcpy(to + CHUNK_HEAD_BYTES, w->first.p, w->first.n);
    n = ZSTD_compress2(w->z, to + CHUNK_HEAD_BYTES + w->first.n, room, w->raw.p, w->raw.n);
    if (ZSTD_isError(n))
        return FAIL(ST_INTERNAL, "zstd: %s", ZSTD_getErrorName(n));
    c.stored = n;
    c.hash = bytes_hash(str_n(to + CHUNK_HEAD_BYTES, w->first.n + n));
    put_chunk_head(&w->out, &c, &w->head);
    must(w->out.p == to && w->out.n == CHUNK_HEAD_BYTES);
    buf_added(&w->out, w->first.n + n);
    TRY(put_out(w));
    w->hashes = chained(w->hashes, c.hash);
    w->chunks++;
    w->pairs += w->chunk_pairs;
    w->raw_bytes += w->raw.n;
    w->chunk_pairs = 0;
    buf_clear(&w->raw);
    buf_clear(&w->first);
    return ST_OK;
}

enum st snap_writer_add(struct snap_writer *w, struct str key, struct str value)
{
    if (!w->chunk_pairs++)
        buf_add(&w->first, key);
    rec_put_str(&w->raw, key);
    rec_put_str(&w->raw, value);
    TRY(buf_check(&w->raw));
    return w->raw.n >= SNAP_CHUNK_BYTES ? write_chunk(w) : ST_OK;
}

enum st snap_writer_end(struct snap_writer *w)
{
    struct chunk c = {.kind = CHUNK_END};

    if (w->chunk_pairs)
        TRY(write_chunk(w));
    c.number = w->chunks;
    c.pairs = w->pairs;
    c.raw = w->raw_bytes;
    c.hash = w->hashes;
    buf_clear(&w->out);
    put_chunk_head(&w->out, &c, &w->head);
    return put_out(w);
}

void snap_writer_fini(struct snap_writer *w)
{
    ZSTD_freeCCtx(w->z);
    buf_fini(&w->raw);
    buf_fini(&w->first);
    buf_fini(&w->out);
}

/* --- reading ------------------------------------------------------------------------------------------- */

static enum st read_head(struct snap_reader *r)
{
    unsigned char raw[SNAP_HEAD_BYTES];
    struct str bytes = str_n((char *)raw, sizeof raw);
    struct rec in = rec_of(bytes);
    uint32_t version;

    TRY(r->os->read(r->os, r->fd, raw, sizeof raw, 0));
    rec_need(&in, str_eq(rec_bytes(&in, 8), STR(FILE_MAGIC)));
    version = rec_u32(&in);
    rec_u32(&in);
    r->head.seq = rec_u64(&in);
    r->head.blob_ceiling = rec_u64(&in);
    r->head.wall_us = rec_u64(&in);
    rec_u64(&in);
    rec_u64(&in);
    rec_need(&in, rec_u64(&in) == bytes_hash(str_sub(bytes, 0, SNAP_HEAD_BYTES - 8)));
    TRY(rec_end(&in, "snapshot"));
    if (version > SNAP_VERSION)
        return FAIL(ST_DENIED, "the snapshot was written by a newer version");
    return ST_OK;
}

static enum st read_chunk_head(struct snap_reader *r, uint64_t at, struct chunk *out)
{
    char raw[CHUNK_HEAD_BYTES];

    if (at + sizeof raw > r->size)
        return FAIL(ST_CORRUPT, "the snapshot ends at %llu, which is too early", (unsigned long long)at);
    TRY(r->os->read(r->os, r->fd, raw, sizeof raw, at));
    TRY(get_chunk_head(str_n(raw, sizeof raw), &r->head, out));
    if (out->kind == CHUNK_PAIRS && out->first + out->stored > r->size - at - sizeof raw)
        return FAIL(ST_CORRUPT, "a chunk of the snapshot goes beyond its end");
    return ST_OK;
}

static enum st read_ends(struct snap_reader *r)
{
    struct chunk end;

    TRY(r->os->size(r->os, r->fd, &r->size));
    if (r->size < SNAP_HEAD_BYTES + CHUNK_HEAD_BYTES)
        return FAIL(ST_CORRUPT, "the snapshot is cut");
    TRY(read_head(r));
    TRY(read_chunk_head(r, r->size - CHUNK_HEAD_BYTES, &end));
    if (end.kind != CHUNK_END)
        return FAIL(ST_CORRUPT, "the snapshot has no end");
    r->pairs_total = end.pairs;
    r->raw_total = end.raw;
    return ST_OK;
}

enum st snap_reader_open(struct snap_reader *r, const struct os_file *os, const char *path)
{
    enum st st;

    *r = (struct snap_reader){.os = os, .at = SNAP_HEAD_BYTES};
    TRY(os->open(os, path, O_RDONLY, &r->fd));
    buf_init(&r->stored, CHUNK_MOST);
    buf_init(&r->raw, CHUNK_MOST);
    st = read_ends(r);
    if (st != ST_OK) {
        os->close(os, r->fd);
        return st;
    }
    r->z = ZSTD_createDCtx();
    must(r->z);
    return ST_OK;
}

static enum st unpack(struct snap_reader *r, const struct chunk *c)
{
    struct str both = buf_str(&r->stored);
    char *to;
    size_t n;

    buf_clear(&r->raw);
    to = buf_space(&r->raw, c->raw);
    if (!to)
        return FAIL(ST_CORRUPT, "a chunk of the snapshot is too large");
    n = ZSTD_decompressDCtx(r->z, to, c->raw, both.p + c->first, c->stored);
    if (ZSTD_isError(n) || n != c->raw)
        return FAIL(ST_CORRUPT, "a chunk of the snapshot can't be unpacked");
    buf_added(&r->raw, n);
    r->pairs = rec_of(buf_str(&r->raw));
    return ST_OK;
}

static enum st check_end(const struct snap_reader *r, const struct chunk *end)
{
    if (!r->has_gap &&
        (end->number != r->chunks || end->pairs != r->pairs_read || end->raw != r->raw_bytes || end->hash != r->hashes))
        return FAIL(ST_CORRUPT, "the snapshot's end does not fit what stands before it");
    return ST_EOF;
}

static enum st next_chunk(struct snap_reader *r)
{
    struct chunk c;
    char *to;

    TRY(read_chunk_head(r, r->at, &c));
    if (c.kind == CHUNK_END)
        return check_end(r, &c);
    if (!r->has_gap && c.number != r->chunks)
        return FAIL(ST_CORRUPT, "chunk %llu of the snapshot stands where %llu should", (unsigned long long)c.number,
                    (unsigned long long)r->chunks);
    buf_clear(&r->stored);
    to = buf_space(&r->stored, c.first + c.stored);
    if (!to)
        return FAIL(ST_CORRUPT, "a chunk of the snapshot is too large");
    TRY(r->os->read(r->os, r->fd, to, c.first + c.stored, r->at + CHUNK_HEAD_BYTES));
    buf_added(&r->stored, c.first + c.stored);
    if (bytes_hash(buf_str(&r->stored)) != c.hash)
        return FAIL(ST_CORRUPT, "chunk %llu of the snapshot is damaged", (unsigned long long)c.number);
    TRY(unpack(r, &c));
    r->at += (CHUNK_HEAD_BYTES + c.first + c.stored + CHUNK_ALIGN - 1) & ~(uint64_t)(CHUNK_ALIGN - 1);
    r->chunks = c.number + 1;
    r->raw_bytes += c.raw;
    r->hashes = chained(r->hashes, c.hash);
    return ST_OK;
}

enum st snap_reader_next(struct snap_reader *r, struct str *out_key, struct str *out_value)
{
    struct str key, value;

    if (rec_left(&r->pairs) == 0)
        TRY(next_chunk(r));
    key = rec_str(&r->pairs, SIZE_MAX);
    value = rec_str(&r->pairs, SIZE_MAX);
    if (r->pairs.bad || key.n < 8) {
        r->pairs = rec_of(STR_NONE);
        return FAIL(ST_CORRUPT, "a chunk of the snapshot makes no sense");
    }
    r->pairs_read++;
    *out_key = key;
    *out_value = value;
    return ST_OK;
}

bool snap_reader_skip(struct snap_reader *r)
{
    struct chunk c;

    r->has_gap = true;
    r->pairs = rec_of(STR_NONE);
    for (uint64_t at = r->at + CHUNK_ALIGN; at + CHUNK_HEAD_BYTES <= r->size;) {
        size_t n = MIN(LOOK_BYTES, r->size - at);

        buf_clear(&r->stored);
        if (!buf_space(&r->stored, n) || r->os->read(r->os, r->fd, r->stored.p, n, at) != ST_OK)
            return false;
        for (size_t i = 0; i + CHUNK_HEAD_BYTES <= n; i += CHUNK_ALIGN)
            if (memcmp(r->stored.p + i, "RSSc", 4) == 0 &&
                get_chunk_head(str_n(r->stored.p + i, CHUNK_HEAD_BYTES), &r->head, &c) == ST_OK) {
                r->at = at + i;
                return true;
            }
        at += n - MIN(n, n < LOOK_BYTES ? 0 : CHUNK_HEAD_BYTES);
    }
    return false;
}

void snap_reader_close(struct snap_reader *r)
{
    r->os->close(r->os, r->fd);
    ZSTD_freeDCtx(r->z);
    buf_fini(&r->stored);
    buf_fini(&r->raw);
}
