#include "store/stage.c"

#include "co/fault.h"
#include "fixture.h"
#include "test.h"

static struct store *open_store(const char *dir)
{
    struct store_options o = test_options(dir);
    struct store *s = NULL;

    CHECK_ST(store_open(&o, &s), ST_OK);
    return s;
}

static void check_stage(struct store *s, char *bytes, size_t n, enum codec codec)
{
    struct blob_stage *st;
    struct kv_blob blob = {.id = blob_new_id(s), .refs = 1};
    struct kv_commit c = {.blobs = &blob, .n_blobs = 1};
    struct blob_view v;

    CHECK_ST(blob_stage_str(s, str_n(bytes, n), &st), ST_OK);
    CHECK(st->row.codec == codec && st->row.raw == n && st->row.stored <= n);
    blob.stage = st;
    CHECK_ST(kv_commit(s, &c), ST_OK);
    CHECK_ST(blob_open(s, blob.id, &v), ST_OK);
    CHECK(str_eq(v.bytes, str_n(bytes, n)));
    blob_close(&v);
}

TEST(staged_bodies_are_compressed_when_it_pays)
{
    const char *dir = new_dir();
    struct store *s = open_store(dir);
    char *plain = make_bytes(1, 900000, true), *noise = make_bytes(2, 900000, false);

    check_stage(s, plain, 900000, CODEC_ZSTD);
    check_stage(s, noise, 900000, CODEC_RAW);
    check_stage(s, plain, 0, CODEC_RAW);
    check_stage(s, plain, 100, CODEC_RAW);
    /* Begins as if it paid, and does not: the whole is kept as it is. */
    memcpy(plain + SAMPLE, noise, 900000 - SAMPLE);
    check_stage(s, plain, 900000, CODEC_ZSTD);
    memcpy(noise, plain, 1000);
    memset(noise, 'a', SAMPLE / 2);
    check_stage(s, noise, 900000, CODEC_ZSTD);
    mem_free(plain);
    mem_free(noise);
    store_close(s);
    remove_dir(dir);
}

TEST(what_fails_or_is_given_up_leaves_its_space)
{
    const char *dir = new_dir();
    struct store *s = open_store(dir);
    char *noise = make_bytes(2, 300000, false);
    struct blob_stage *st = NULL;
    uint64_t at;

    CHECK_ST(blob_stage_str(s, str_n(noise, 300000), &st), ST_OK);
    at = st->row.offset;
    blob_unstage(s, st);
    fault_arm(FAULT_os_write, 1, 1);
    CHECK_ST(blob_stage_str(s, str_n(noise, 300000), &st), ST_NOSPACE);
    fault_arm(FAULT_os_write, 0, 0);
    CHECK_ST(blob_stage_str(s, str_n(noise, 300000), &st), ST_OK);
    CHECK_U64(st->row.offset, at);
    blob_unstage(s, st);
    CHECK_ST(blob_stage_str(s, str_n(noise, (size_t)BLOB_MAX + 1), &st), ST_LIMIT);
    mem_free(noise);
    store_close(s);
    remove_dir(dir);
}
