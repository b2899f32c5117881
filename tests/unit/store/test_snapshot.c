#include "store/snapshot.c"

#include "co/fault.h"
#include "fixture.h"
#include "test.h"

#include <sys/stat.h>

static void path_of(char out[400], const char *dir, const char *below)
{
    snprintf(out, 400, "%s/%s", dir, below);
}

/* All rows but those of segments and of the position, which every opening moves on. */
static void copy_rows(struct store *s, struct buf *out)
{
    struct index_view v;
    struct index_scan scan;
    struct str key, value;
    char store[8];

    account_prefix(ACCOUNT_STORE, store);
    index_view_open(&s->index, &v);
    index_scan_open(&v, STR_NONE, STR_NONE, &scan);
    while (index_scan_next(&scan, &key, &value)) {
        if (memcmp(key.p, store, 8) == 0 && (key.p[8] == ROW_SEGMENT || key.p[8] == ROW_POSITION))
            continue;
        rec_put_str(out, key);
        rec_put_str(out, value);
    }
    CHECK_ST(index_scan_close(&scan), ST_OK);
    index_view_close(&v);
}

static void fill(struct store *s, unsigned from, unsigned n)
{
    uint64_t id;

    for (unsigned i = from; i < from + n; i++) {
        char key[16];

        snprintf(key, sizeof key, "k%u", i);
        CHECK_ST(add_blob(s, STR("a body"), &id), ST_OK);
        CHECK_ST(put_one(s, 4, i, str_z(key), str_n((char *)&id, 8)), ST_OK);
    }
}

static unsigned files(const char *dir)
{
    struct arena a = ARENA_INIT;
    struct str *names;
    size_t n = 0;
    char path[400];

    path_of(path, dir, "snap");
    CHECK_ST(os_file_system.list(&os_file_system, &a, path, 100, &names, &n), ST_OK);
    arena_fini(&a);
    return (unsigned)n;
}

TEST(an_index_that_is_lost_is_made_from_the_snapshot_and_the_journal_behind_it)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    struct buf live, again;
    uint64_t seq;
    char path[400];
    struct store *s;

    log_set_level(LOG_WARN);
    buf_init(&live, 10u << 20);
    buf_init(&again, 10u << 20);
    CHECK_ST(store_open(&o, &s), ST_OK);
    CHECK_U64(store_snapshot_seq(s), 0);
    fill(s, 0, 20);
    CHECK_ST(store_snapshot(s), ST_OK);
    seq = store_snapshot_seq(s);
    CHECK_U64(seq, 41);
    fill(s, 20, 10);
    CHECK_ST(store_snapshot(s), ST_OK);
    CHECK_U64(store_snapshot_seq(s), 61);
    CHECK_ST(store_snapshot(s), ST_OK); /* nothing new: nothing is written */
    CHECK_U64(store_snapshot_seq(s), 61);
    CHECK_U64(files(dir), 1);
    fill(s, 30, 10);
    copy_rows(s, &live);
    store_close(s);
    path_of(path, dir, "index");
    remove_dir(path);
    CHECK_ST(store_open(&o, &s), ST_OK);
    CHECK_U64(store_snapshot_seq(s), 61);
    copy_rows(s, &again);
    CHECK_STR(buf_str(&again), buf_str(&live));
    fill(s, 40, 1);
    store_close(s);
    buf_fini(&live);
    buf_fini(&again);
    log_set_level(LOG_INFO);
    remove_dir(dir);
}

TEST(one_that_was_being_written_or_is_torn_does_not_count)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    char path[400], tmp[400];
    struct stat sb;
    struct store *s;

    log_set_level(LOG_ERROR);
    CHECK_ST(store_open(&o, &s), ST_OK);
    fill(s, 0, 5);
    CHECK_ST(store_snapshot(s), ST_OK);
    store_close(s);
    path_of(path, dir, "snap/00000011.snap");
    path_of(tmp, dir, "snap/00000050.tmp");
    must(stat(path, &sb) == 0 && rename(path, tmp) == 0);
    CHECK_ST(store_open(&o, &s), ST_OK);
    CHECK_U64(store_snapshot_seq(s), 0);
    CHECK_U64(files(dir), 0);
    CHECK_ST(store_snapshot(s), ST_OK);
    store_close(s);
    path_of(path, dir, "snap/00000012.snap");
    must(truncate(path, sb.st_size / 2) == 0);
    CHECK_ST(store_open(&o, &s), ST_OK);
    CHECK_U64(store_snapshot_seq(s), 0);
    fill(s, 5, 1);
    CHECK_ST(store_snapshot(s), ST_OK);
    CHECK_U64(store_snapshot_seq(s), 15);
    CHECK_U64(files(dir), 1); /* the torn one was replaced by it */
    store_close(s);
    log_set_level(LOG_INFO);
    remove_dir(dir);
}

