#include "store/blob.c"

#include "fixture.h"
#include "test.h"

#include <fcntl.h>

static struct store *open_store(const char *dir)
{
    struct store_options o = test_options(dir);
    struct store *s = NULL;

    CHECK_ST(store_open(&o, &s), ST_OK);
    return s;
}

static const size_t sizes[] = {0, 1, 7, 511, 512, 4096, 65535, 65536, 65537, 200000, 262145, 700000, 5000000, 70000000};

static void check_blob(struct store *s, uint64_t id, struct str want)
{
    struct blob_view v = {0};
    uint64_t size = 1;

    CHECK_ST(blob_size(s, id, &size), ST_OK);
    CHECK_U64(size, want.n);
    CHECK_ST(blob_open(s, id, &v), ST_OK);
    CHECK(str_eq(v.bytes, want));
    blob_close(&v);
    CHECK(!v.hold);
}

TEST(bodies_of_all_sizes_come_back_as_they_were)
{
    const char *dir = new_dir();
    struct store *s = open_store(dir);
    uint64_t ids[ARRAY_LEN(sizes)][2];
    char *bytes[ARRAY_LEN(sizes)][2];

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        for (int plain = 0; plain < 2; plain++) {
            bytes[i][plain] = make_bytes(i + 1, sizes[i], plain);
            CHECK_ST(add_blob(s, str_n(bytes[i][plain], sizes[i]), &ids[i][plain]), ST_OK);
        }
    for (int again = 0; again < 2; again++) {
        for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
            for (int plain = 0; plain < 2; plain++)
                check_blob(s, ids[i][plain], str_n(bytes[i][plain], sizes[i]));
        store_close(s);
        s = open_store(dir);
    }
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        for (int plain = 0; plain < 2; plain++)
            mem_free(bytes[i][plain]);
    store_close(s);
    remove_dir(dir);
}

static uint64_t add_with_head(struct store *s, struct str bytes, uint32_t head)
{
    struct kv_blob blob = {.id = blob_new_id(s), .bytes = bytes, .refs = 1, .head = head};
    struct kv_commit c = {.blobs = &blob, .n_blobs = 1};

    CHECK_ST(kv_commit(s, &c), ST_OK);
    return blob.id;
}

TEST(a_head_is_read_alone)
{
    static const uint32_t heads[] = {0, 400, 70000};
    const char *dir = new_dir();
    struct store *s = open_store(dir);

    for (size_t i = 0; i < ARRAY_LEN(sizes) - 2; i++) {
        for (int plain = 0; plain < 2; plain++) {
            char *bytes = make_bytes(i + 1, sizes[i], plain);

            for (size_t h = 0; h < ARRAY_LEN(heads); h++) {
                uint64_t id = add_with_head(s, str_n(bytes, sizes[i]), MIN(heads[h], (uint32_t)sizes[i]));
                struct blob_view v = {0};

                CHECK_ST(blob_open_head(s, id, heads[h], &v), ST_OK);
                CHECK(str_eq(v.bytes, str_n(bytes, MIN(heads[h], sizes[i]))));
                blob_close(&v);
                check_blob(s, id, str_n(bytes, sizes[i]));
                CHECK_ST(blob_open_head(s, id, 400, &v), ST_OK);
                CHECK(str_eq(v.bytes, str_n(bytes, MIN(400, sizes[i]))));
                blob_close(&v);
            }
            mem_free(bytes);
        }
    }
    store_close(s);
    remove_dir(dir);
}

/* Behind the head, too: what is not decompressed is verified all the same. */
TEST(a_flipped_bit_behind_a_head_is_found)
{
    const char *dir = new_dir();
    struct store *s = open_store(dir);
    char *bytes = make_bytes(3, 60000, true), byte;
    uint64_t id = add_with_head(s, str_n(bytes, 60000), 500);
    struct blob_view v = {0};
    struct blob_row row;
    struct segment *seg;

    CHECK_ST(find_row(s, id, &row), ST_OK);
    CHECK(row.codec == CODEC_ZSTD);
    CHECK_ST(segs_pin(&s->segs, row.segment, &seg), ST_OK);
    CHECK(pread(seg->fd, &byte, 1, (off_t)(row.offset + row.stored)) == 1);
    byte ^= 4;
    CHECK(pwrite(seg->fd, &byte, 1, (off_t)(row.offset + row.stored)) == 1);
    segs_unpin(&s->segs, seg);
    CHECK_ST(blob_open_head(s, id, 500, &v), ST_CORRUPT);
    mem_free(bytes);
    store_close(s);
    remove_dir(dir);
}

TEST(references_are_counted)
{
    const char *dir = new_dir();
    struct store *s = open_store(dir);
    struct blob_view v;
    uint64_t id;

    CHECK_ST(add_blob(s, STR("hello"), &id), ST_OK);
    CHECK_ST(change_refs(s, id, 2), ST_OK);
    CHECK_ST(change_refs(s, id, -2), ST_OK);
    check_blob(s, id, STR("hello"));
    CHECK_ST(change_refs(s, id, -1), ST_OK);
    CHECK_ST(blob_open(s, id, &v), ST_NOTFOUND);
    CHECK_ST(change_refs(s, id, 1), ST_NOTFOUND);
    CHECK_ST(change_refs(s, id, -1), ST_OK);
    store_close(s);
    remove_dir(dir);
}

