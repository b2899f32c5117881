#include "store/format.h"
#include "base/must.h"
#include "store/store.h"

#define XXH_INLINE_ALL
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#include <xxhash.h>
#pragma GCC diagnostic pop

#define SEGMENT_MAGIC "RSTSEGM1"
#define RECORD_MAGIC 0x63525352u /* "RSRc" */
#define ROW_FORMAT 1u
#define KIND_GONE 3u /* in a segment's row */

static void put_u32(unsigned char *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (unsigned char)(v >> (8 * i));
}
static void put_u64(unsigned char *p, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        p[i] = (unsigned char)(v >> (8 * i));
}
static uint32_t get_u32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static uint64_t get_u64(const unsigned char *p)
{
    return get_u32(p) | (uint64_t)get_u32(p + 4) << 32;
}

uint64_t bytes_hash(struct str s)
{
    return XXH3_64bits(s.p, s.n);
}

void segment_head_encode(const struct segment_head *h, unsigned char out[SEGMENT_HEAD_USED])
{
    memcpy(out, SEGMENT_MAGIC, 8);
    put_u32(out + 8, SEGMENT_VERSION);
    put_u32(out + 12, (uint32_t)h->kind);
    put_u64(out + 16, h->id);
    put_u64(out + 24, h->generation);
    put_u64(out + 32, h->size);
    put_u64(out + 40, h->first_seq);
    put_u64(out + 48, XXH3_64bits(out, 48));
}

enum st segment_head_decode(const unsigned char in[SEGMENT_HEAD_USED], struct segment_head *out)
{
    if (memcmp(in, SEGMENT_MAGIC, 8) != 0 || get_u64(in + 48) != XXH3_64bits(in, 48))
        return FAIL(ST_CORRUPT, "a segment's head is damaged");
    if (get_u32(in + 8) > SEGMENT_VERSION)
        return FAIL(ST_DENIED, "a segment was written by a newer version");
    if (get_u32(in + 12) > SEGMENT_BULK)
        return FAIL(ST_CORRUPT, "a segment's kind is unknown");
    *out = (struct segment_head){.kind = (enum segment_kind)get_u32(in + 12),
                                 .id = get_u64(in + 16),
                                 .generation = get_u64(in + 24),
                                 .size = get_u64(in + 32),
                                 .first_seq = get_u64(in + 40)};
    return ST_OK;
}

static uint64_t record_check(const unsigned char *head, const struct place *at)
{
    unsigned char all[64];

    memcpy(all, head, 40);
    put_u64(all + 40, at->segment);
    put_u64(all + 48, at->generation);
    put_u64(all + 56, at->offset);
    return XXH3_64bits(all, sizeof all);
}

void record_head_encode(const struct record_head *h, const struct place *at, unsigned char out[RECORD_HEAD_BYTES])
{
    put_u32(out, RECORD_MAGIC);
    out[4] = (unsigned char)h->type;
    out[5] = (unsigned char)h->codec;
    out[6] = (unsigned char)h->dictionary;
    out[7] = (unsigned char)(h->dictionary >> 8);
    put_u64(out + 8, h->id);
    put_u64(out + 16, h->stored);
    put_u64(out + 24, h->raw);
    put_u64(out + 32, h->hash);
    put_u64(out + 40, record_check(out, at));
}

enum st record_head_decode(const unsigned char in[RECORD_HEAD_BYTES], const struct place *at, struct record_head *out)
{
    if (get_u32(in) != RECORD_MAGIC || get_u64(in + 40) != record_check(in, at))
        return FAIL(ST_CORRUPT, "no record in segment %llu at %llu", (unsigned long long)at->segment,
                    (unsigned long long)at->offset);
    if ((in[4] != RECORD_BLOB && in[4] != RECORD_JOURNAL) || in[5] >= CODEC_COUNT)
        return FAIL(ST_CORRUPT, "a record of an unknown kind in segment %llu at %llu", (unsigned long long)at->segment,
                    (unsigned long long)at->offset);
    *out = (struct record_head){.type = (enum record_type)in[4],
                                .codec = (enum codec)in[5],
                                .id = get_u64(in + 8),
                                .stored = get_u64(in + 16),
                                .raw = get_u64(in + 24),
                                .hash = get_u64(in + 32),
                                .dictionary = (uint16_t)(in[6] | in[7] << 8)};
    return ST_OK;
}

