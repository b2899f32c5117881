#include "store/recover.c"

#include "co/fault.h"
#include "fixture.h"
#include "test.h"

#include <fcntl.h>
#include <sys/wait.h>

/* A store as a crash leaves it: a child commits, tells where each batch ended, and goes without closing, so that the
 * index holds nothing and all must come from the journal. */
enum { BATCHES = 8, BODY = 3000 };

struct trace {
    uint64_t segment, ends[BATCHES + 1], blobs[BATCHES]; /* ends[0]: where the first of them begins */
};

static void commit_batch(struct store *s, unsigned i, uint64_t *out_blob)
{
    char *bytes = make_bytes(i, BODY, false), key[16];
    struct kv_change change = {.key = {key, 2}, .value = STR("value"), .op = KV_PUT};
    struct kv_part part = {.account = 3, .expected_version = i, .changes = &change, .n = 1}, *parts[] = {&part};
    struct kv_blob blob = {.id = blob_new_id(s), .bytes = {bytes, BODY}, .refs = 1};
    struct kv_commit c = {parts, 1, &blob, 1};

    snprintf(key, sizeof key, "k%u", i);
    must(kv_commit(s, &c) == ST_OK);
    *out_blob = blob.id;
    mem_free(bytes);
}

static void child(const char *dir, int fd)
{
    struct store_options o = test_options(dir);
    struct trace t = {0};
    struct store *s;

    must(store_open(&o, &s) == ST_OK);
    t.segment = s->journal->row.head.id;
    t.ends[0] = s->journal_at;
    for (unsigned i = 0; i < BATCHES; i++) {
        commit_batch(s, i, &t.blobs[i]);
        t.ends[i + 1] = s->journal_at;
    }
    must(write(fd, &t, sizeof t) == sizeof t);
    _exit(0);
}

static struct trace crash(const char *dir)
{
    struct trace t;
    int fds[2], status;
    pid_t pid;

    must(pipe(fds) == 0);
    fflush(stdout);
    pid = fork();
    if (pid == 0)
        child(dir, fds[1]);
    must(waitpid(pid, &status, 0) == pid && status == 0);
    must(read(fds[0], &t, sizeof t) == sizeof t);
    close(fds[0]);
    close(fds[1]);
    return t;
}

static void copy_dir(const char *from, const char *to)
{
    char command[700];

    snprintf(command, sizeof command, "rm -rf '%s' && cp -a '%s' '%s'", to, from, to);
    must(system(command) == 0);
}

static int open_segment(const char *dir, uint64_t id)
{
    char path[400];
    int fd;

    snprintf(path, sizeof path, "%s/seg/%08llu.seg", dir, (unsigned long long)id);
    fd = open(path, O_RDWR);
    must(fd >= 0);
    return fd;
}

/* The first n batches are there, byte for byte, and no more. */
static void check_first(const char *dir, const struct trace *t, unsigned n)
{
    struct store_options o = test_options(dir);
    struct arena a = ARENA_INIT;
    struct store *s;
    uint64_t version;

    CHECK_ST(store_open(&o, &s), ST_OK);
    CHECK_ST(kv_version(s, 3, &version), ST_OK);
    CHECK_U64(version, n);
    for (unsigned i = 0; i < BATCHES; i++) {
        char key[16], *want = make_bytes(i, BODY, false);
        struct blob_view v = {0};
        struct str value;

        snprintf(key, sizeof key, "k%u", i);
        CHECK_ST(kv_get(s, &a, 3, str_z(key), &value), i < n ? ST_OK : ST_NOTFOUND);
        CHECK_ST(blob_open(s, t->blobs[i], &v), i < n ? ST_OK : ST_NOTFOUND);
        CHECK(i >= n || str_eq(v.bytes, str_n(want, BODY)));
        blob_close(&v);
        mem_free(want);
    }
    CHECK_ST(put_one(s, 3, n, STR("further"), STR("on")), ST_OK);
    CHECK(blob_new_id(s) > t->blobs[BATCHES - 1]);
    store_close(s);
    arena_fini(&a);
}

static void work_dir(char *to, const char *from)
{
    snprintf(to, 300, "%s.copy", from);
    copy_dir(from, to);
}

TEST(all_comes_back_from_the_journal)
{
    const char *dir = new_dir();
    struct trace t = crash(dir);

    check_first(dir, &t, BATCHES);
    remove_dir(dir);
}