/* The index is gone and was being made from the snapshot when the process ended: without position all begins anew. */
TEST(loading_that_was_cut_begins_anew)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    struct row_key k = row_key(ROW_POSITION, 0);
    char *error = NULL;
    struct arena a = ARENA_INIT;
    struct str v;
    struct store *s;

    log_set_level(LOG_WARN);
    CHECK_ST(store_open(&o, &s), ST_OK);
    fill(s, 0, 5);
    CHECK_ST(store_snapshot(s), ST_OK);
    fill(s, 5, 5);
    rocksdb_delete(s->index.db, s->index.write, k.p, sizeof k.p, &error);
    must(!error);
    store_close(s);
    CHECK_ST(store_open(&o, &s), ST_OK);
    CHECK_ST(kv_get(s, &a, 4, STR("k9"), &v), ST_OK);
    fill(s, 10, 1);
    store_close(s);
    arena_fini(&a);
    log_set_level(LOG_INFO);
    remove_dir(dir);
}

TEST(what_fails_while_writing_leaves_the_older_one)
{
    static const enum fault_point points[] = {FAULT_os_open, FAULT_os_write, FAULT_os_sync};
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    struct store *s;

    log_set_level(LOG_ERROR);
    CHECK_ST(store_open(&o, &s), ST_OK);
    fill(s, 0, 5);
    CHECK_ST(store_snapshot(s), ST_OK);
    store_close(s);
    o.reserve_bytes = 1;
    CHECK_ST(store_open(&o, &s), ST_OK);
    fill(s, 5, 1);
    for (size_t i = 0; i < ARRAY_LEN(points); i++) {
        fault_arm(points[i], 1, 1000);
        CHECK(store_snapshot(s) != ST_OK);
        fault_arm(points[i], 0, 0);
        CHECK_U64(store_snapshot_seq(s), 11);
        CHECK_U64(files(dir), 1);
    }
    s->opt.reserve_bytes = UINT64_MAX / 2;
    CHECK_ST(store_snapshot(s), ST_NOSPACE);
    s->opt.reserve_bytes = 1;
    CHECK_ST(store_snapshot(s), ST_OK);
    CHECK_U64(files(dir), 1);
    store_close(s);
    log_set_level(LOG_INFO);
    remove_dir(dir);
}

/* Due by the journal behind it, also over several openings; by nothing else. */
TEST(the_thread_makes_one_when_the_journal_has_grown)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    struct store *s;

    log_set_level(LOG_WARN);
    o.snapshot_bytes = 2000;
    CHECK_ST(store_open(&o, &s), ST_OK);
    CHECK(!is_due(s));
    fill(s, 0, 20);
    CHECK(is_due(s));
    store_close(s);
    CHECK_ST(store_open(&o, &s), ST_OK);
    CHECK(is_due(s) || store_snapshot_seq(s) > 0);
    CHECK_ST(store_snapshot(s), ST_OK);
    CHECK(!is_due(s));
    store_close(s);
    log_set_level(LOG_INFO);
    remove_dir(dir);
}

/* Compaction removes a journal segment that the snapshot stands for, be it the very one of the index's position; what the
 * snapshot does not hold must be there. (The bodies in it are lost here, which is not what this is about.) */
TEST(the_segment_of_the_last_batch_may_be_gone_only_when_the_snapshot_holds_it)
{
    for (int behind = 0; behind < 2; behind++) {
        const char *dir = new_dir();
        struct store_options o = test_options(dir);
        char *large = make_bytes(1, 60000, false), path[400];
        uint64_t id, first;
        struct store *s;

        log_set_level(LOG_WARN);
        CHECK_ST(store_open(&o, &s), ST_OK);
        first = s->journal->row.head.id;
        while (s->journal->row.head.size - s->journal_at > 60000)
            CHECK_ST(add_blob(s, str_n(large, 60000), &id), ST_OK);
        CHECK_ST(store_snapshot(s), ST_OK);
        if (behind)
            CHECK_ST(put_one(s, 1, 0, STR("k"), STR("v")), ST_OK);
        CHECK_ST(add_blob(s, str_n(large, 60000), &id), ST_OK);
        CHECK(s->journal->row.head.id != first);
        store_close(s);
        snprintf(path, sizeof path, "%s/seg/%08llu.seg", dir, (unsigned long long)first);
        must(unlink(path) == 0);
        path_of(path, dir, "index");
        remove_dir(path);
        s = NULL;
        CHECK_ST(store_open(&o, &s), behind ? ST_CORRUPT : ST_OK);
        if (s)
            store_close(s);
        mem_free(large);
        log_set_level(LOG_INFO);
        remove_dir(dir);
    }
}