TEST(a_body_can_come_from_a_descriptor_and_be_given_up)
{
    const char *dir = new_dir();
    struct store *s = open_store(dir);
    char *bytes = make_bytes(9, 400000, true), path[300];
    struct blob_stage *stage = NULL, *other = NULL;
    struct kv_blob blob = {.id = blob_new_id(s), .refs = 1};
    struct kv_commit c = {.blobs = &blob, .n_blobs = 1};
    int fd;

    snprintf(path, sizeof path, "%s/spool", dir);
    fd = open(path, O_RDWR | O_CREAT, 0600);
    CHECK(write(fd, bytes, 400000) == 400000);
    CHECK_ST(blob_stage_fd(s, fd, 400000, &stage), ST_OK);
    CHECK_ST(blob_stage_fd(s, fd, 400000, &other), ST_OK);
    CHECK_ST(blob_stage_fd(s, fd, 400001, &(struct blob_stage *){0}), ST_CORRUPT);
    blob_unstage(s, other);
    blob_unstage(s, NULL);
    blob.stage = stage;
    CHECK_ST(kv_commit(s, &c), ST_OK);
    check_blob(s, blob.id, str_n(bytes, 400000));
    close(fd);
    mem_free(bytes);
    store_close(s);
    remove_dir(dir);
}

TEST(a_flipped_bit_is_found_and_named)
{
    const char *dir = new_dir();
    struct store *s = open_store(dir);
    char *bytes = make_bytes(3, 3000, false), byte;
    struct blob_view v = {0};
    struct blob_row row;
    struct segment *seg;
    uint64_t id;

    CHECK_ST(add_blob(s, str_n(bytes, 3000), &id), ST_OK);
    CHECK_ST(find_row(s, id, &row), ST_OK);
    CHECK_ST(segs_pin(&s->segs, row.segment, &seg), ST_OK);
    CHECK(pread(seg->fd, &byte, 1, (off_t)row.offset + 1000) == 1);
    byte ^= 4;
    CHECK(pwrite(seg->fd, &byte, 1, (off_t)row.offset + 1000) == 1);
    segs_unpin(&s->segs, seg);
    CHECK_ST(blob_open(s, id, &v), ST_CORRUPT);
    CHECK(strstr(err_get()->text, "segment") && strstr(err_get()->text, "offset"));
    mem_free(bytes);
    store_close(s);
    remove_dir(dir);
}

#define AHEAD_N 8

static struct {
    struct store *s;
    uint64_t ids[AHEAD_N];
    char *bytes[AHEAD_N];
} ahead;

static void is_body(size_t i)
{
    struct blob_view v = {0};

    CHECK_ST(blob_open(ahead.s, ahead.ids[i], &v), ST_OK);
    CHECK(str_eq(v.bytes, str_n(ahead.bytes[i], 100000)));
    blob_close(&v);
}

static void read_what_is_coming(UNUSED void *arg)
{
    struct store_core *sc = store_core_of(ahead.s, core_here());
    struct blob_view v = {0};

    for (size_t i = 0; i < AHEAD_MOST; i++)
        CHECK(blob_read_ahead(ahead.s, ahead.ids[i]));
    CHECK(blob_read_ahead(ahead.s, ahead.ids[0])); /* on its way already */
    CHECK(!blob_read_ahead(ahead.s, ahead.ids[AHEAD_MOST]));
    is_body(AHEAD_MOST - 1); /* waits */
    for (size_t i = 0; i < AHEAD_MOST; i++)
        is_body(i);
    CHECK_U64(sc->n_ahead, 0);
    CHECK_U64(sc->cached_bytes, AHEAD_MOST * 100000);
    CHECK(blob_read_ahead(ahead.s, ahead.ids[0])); /* in the cache */
    CHECK_U64(sc->n_ahead, 0);
    for (size_t i = AHEAD_MOST; i < AHEAD_N; i++) {
        CHECK(blob_read_ahead(ahead.s, ahead.ids[i]));
        is_body(i);
    }
    CHECK(blob_read_ahead(ahead.s, 1u << 30)); /* there is none: who opens it is told */
    CHECK_ST(blob_open(ahead.s, 1u << 30, &v), ST_NOTFOUND);
    CHECK(blob_read_ahead(ahead.s, ahead.ids[0]));
    CHECK(list_is_empty(&sc->ahead));
    core_stop(core_here());
}

static void spawn_reader(void *arg)
{
    must(co_spawn(read_what_is_coming, arg, "reader") == ST_OK);
}

TEST(bodies_are_read_ahead)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    struct core *c = core_new(&(struct core_options){.name = "test", .coroutines = 16});

    o.disk = offload_new("disk", 2, 64);
    CHECK_ST(store_open(&o, &ahead.s), ST_OK);
    for (size_t i = 0; i < AHEAD_N; i++) {
        ahead.bytes[i] = make_bytes(i + 1, 100000, i % 2);
        CHECK_ST(add_blob(ahead.s, str_n(ahead.bytes[i], 100000), &ahead.ids[i]), ST_OK);
    }
    core_post(c, spawn_reader, NULL);
    core_run(c);
    store_close(ahead.s);
    core_free(c);
    offload_free(o.disk);
    for (size_t i = 0; i < AHEAD_N; i++)
        mem_free(ahead.bytes[i]);
    remove_dir(dir);
}
