#include "store/stage.c"

#include "co/fault.h"
#include "fixture.h"
#include "test.h"

#include <pthread.h>
#include <sys/wait.h>

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

    check_stage(s, plain, 900000, CODEC_PACKED);
    check_stage(s, noise, 900000, CODEC_RAW);
    check_stage(s, plain, 0, CODEC_RAW);
    check_stage(s, plain, 100, CODEC_RAW);
    /* Begins as if it paid, and does not: the whole is kept as it is. */
    memcpy(plain + SAMPLE, noise, 900000 - SAMPLE);
    check_stage(s, plain, 900000, CODEC_PACKED);
    memcpy(noise, plain, 1000);
    memset(noise, 'a', SAMPLE / 2);
    check_stage(s, noise, 900000, CODEC_PACKED);
    write_base64(noise, 900000);
    check_stage(s, noise, 900000, CODEC_PACKED);
    mem_free(plain);
    mem_free(noise);
    store_close(s);
    remove_dir(dir);
}

/* What is held until it is compressed, and what is written as it comes; with one that begins as if compressing paid. */
TEST(bodies_of_all_sizes_are_staged_whole)
{
    static const size_t sizes[] = {SAMPLE, HELD - RECORD_HEAD_BYTES, HELD, HELD + 1, 3 * HELD + 12345};
    const char *dir = new_dir();
    struct store *s = open_store(dir);

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        char *plain = make_bytes(i, sizes[i], true), *noise = make_bytes(i, sizes[i], false);

        check_stage(s, plain, sizes[i], CODEC_PACKED);
        check_stage(s, noise, sizes[i], CODEC_RAW);
        write_base64(noise, sizes[i]);
        check_stage(s, noise, sizes[i], CODEC_PACKED);
        mem_free(plain);
        mem_free(noise);
    }
    store_close(s);
    remove_dir(dir);
}

struct two {
    struct store *s;
    struct str bytes;
    struct blob_stage *st;
};

static void *stage_one(void *arg)
{
    struct two *t = arg;

    CHECK_ST(blob_stage_str(t->s, t->bytes, &t->st), ST_OK);
    return NULL;
}

/* However they meet: no space is lost between bodies that are staged at the same time. */
TEST(bodies_that_are_staged_at_once_lie_close)
{
    enum { N = 8, SIZE = 300000 };
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    char *plain = make_bytes(1, SIZE, true);
    struct two all[N];
    pthread_t threads[N];
    uint64_t sum = SEGMENT_HEAD_BYTES;
    struct store *s;

    o.segment_bytes = 8u << 20;
    CHECK_ST(store_open(&o, &s), ST_OK);
    for (unsigned i = 0; i < N; i++) {
        all[i] = (struct two){s, str_n(plain, SIZE), NULL};
        must(pthread_create(&threads[i], NULL, stage_one, &all[i]) == 0);
    }
    for (unsigned i = 0; i < N; i++) {
        pthread_join(threads[i], NULL);
        sum += record_bytes(all[i].st->row.stored);
    }
    CHECK_U64(s->segs.bulk->alloc_at, sum);
    for (unsigned i = 0; i < N; i++)
        blob_unstage(s, all[i].st);
    mem_free(plain);
    store_close(s);
    remove_dir(dir);
}

/* Commits a staged body and goes without closing: the index knows nothing of it, only the journal does. */
static uint64_t commit_and_crash(const char *dir, char *bytes, size_t n)
{
    uint64_t id;
    int fds[2];
    pid_t pid;

    must(pipe(fds) == 0);
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        struct store *s = open_store(dir);
        struct kv_blob blob = {.id = blob_new_id(s), .refs = 1};
        struct kv_commit c = {.blobs = &blob, .n_blobs = 1};

        must(blob_stage_str(s, str_n(bytes, n), &blob.stage) == ST_OK && kv_commit(s, &c) == ST_OK);
        must(write(fds[1], &blob.id, sizeof blob.id) == sizeof blob.id);
        _exit(0);
    }
    must(waitpid(pid, NULL, 0) == pid);
    must(read(fds[0], &id, sizeof id) == sizeof id);
    close(fds[0]);
    close(fds[1]);
    return id;
}

TEST(what_was_staged_before_a_crash_is_not_written_over)
{
    const char *dir = new_dir();
    char *bytes[4];
    uint64_t ids[4];
    struct store *s;

    for (unsigned i = 0; i < 4; i++) {
        bytes[i] = make_bytes(i + 1, 200000, false);
        ids[i] = commit_and_crash(dir, bytes[i], 200000);
    }
    s = open_store(dir);
    for (unsigned i = 0; i < 4; i++) {
        struct blob_view v;

        CHECK_ST(blob_open(s, ids[i], &v), ST_OK);
        CHECK(str_eq(v.bytes, str_n(bytes[i], 200000)));
        blob_close(&v);
        mem_free(bytes[i]);
    }
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

/* The committer must not go on either: a body of somebody else may have been among what was lost. */
TEST(a_failed_sync_of_a_body_ends_all_writing)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    char *noise = make_bytes(2, 300000, false);
    struct blob_stage *st = NULL;
    struct store *s;

    log_set_level(LOG_ERROR + 1);
    o.reserve_bytes = UINT64_MAX / 2; /* keeps the filler from meeting the fault */
    CHECK_ST(store_open(&o, &s), ST_OK);
    s->opt.reserve_bytes = 1;
    CHECK_ST(put_one(s, 1, 0, STR("a"), STR("1")), ST_OK);
    CHECK_ST(blob_stage_str(s, str_n(noise, 300000), &st), ST_OK); /* makes the segment */
    blob_unstage(s, st);
    fault_arm(FAULT_os_sync, 1, 1);
    CHECK_ST(blob_stage_str(s, str_n(noise, 300000), &st), ST_IO);
    fault_arm(FAULT_os_sync, 0, 0);
    CHECK_ST(put_one(s, 1, 1, STR("b"), STR("2")), ST_IO);
    CHECK_ST(blob_stage_str(s, str_n(noise, 300000), &st), ST_IO);
    store_close(s);
    CHECK_ST(store_open(&o, &s), ST_OK);
    s->opt.reserve_bytes = 1;
    CHECK_ST(put_one(s, 1, 1, STR("b"), STR("2")), ST_OK);
    store_close(s);
    log_set_level(LOG_INFO);
    mem_free(noise);
    remove_dir(dir);
}