/* --- journal record ------------------------------------------------------------------------------ */

void batch_put_head(struct buf *b, const struct batch_head *h)
{
    rec_put_u8(b, BATCH_VERSION);
    rec_put_u64(b, h->wall_us);
    rec_put_u64(b, h->blob_ceiling);
    rec_put_u64(b, h->end);
}

void batch_put_blob(struct buf *b, const struct blob_row *row)
{
    rec_put_u64(b, row->id);
    rec_put_u64(b, row->segment);
    rec_put_u64(b, row->offset);
    rec_put_u64(b, row->stored);
    rec_put_u64(b, row->raw);
    rec_put_u64(b, row->hash);
    rec_put_u32(b, row->refs);
    rec_put_u8(b, (uint8_t)row->codec);
}

static void get_blob(struct rec *r, struct blob_row *out)
{
    out->segment = rec_u64(r);
    out->offset = rec_u64(r);
    out->stored = rec_u64(r);
    out->raw = rec_u64(r);
    out->hash = rec_u64(r);
    out->refs = rec_u32(r);
    out->codec = (enum codec)rec_u8(r);
    rec_need(r, out->codec < CODEC_COUNT);
}

enum st batch_check_version(struct str bytes)
{
    if (bytes.n && (unsigned char)bytes.p[0] > BATCH_VERSION)
        return FAIL(ST_DENIED, "the journal was written by a newer version");
    return ST_OK;
}

void batch_read(struct batch_reader *b, struct str bytes, struct batch_head *out_head)
{
    *b = (struct batch_reader){.r = rec_of(bytes)};
    b->version = rec_u8(&b->r);
    rec_need(&b->r, b->version >= 1 && b->version <= BATCH_VERSION);
    out_head->wall_us = rec_u64(&b->r);
    out_head->blob_ceiling = rec_u64(&b->r);
    out_head->end = rec_u64(&b->r);
    b->left = rec_u32(&b->r);
}

/* At the end of a list its successor's count is read. */
static bool more(struct batch_reader *b, bool last)
{
    if (!b->r.bad && b->left--)
        return true;
    b->left = last ? 0 : rec_u32(&b->r);
    return false;
}

bool batch_next_blob(struct batch_reader *b, struct blob_row *out)
{
    if (!more(b, false))
        return false;
    out->id = rec_u64(&b->r);
    get_blob(&b->r, out);
    return !b->r.bad;
}

bool batch_next_deref(struct batch_reader *b, uint64_t *out_id, int32_t *out_delta)
{
    if (!more(b, false))
        return false;
    *out_id = rec_u64(&b->r);
    *out_delta = (int32_t)rec_u32(&b->r);
    return !b->r.bad;
}

bool batch_next_part(struct batch_reader *b, uint64_t *out_account, uint64_t *out_version)
{
    if (!more(b, b->version < 2))
        return false;
    *out_account = rec_u64(&b->r);
    *out_version = rec_u64(&b->r);
    b->changes_left = rec_u32(&b->r);
    return !b->r.bad;
}

bool batch_next_change(struct batch_reader *b, struct change_view *out)
{
    if (b->r.bad || !b->changes_left)
        return false;
    b->changes_left--;
    out->op = rec_u8(&b->r);
    out->key = rec_str(&b->r, SIZE_MAX);
    out->value = rec_str(&b->r, SIZE_MAX);
    rec_need(&b->r, out->op <= KV_DEL_RANGE && out->key.n >= 8);
    return !b->r.bad;
}

bool batch_next_before(struct batch_reader *b, uint64_t *out_account, uint64_t *out_version)
{
    if (b->version < 2 || !more(b, false))
        return false;
    *out_account = rec_u64(&b->r);
    *out_version = rec_u64(&b->r);
    return !b->r.bad;
}

bool batch_next_move(struct batch_reader *b, struct blob_move *out)
{
    if (b->version < 2 || !more(b, true))
        return false;
    *out = (struct blob_move){rec_u64(&b->r), 0, 0};
    out->segment = rec_u64(&b->r);
    out->offset = rec_u64(&b->r);
    return !b->r.bad;
}

enum st batch_end(const struct batch_reader *b)
{
    return rec_end(&b->r, "journal record");
}

/* --- rows ---------------------------------------------------------------------------------------- */