TEST(an_index_that_is_lost_is_made_again)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    char path[300];
    struct trace t = crash(dir);
    struct store *s;

    CHECK_ST(store_open(&o, &s), ST_OK);
    store_close(s); /* now the index is written */
    snprintf(path, sizeof path, "%s/index", dir);
    remove_dir(path);
    check_first(dir, &t, BATCHES);
    remove_dir(dir);
}

TEST(a_journal_cut_anywhere_ends_before_the_batch_that_is_cut)
{
    const char *dir = new_dir();
    struct trace t = crash(dir);
    char copy[300], *zeros = mem_new(TEST_SEGMENT);

    for (unsigned i = 0; i < BATCHES; i++) {
        uint64_t size = t.ends[i + 1] - t.ends[i];
        const uint64_t cuts[] = {0, 1, 8, 47, 48, 49, 100, size / 2, size - 100, size - 9};

        for (size_t j = 0; j < ARRAY_LEN(cuts); j += 1 + i % 3) { /* not all of all: it takes long */
            int fd;

            work_dir(copy, dir);
            fd = open_segment(copy, t.segment);
            must(pwrite(fd, zeros, TEST_SEGMENT - t.ends[i] - cuts[j], (off_t)(t.ends[i] + cuts[j])) > 0);
            close(fd);
            check_first(copy, &t, i);
        }
    }
    mem_free(zeros);
    remove_dir(copy);
    remove_dir(dir);
}

static void flip(const char *dir, const struct trace *t, uint64_t at)
{
    int fd = open_segment(dir, t->segment);
    unsigned char byte;

    must(pread(fd, &byte, 1, (off_t)at) == 1);
    byte ^= 0x10;
    must(pwrite(fd, &byte, 1, (off_t)at) == 1);
    close(fd);
}

TEST(a_torn_last_batch_does_not_count)
{
    const char *dir = new_dir();
    struct trace t = crash(dir);
    const uint64_t begin = t.ends[BATCHES - 1], end = t.ends[BATCHES];
    const uint64_t places[] = {begin,      begin + 5, begin + 45, begin + 60, end - BODY - RECORD_HEAD_BYTES,
                               end - BODY, end - 9};
    char copy[300];

    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        work_dir(copy, dir);
        flip(copy, &t, places[i]);
        check_first(copy, &t, BATCHES - 1);
    }
    remove_dir(copy);
    remove_dir(dir);
}

TEST(damage_in_the_middle_is_no_torn_tail)
{
    const char *dir = new_dir();
    struct trace t = crash(dir);
    struct store_options o;
    struct store *s = NULL;
    struct blob_view v;
    char copy[300];

    work_dir(copy, dir);
    flip(copy, &t, t.ends[3] + 60); /* the record of a batch that others stand behind */
    o = test_options(copy);
    CHECK_ST(store_open(&o, &s), ST_CORRUPT);
    CHECK(!s && strstr(err_get()->text, "damaged"));
    work_dir(copy, dir);
    flip(copy, &t, t.ends[4] - 20); /* a body: the batch counts, the body is known to be damaged */
    CHECK_ST(store_open(&o, &s), ST_OK);
    CHECK_ST(blob_open(s, t.blobs[3], &v), ST_CORRUPT);
    CHECK_ST(blob_open(s, t.blobs[4], &v), ST_OK);
    blob_close(&v);
    store_close(s);
    remove_dir(copy);
    remove_dir(dir);
}

TEST(the_journal_goes_over_many_segments)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    uint64_t ids[30], version, last;
    char *bytes = make_bytes(5, 60000, false);
    struct store_stats stats;
    int status;
    pid_t pid;
    struct store *s;

    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        must(store_open(&o, &s) == ST_OK);
        for (unsigned i = 0; i < 30; i++) {
            must(add_blob(s, str_n(bytes, 60000), &ids[i]) == ST_OK);
            must(put_one(s, 1, i, STR("last"), str_n((char *)&ids[i], 8)) == ST_OK);
        }
        _exit(0);
    }
    must(waitpid(pid, &status, 0) == pid && status == 0);
    for (int again = 0; again < 2; again++) {
        struct arena a = ARENA_INIT;
        struct blob_view v;
        struct str value;

        CHECK_ST(store_open(&o, &s), ST_OK);
        store_get_stats(s, &stats);
        CHECK(stats.segments >= 2);
        CHECK(stats.live_bytes == 30 * record_bytes(60000));
        CHECK_ST(kv_version(s, 1, &version), ST_OK);
        CHECK_U64(version, 30);
        CHECK_ST(kv_get(s, &a, 1, STR("last"), &value), ST_OK);
        memcpy(&last, value.p, 8);
        CHECK_ST(blob_open(s, last, &v), ST_OK);
        CHECK(str_eq(v.bytes, str_n(bytes, 60000)));
        blob_close(&v);
        store_close(s);
        arena_fini(&a);
    }
    mem_free(bytes);
    remove_dir(dir);
}

