#include "store/format.c"

#include "test.h"

TEST(a_segment_head_comes_back_and_any_flipped_bit_is_seen)
{
    const struct segment_head want = {SEGMENT_JOURNAL, 7, 0x1122334455667788u, 64u << 20, 99};
    struct segment_head got;
    unsigned char raw[SEGMENT_HEAD_USED];

    segment_head_encode(&want, raw);
    CHECK_ST(segment_head_decode(raw, &got), ST_OK);
    CHECK(got.kind == want.kind && got.id == 7 && got.generation == want.generation && got.size == want.size &&
          got.first_seq == 99);
    for (size_t i = 0; i < 8 * sizeof raw; i++) {
        raw[i / 8] ^= (unsigned char)(1 << i % 8);
        CHECK_ST(segment_head_decode(raw, &got), ST_CORRUPT);
        raw[i / 8] ^= (unsigned char)(1 << i % 8);
    }
    put_u32(raw + 8, SEGMENT_VERSION + 1);
    put_u64(raw + 48, XXH3_64bits(raw, 48));
    CHECK_ST(segment_head_decode(raw, &got), ST_DENIED);
}

TEST(a_record_head_is_good_only_where_it_was_written)
{
    const struct record_head want = {RECORD_BLOB, CODEC_ZSTD_DICTIONARY, 5, 100, 300, 77, 0x1234};
    struct place at = {1, 2, 4096}, other[] = {{2, 2, 4096}, {1, 3, 4096}, {1, 2, 4104}};
    unsigned char raw[RECORD_HEAD_BYTES];
    struct record_head got;

    record_head_encode(&want, &at, raw);
    CHECK_ST(record_head_decode(raw, &at, &got), ST_OK);
    CHECK(got.type == RECORD_BLOB && got.codec == CODEC_ZSTD_DICTIONARY && got.dictionary == 0x1234 && got.id == 5 &&
          got.stored == 100 && got.raw == 300 && got.hash == 77);
    for (size_t i = 0; i < ARRAY_LEN(other); i++)
        CHECK_ST(record_head_decode(raw, &other[i], &got), ST_CORRUPT);
    for (size_t i = 0; i < 8 * sizeof raw; i++) {
        raw[i / 8] ^= (unsigned char)(1 << i % 8);
        CHECK_ST(record_head_decode(raw, &at, &got), ST_CORRUPT);
        raw[i / 8] ^= (unsigned char)(1 << i % 8);
    }
    memset(raw, 0, sizeof raw);
    CHECK_ST(record_head_decode(raw, &at, &got), ST_CORRUPT);
}

static void write_batch(struct buf *b, uint8_t format)
{
    const struct blob_row row = {1, 2, 3, 4, 5, 6, 7, CODEC_ZSTD};

    buf_init(b, 4096);
    batch_put_head(b, &(struct batch_head){11, 12, 13});
    CHECK_U64(b->n, BATCH_HEAD_BYTES);
    b->p[0] = (char)format;
    rec_put_u32(b, 1);
    batch_put_blob(b, &row);
    CHECK_U64(b->n, BATCH_HEAD_BYTES + 4 + BLOB_ROW_BYTES);
    rec_put_u32(b, 1);
    rec_put_u64(b, 21);
    rec_put_u32(b, (uint32_t)-3);
    rec_put_u32(b, 2);
    for (uint64_t account = 1; account <= 2; account++) {
        rec_put_u64(b, account);
        rec_put_u64(b, 40 + account);
        rec_put_u32(b, 1);
        rec_put_u8(b, KV_PUT);
        rec_put_str(b, STR("accountkey"));
        rec_put_str(b, STR("value"));
    }
    if (b->p[0] == 1)
        return;
    rec_put_u32(b, 1);
    rec_put_u64(b, 31);
    rec_put_u64(b, 32);
    rec_put_u32(b, 1);
    rec_put_u64(b, 33);
    rec_put_u64(b, 34);
    rec_put_u64(b, 35);
}

static enum st read_all(struct str bytes, unsigned *out_things)
{
    struct batch_reader r;
    struct batch_head head;
    struct blob_row row;
    struct change_view c;
    struct blob_move m;
    uint64_t id, version;
    int32_t delta;