void account_prefix(uint64_t account, char out[8])
{
    for (int i = 0; i < 8; i++)
        out[i] = (char)(account >> (56 - 8 * i));
}

struct row_key row_key(char row, uint64_t number)
{
    struct row_key k;

    account_prefix(ACCOUNT_STORE, k.p);
    k.p[8] = row;
    account_prefix(number, k.p + 9);
    return k;
}

void blob_row_value(struct buf *b, const struct blob_row *row)
{
    rec_put_u8(b, ROW_FORMAT);
    rec_put_u64(b, row->segment);
    rec_put_u64(b, row->offset);
    rec_put_u64(b, row->stored);
    rec_put_u64(b, row->raw);
    rec_put_u64(b, row->hash);
    rec_put_u32(b, row->refs);
    rec_put_u8(b, (uint8_t)row->codec);
}

enum st blob_row_of(struct str value, uint64_t id, struct blob_row *out)
{
    struct rec r = rec_of(value);
    struct blob_row row = {.id = id};

    rec_need(&r, rec_u8(&r) == ROW_FORMAT);
    get_blob(&r, &row);
    TRY(rec_end(&r, "blob row"));
    *out = row;
    return ST_OK;
}

void position_row_value(struct buf *b, const struct position_row *row)
{
    rec_put_u8(b, ROW_FORMAT);
    rec_put_u64(b, row->seq);
    rec_put_u64(b, row->segment);
    rec_put_u64(b, row->offset);
    rec_put_u64(b, row->end);
    rec_put_u64(b, row->blob_ceiling);
}

enum st position_row_of(struct str value, struct position_row *out)
{
    struct rec r = rec_of(value);
    struct position_row row;

    rec_need(&r, rec_u8(&r) == ROW_FORMAT);
    row.seq = rec_u64(&r);
    row.segment = rec_u64(&r);
    row.offset = rec_u64(&r);
    row.end = rec_u64(&r);
    row.blob_ceiling = rec_u64(&r);
    TRY(rec_end(&r, "position row"));
    *out = row;
    return ST_OK;
}

void segment_row_value(struct buf *b, const struct segment_row *row)
{
    rec_put_u8(b, ROW_FORMAT);
    rec_put_u8(b, row->is_gone ? KIND_GONE : (uint8_t)row->head.kind);
    rec_put_u64(b, row->head.id);
    rec_put_u64(b, row->head.generation);
    rec_put_u64(b, row->head.size);
    rec_put_u64(b, row->head.first_seq);
    rec_put_u64(b, row->last_seq);
    rec_put_u64(b, row->used);
    rec_put_u64(b, row->live_bytes);
    rec_put_u64(b, row->live_blobs);
    rec_put_u64(b, row->journal_bytes);
}

enum st segment_row_of(struct str value, struct segment_row *out)
{
    struct rec r = rec_of(value);
    struct segment_row row = {0};
    uint8_t kind;

    rec_need(&r, rec_u8(&r) == ROW_FORMAT);
    kind = rec_u8(&r);
    rec_need(&r, kind <= KIND_GONE);
    row.is_gone = kind == KIND_GONE;
    row.head.kind = row.is_gone ? SEGMENT_BULK : (enum segment_kind)kind;
    row.head.id = rec_u64(&r);
    row.head.generation = rec_u64(&r);
    row.head.size = rec_u64(&r);
    row.head.first_seq = rec_u64(&r);
    row.last_seq = rec_u64(&r);
    row.used = rec_u64(&r);
    row.live_bytes = rec_u64(&r);
    row.live_blobs = rec_u64(&r);
    row.journal_bytes = rec_u64(&r);
    TRY(rec_end(&r, "segment row"));
    *out = row;
    return ST_OK;
}

void version_row_value(struct buf *b, uint64_t version)
{
    rec_put_u8(b, ROW_FORMAT);
    rec_put_u64(b, version);
}

enum st version_row_found(enum st st, struct str value, uint64_t *out)
{
    if (st == ST_OK)
        return version_row_of(value, out);
    if (st != ST_NOTFOUND)
        return st;
    *out = 0;
    return ST_OK;
}

enum st version_row_of(struct str value, uint64_t *out)
{
    struct rec r = rec_of(value);
    uint64_t version;

    rec_need(&r, rec_u8(&r) == ROW_FORMAT);
    version = rec_u64(&r);
    TRY(rec_end(&r, "version row"));
    *out = version;
    return ST_OK;
}