/* A commit whose sync failed is answered with ST_IO, nothing is taken after it, and reopening makes things well. */
TEST(a_failed_sync_ends_all_writing)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    struct store_stats stats;
    struct arena a = ARENA_INIT;
    struct str v;
    struct store *s;

    log_set_level(LOG_ERROR + 1);
    o.reserve_bytes = UINT64_MAX / 2; /* keeps the filler from meeting the fault */
    CHECK_ST(store_open(&o, &s), ST_OK);
    s->opt.reserve_bytes = 1;
    CHECK_ST(put_one(s, 1, 0, STR("a"), STR("1")), ST_OK);
    fault_arm(FAULT_os_sync, 1, 1);
    CHECK_ST(put_one(s, 1, 1, STR("b"), STR("2")), ST_IO);
    fault_arm(FAULT_os_sync, 0, 0);
    CHECK_ST(put_one(s, 2, 0, STR("c"), STR("3")), ST_IO);
    store_get_stats(s, &stats);
    CHECK(stats.broken);
    CHECK_ST(kv_get(s, &a, 1, STR("a"), &v), ST_OK);
    CHECK_ST(kv_get(s, &a, 1, STR("b"), &v), ST_NOTFOUND);
    store_close(s);
    CHECK_ST(store_open(&o, &s), ST_OK);
    s->opt.reserve_bytes = 1;
    CHECK_ST(put_one(s, 2, 0, STR("c"), STR("3")), ST_OK);
    store_close(s);
    log_set_level(LOG_INFO);
    arena_fini(&a);
    remove_dir(dir);
}

TEST(a_full_disk_refuses_and_recovers)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    struct arena a = ARENA_INIT;
    uint64_t id, first;
    struct str v;
    struct store *s;

    log_set_level(LOG_ERROR + 1);
    CHECK_ST(store_open(&o, &s), ST_OK);
    CHECK_ST(add_blob(s, STR("before"), &first), ST_OK);
    s->opt.reserve_bytes = UINT64_MAX / 2;
    CHECK_ST(add_blob(s, STR("x"), &id), ST_NOSPACE);
    CHECK_ST(put_one(s, 1, 0, STR("a"), STR("1")), ST_NOSPACE);
    CHECK_U64(kv_chain(s, 1), 1);
    s->opt.reserve_bytes = 1;
    CHECK_ST(add_blob(s, STR("x"), &id), ST_OK);
    fault_arm(FAULT_os_write, 1, 1); /* the journal itself */
    CHECK_ST(put_one(s, 2, 0, STR("a"), STR("1")), ST_NOSPACE);
    fault_arm(FAULT_os_write, 0, 0);
    CHECK_ST(kv_get(s, &a, 2, STR("a"), &v), ST_NOTFOUND);
    CHECK_ST(put_one(s, 3, 0, STR("a"), STR("1")), ST_OK);
    store_close(s);
    CHECK_ST(store_open(&o, &s), ST_OK);
    CHECK_ST(kv_get(s, &a, 2, STR("a"), &v), ST_NOTFOUND);
    CHECK_ST(kv_get(s, &a, 3, STR("a"), &v), ST_OK);
    store_close(s);
    log_set_level(LOG_INFO);
    arena_fini(&a);
    remove_dir(dir);
}

TEST(space_short_for_letters_still_takes_deletions)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    uint64_t id, other, room;
    struct store *s;

    log_set_level(LOG_ERROR + 1);
    CHECK_ST(store_open(&o, &s), ST_OK);
    CHECK_ST(add_blob(s, STR("before"), &id), ST_OK);
    CHECK_ST(s->os->free_space(s->os, dir, &room), ST_OK);
    s->opt.reserve_bytes = room * 2;
    CHECK_ST(add_blob(s, STR("x"), &other), ST_NOSPACE);
    CHECK_ST(change_refs(s, id, -1), ST_OK);
    store_close(s);
    log_set_level(LOG_INFO);
    remove_dir(dir);
}
