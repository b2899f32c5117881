#include "store/restore.c"

#include "base/log.h"
#include "backup_fixture.h"
#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>

static void check_holds(const struct store_options *o, unsigned n)
{
    struct arena a = ARENA_INIT;
    struct store *s;
    struct str v;

    CHECK_ST(store_open(o, &s), ST_OK);
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct str body = body_of(i);
        struct blob_view b;
        char key[16];

        snprintf(key, sizeof key, "k%u", i);
        CHECK_ST(kv_get(s, &a, 10 + i % 3, str_z(key), &v), i < n ? ST_OK : ST_NOTFOUND);
        CHECK_ST(blob_open(s, ids[i], &b), i < n ? ST_OK : ST_NOTFOUND);
        if (i < n) {
            CHECK_STR(b.bytes, body);
            blob_close(&b);
        }
        mem_free((void *)(uintptr_t)body.p);
    }
    store_close(s);
    arena_fini(&a);
}

TEST(a_copy_is_as_it_was_at_the_snapshot_or_at_a_later_batch)
{
    for (int later = 0; later < 3; later++) {
        const char *dir = new_dir();
        struct store_options o = test_options(dir), copy = o;
        struct store_restored r;
        uint64_t batch, version;
        struct store *s, *again;

        log_set_level(LOG_WARN);
        copy.dir = to_path(dir);
        CHECK_ST(store_open(&o, &s), ST_OK);
        fill(s, 0, 10);
        CHECK_ST(store_snapshot(s), ST_OK);
        batch = s->seq;
        fill(s, 10, ROUNDS);
        copy_store(s, copy.dir);
        CHECK_ST(store_restore(&copy, batch + (uint64_t)later * 20, NULL, 0, NULL, &r), ST_OK);
        CHECK_U64(r.snapshot, batch);
        CHECK_U64(r.batch, batch + (uint64_t)later * 20);
        CHECK_U64(r.batches, (uint64_t)later * 20);
        CHECK_U64(r.bodies_missing + r.segments_missing + r.snapshot_gaps, 0);
        check_holds(&copy, 10 + (unsigned)later * 10);
        CHECK_ST(store_open(&copy, &again), ST_OK); /* it goes on, and can be opened again */
        CHECK_ST(kv_version(again, 10, &version), ST_OK);
        CHECK(version >= VERSIONS_AHEAD);
        CHECK_ST(put_one(again, 10, version, STR("new"), STR("x")), ST_OK);
        store_close(again);
        check_holds(&copy, 10 + (unsigned)later * 10);
        ends(s, dir);
        log_set_level(LOG_INFO);
    }
}

TEST(where_the_journal_has_a_gap_it_ends)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir), copy = o;
    struct store_restored r;
    char path[500];
    uint64_t batch;
    struct store *s;

    log_set_level(LOG_WARN);
    o.segment_bytes = copy.segment_bytes = 256u << 10; /* several segments */
    copy.dir = to_path(dir);
    CHECK_ST(store_open(&o, &s), ST_OK);
    fill(s, 0, 10);
    CHECK_ST(store_snapshot(s), ST_OK);
    batch = s->seq;
    fill(s, 10, ROUNDS);
    for (unsigned i = 0; i < 500; i++) {
        char *bytes = make_bytes(i, 2000, false);
        uint64_t id;

        CHECK_ST(add_blob(s, str_n(bytes, 2000), &id), ST_OK);
        mem_free(bytes);
    }
    copy_store(s, copy.dir);
    CHECK(s->journal->row.head.first_seq > batch + 100);
    size_t pos = 0;
    void *p;
    uint64_t first = 0, none = 0;

    pthread_mutex_lock(&s->segs.mutex);          /* the filler adds spares */
    while (map_next(&s->segs.by_id, &pos, &p)) { /* the one behind that of the snapshot */
        const struct segment *seg = p;

        if (seg->row.head.kind == SEGMENT_JOURNAL && seg->row.head.first_seq > batch &&
            (!first || seg->row.head.first_seq < first)) {
            first = seg->row.head.first_seq;
            none = seg->row.head.id;
        }
    }
    pthread_mutex_unlock(&s->segs.mutex);
    CHECK(first > batch + 1 && none);
    snprintf(path, sizeof path, "%s/seg/%08llu.seg", copy.dir, (unsigned long long)none);
    must(remove(path) == 0);
    CHECK_ST(store_restore(&copy, batch + 400, NULL, 0, NULL, &r), ST_OK);
    CHECK_U64(r.batch, first - 1);
    check_holds(&copy, (unsigned)MIN(10 + (first - 1 - batch) / 2, (uint64_t)ROUNDS));
    ends(s, dir);
    log_set_level(LOG_INFO);
}