    *out_things = 0;
    batch_read(&r, bytes, &head);
    while (batch_next_blob(&r, &row))
        *out_things += row.id == 1 && row.refs == 7 && row.hash == 6 && row.codec == CODEC_ZSTD;
    while (batch_next_deref(&r, &id, &delta))
        *out_things += id == 21 && delta == -3;
    while (batch_next_part(&r, &id, &version))
        while (batch_next_change(&r, &c))
            *out_things += version == 40 + id && str_eq(c.key, STR("accountkey")) && str_eq(c.value, STR("value"));
    while (batch_next_before(&r, &id, &version))
        *out_things += id == 31 && version == 32;
    while (batch_next_move(&r, &m))
        *out_things += m.id == 33 && m.segment == 34 && m.offset == 35;
    return batch_end(&r);
}

TEST(a_batch_is_read_back_and_refused_when_cut)
{
    struct buf b;
    unsigned things;

    for (uint8_t format = 1; format <= BATCH_VERSION; format++) {
        write_batch(&b, format);
        CHECK_ST(read_all(buf_str(&b), &things), ST_OK);
        CHECK_U64(things, format == 1 ? 4 : 6);
        for (size_t n = 0; n < b.n; n++)
            CHECK_ST(read_all(str_n(b.p, n), &things), ST_CORRUPT);
        buf_addc(&b, 0);
        CHECK_ST(read_all(buf_str(&b), &things), ST_CORRUPT);
        b.p[0] = BATCH_VERSION + 1;
        CHECK_ST(batch_check_version(buf_str(&b)), ST_DENIED);
        CHECK_ST(read_all(buf_str(&b), &things), ST_CORRUPT);
        buf_fini(&b);
    }
}

TEST(rows_come_back_and_are_refused_when_cut)
{
    const struct blob_row blob = {9, 2, 3, 4, 5, 6, 7, CODEC_RAW};
    const struct position_row pos = {1, 2, 3, 4, 5};
    struct segment_row seg = {{SEGMENT_BULK, 1, 2, 3, 4}, false, 5, 6, 7, 8, 9};
    struct blob_row blob2;
    struct position_row pos2;
    struct segment_row seg2;
    uint64_t version;
    struct buf b;

    buf_init(&b, 256);
    blob_row_value(&b, &blob);
    CHECK_ST(blob_row_of(buf_str(&b), 9, &blob2), ST_OK);
    CHECK(blob2.id == 9 && blob2.segment == 2 && blob2.refs == 7);
    CHECK_ST(blob_row_of(str_n(b.p, b.n - 1), 9, &blob2), ST_CORRUPT);
    buf_clear(&b);
    position_row_value(&b, &pos);
    CHECK_ST(position_row_of(buf_str(&b), &pos2), ST_OK);
    CHECK(memcmp(&pos, &pos2, sizeof pos) == 0);
    CHECK_ST(position_row_of(str_n(b.p, b.n - 1), &pos2), ST_CORRUPT);
    buf_clear(&b);
    segment_row_value(&b, &seg);
    CHECK_ST(segment_row_of(buf_str(&b), &seg2), ST_OK);
    CHECK(seg2.head.kind == SEGMENT_BULK && seg2.head.first_seq == 4 && seg2.journal_bytes == 9 && seg2.used == 6 &&
          !seg2.is_gone);
    CHECK_ST(segment_row_of(str_n(b.p, b.n - 1), &seg2), ST_CORRUPT);
    buf_clear(&b);
    seg.is_gone = true;
    segment_row_value(&b, &seg);
    CHECK_ST(segment_row_of(buf_str(&b), &seg2), ST_OK);
    CHECK(seg2.is_gone && seg2.head.id == 1);
    buf_clear(&b);
    version_row_value(&b, 77);
    CHECK_ST(version_row_of(buf_str(&b), &version), ST_OK);
    CHECK_U64(version, 77);
    CHECK_ST(version_row_of(STR(""), &version), ST_CORRUPT);
    buf_fini(&b);
}

TEST(keys_sort_by_account_then_row_then_number)
{
    struct row_key a = row_key(ROW_BLOB, 255), b = row_key(ROW_BLOB, 256), c = row_key(ROW_SEGMENT, 0);
    char low[8], high[8];

    CHECK(memcmp(a.p, b.p, sizeof a.p) < 0 && memcmp(b.p, c.p, sizeof a.p) < 0);
    account_prefix(255, low);
    account_prefix(256, high);
    CHECK(memcmp(low, high, 8) < 0 && memcmp(high, a.p, 8) < 0);
}