TEST(bodies_whose_segment_is_missing_have_no_rows)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir), copy = o;
    struct store_restored r;
    struct blob_view b;
    char path[500];
    struct store *s;
    size_t pos = 0;
    void *p;

    log_set_level(LOG_WARN);
    copy.dir = to_path(dir);
    CHECK_ST(store_open(&o, &s), ST_OK);
    fill(s, 0, ROUNDS);
    CHECK_ST(store_snapshot(s), ST_OK);
    copy_store(s, copy.dir);
    pthread_mutex_lock(&s->segs.mutex); /* the filler adds spares */
    while (map_next(&s->segs.by_id, &pos, &p)) {
        const struct segment *seg = p;

        snprintf(path, sizeof path, "%s/seg/%08llu.seg", copy.dir, (unsigned long long)seg->row.head.id);
        if (seg->row.head.kind == SEGMENT_BULK)
            must(remove(path) == 0);
    }
    pthread_mutex_unlock(&s->segs.mutex);
    CHECK_ST(store_restore(&copy, s->seq, NULL, 0, NULL, &r), ST_OK);
    CHECK_U64(r.bodies_missing, 3);
    CHECK(r.segments_missing >= 1);
    store_close(s);
    CHECK_ST(store_open(&copy, &s), ST_OK);
    CHECK_ST(blob_open(s, ids[9], &b), ST_NOTFOUND);
    CHECK_ST(blob_open(s, ids[8], &b), ST_OK);
    blob_close(&b);
    ends(s, dir);
    log_set_level(LOG_INFO);
}

TEST(a_damaged_snapshot_is_told)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir), copy = o;
    struct store_restored r;
    char path[500];
    struct store *s;
    int fd;

    log_set_level(LOG_ERROR + 1);
    copy.dir = to_path(dir);
    CHECK_ST(store_open(&o, &s), ST_OK);
    fill(s, 0, ROUNDS);
    CHECK_ST(store_snapshot(s), ST_OK);
    copy_store(s, copy.dir);
    snprintf(path, sizeof path, "%s/snap/%08llu.snap", copy.dir, (unsigned long long)store_snapshot_seq(s));
    fd = open(path, O_RDWR);
    must(fd >= 0 && pwrite(fd, "xxxx", 4, 200) == 4 && close(fd) == 0);
    CHECK_ST(store_restore(&copy, s->seq, NULL, 0, NULL, &r),
             ST_OK); /* its only chunk is lost, the journal goes on behind it */
    CHECK_U64(r.snapshot_gaps, 1);
    must(truncate(path, 100) == 0); /* no end: as if it were not there, and the journal goes back to the beginning */
    CHECK_ST(store_restore(&copy, s->seq, NULL, 0, NULL, &r), ST_OK);
    CHECK_U64(r.snapshot, 0);
    check_holds(&copy, ROUNDS);
    ends(s, dir);
    log_set_level(LOG_INFO);
}

/* What a younger batch has moved is where the backup has it. */
TEST(bodies_are_followed_to_where_they_have_moved)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir), copy = o;
    struct store_moved moved[2] = {{1, 2, 3}};
    struct store_restored r;
    struct blob_stage *stage;
    struct row_key key;
    struct blob_row row;
    struct arena a = ARENA_INIT;
    struct str body = body_of(9), value;
    char path[500];
    struct store *s;

    log_set_level(LOG_WARN);
    o.is_plain = copy.is_plain = true;
    copy.dir = to_path(dir);
    CHECK_ST(store_open(&o, &s), ST_OK);
    fill(s, 0, 10);
    CHECK_ST(store_snapshot(s), ST_OK);
    key = row_key(ROW_BLOB, ids[9]);
    CHECK_ST(index_get(&s->index, TIER_DISK, &a, str_n(key.p, sizeof key.p), &value), ST_OK);
    CHECK_ST(blob_row_of(value, ids[9], &row), ST_OK);
    segs_retire_bulk(&s->segs, row.segment);
    CHECK_ST(blob_stage_str(s, body, &stage), ST_OK); /* another copy of it, in another segment */
    CHECK(stage->row.segment != row.segment);
    moved[1] = (struct store_moved){ids[9], stage->row.segment, stage->row.offset};
    stage->seg->row.used = MAX(stage->seg->row.used, stage->row.offset + stage->bytes); /* as its commit would say */
    copy_store(s, copy.dir);
    snprintf(path, sizeof path, "%s/seg/%08llu.seg", copy.dir, (unsigned long long)row.segment);
    must(remove(path) == 0);
    CHECK_ST(store_restore(&copy, s->seq, moved, 2, NULL, &r), ST_OK);
    CHECK_U64(r.bodies_missing, 0);
    check_holds(&copy, 10);
    blob_unstage(s, stage);
    ends(s, dir);
    arena_fini(&a);
    mem_free((void *)(uintptr_t)body.p);
    log_set_level(LOG_INFO);
}
