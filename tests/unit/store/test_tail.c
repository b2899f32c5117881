#include "store/tail.c"

#include "co/fault.h"
#include "fixture.h"
#include "test.h"

#include <sys/stat.h>

#define LARGE (16u << 20)

static void begin(struct segs *t, const char *dir)
{
    CHECK_ST(segs_open(t, &os_file_system, dir, LARGE, 1), ST_OK);
    CHECK_ST(segs_scan(t), ST_OK);
    segs_recovered(t);
}

static uint64_t size_of(const struct segment *seg)
{
    struct stat sb;

    must(fstat(seg->fd, &sb) == 0);
    return (uint64_t)sb.st_size;
}

/* What has been written stays, what is ahead of it reads as zeros. */
static void check_bytes(const struct segment *seg, uint64_t used)
{
    uint64_t size = size_of(seg);
    char *p = mem_new(size);
    bool same = pread(seg->fd, p, size, 0) == (ssize_t)size;

    for (uint64_t i = SEGMENT_HEAD_BYTES; same && i < size; i++)
        same = p[i] == (i < used ? 'x' : 0);
    CHECK(same);
    mem_free(p);
}

static uint64_t write_some(struct segs *t, struct segment *seg, uint64_t at, uint64_t n)
{
    char *p = mem_new(n);

    memset(p, 'x', n);
    CHECK_ST(segs_journal_extend(t, seg, at + n), ST_OK);
    CHECK(size_of(seg) >= at + n && size_of(seg) <= seg->row.head.size);
    CHECK_ST(t->os->write(t->os, seg->fd, p, n, at), ST_OK);
    mem_free(p);
    return at + n;
}

TEST(the_journal_is_written_ahead_in_steps_that_double)
{
    const char *dir = new_dir();
    uint64_t at = SEGMENT_HEAD_BYTES, sizes[3];
    struct segment *seg;
    struct segs t;

    begin(&t, dir);
    CHECK_ST(segs_take(&t, SEGMENT_JOURNAL, LARGE - SEGMENT_HEAD_BYTES, 1, &seg), ST_OK);
    CHECK_U64(size_of(seg), SEGMENT_HEAD_BYTES);
    for (int i = 0; i < 3; i++) {
        at = write_some(&t, seg, at, i ? sizes[i - 1] - at + 1 : 1000);
        sizes[i] = size_of(seg);
        check_bytes(seg, at);
    }
    CHECK(sizes[0] < SEGMENT_HEAD_BYTES + 2 * STEP_LEAST && sizes[1] - sizes[0] >= 2 * STEP_LEAST &&
          sizes[2] - sizes[1] >= 4 * STEP_LEAST);
    at = write_some(&t, seg, at, 1);
    CHECK_U64(size_of(seg), sizes[2]);
    while (at < LARGE)
        at = write_some(&t, seg, at, MIN(LARGE - at, 1u << 20));
    CHECK_U64(size_of(seg), LARGE);
    check_bytes(seg, at);
    segs_unpin(&t, seg);
    segs_close(&t);
    remove_dir(dir);
}

TEST(what_is_ahead_goes_back_when_writing_calms_down)
{
    const char *dir = new_dir();
    struct segment *journal, *bulk;
    uint64_t at, offset;
    struct segs t;

    begin(&t, dir);
    CHECK_ST(segs_take(&t, SEGMENT_JOURNAL, LARGE / 2, 1, &journal), ST_OK);
    t.journal_step = 1u << 20;
    at = write_some(&t, journal, SEGMENT_HEAD_BYTES, 5001);
    CHECK(size_of(journal) > 1u << 20);
    CHECK_ST(segs_bulk_alloc(&t, 300000, &bulk, &offset), ST_OK);
    CHECK_ST(segs_bulk_alloc(&t, 300000, &bulk, &offset), ST_OK);
    CHECK(size_of(bulk) >= offset + 300000);
    segs_calm(&t, journal, at);
    CHECK_U64(size_of(journal), 12288);
    CHECK_U64(size_of(bulk), offset + 300000);
    check_bytes(journal, at);
    at = write_some(&t, journal, at, 10000);
    CHECK(size_of(journal) < at + 2 * STEP_LEAST); /* with a small step */
    segs_calm(&t, journal, at);
    CHECK(size_of(journal) > at + STEP_LEAST / 2); /* so little stays */
    CHECK_ST(segs_bulk_alloc(&t, 300000, &bulk, &offset), ST_OK);
    CHECK(size_of(bulk) >= offset + 300000);
    check_bytes(journal, at);
    for (int i = 0; i < 3; i++)
        segs_unpin(&t, bulk);
    segs_unpin(&t, journal);
    segs_close(&t);
    remove_dir(dir);
}

TEST(without_space_nothing_changes)
{
    const char *dir = new_dir();
    struct segment *journal, *bulk;
    uint64_t at, offset, had;
    struct segs t;

    begin(&t, dir);
    CHECK_ST(segs_take(&t, SEGMENT_JOURNAL, LARGE / 2, 1, &journal), ST_OK);
    at = write_some(&t, journal, SEGMENT_HEAD_BYTES, 1000);
    had = size_of(journal);
    for (unsigned nth = 1; nth <= 3; nth++) { /* the first of the pieces, and later ones */
        fault_arm(FAULT_os_write, nth, 1);
        CHECK_ST(segs_journal_extend(&t, journal, had + (2u << 20)), ST_NOSPACE);
        fault_arm(FAULT_os_write, 0, 0);
        CHECK_U64(size_of(journal), had);
    }
    at = write_some(&t, journal, at, 2u << 20);
    check_bytes(journal, at);
    CHECK_ST(segs_bulk_alloc(&t, 300000, &bulk, &offset), ST_OK);
    had = offset + 300000;
    fault_arm(FAULT_os_write, 1, 1);
    CHECK_ST(segs_bulk_alloc(&t, 2u << 20, &bulk, &offset), ST_NOSPACE);
    fault_arm(FAULT_os_write, 0, 0);
    CHECK_U64(bulk->pins, 1);
    CHECK_ST(segs_bulk_alloc(&t, 2u << 20, &bulk, &offset), ST_OK);
    CHECK_U64(offset, had);
    segs_unpin(&t, bulk);
    segs_unpin(&t, bulk);
    segs_unpin(&t, journal);
    segs_close(&t);
    remove_dir(dir);
}

/* The space of a large body that compressed well. */
TEST(a_file_for_one_body_ends_with_it)
{
    const char *dir = new_dir();
    struct segment *own;
    uint64_t offset;
    struct segs t;

    begin(&t, dir);
    CHECK_ST(segs_bulk_alloc(&t, LARGE, &own, &offset), ST_OK);
    CHECK_U64(size_of(own), offset + LARGE);
    segs_bulk_trim(&t, own, offset, LARGE, 100000);
    CHECK_U64(size_of(own), offset + 100000);
    segs_unpin(&t, own);
    segs_close(&t);
    remove_dir(dir);
}

static uint64_t journal_size(struct store *s)
{
    return size_of(s->journal);
}

/* The committer does it by itself, and once. */
TEST(a_store_that_nobody_writes_to_is_cut)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    char *bytes = make_bytes(1, 60000, false);
    uint64_t id[8], used = 0;
    struct blob_view v;
    struct store *s;

    o.calm_ms = 50;
    CHECK_ST(store_open(&o, &s), ST_OK);
    for (unsigned round = 0; round < 2; round++) {
        for (size_t i = 0; i < 4; i++)
            CHECK_ST(add_blob(s, str_n(bytes, 60000), &id[round * 4 + i]), ST_OK);
        used = s->journal_at;
        for (int i = 0; i < 2000 && journal_size(s) > used + STEP_LEAST + 4096; i++)
            usleep(5000);
        CHECK(journal_size(s) >= used && journal_size(s) <= used + STEP_LEAST + 4096);
    }
    store_close(s);
    CHECK_ST(store_open(&o, &s), ST_OK);
    for (size_t i = 0; i < ARRAY_LEN(id); i++) {
        CHECK_ST(blob_open(s, id[i], &v), ST_OK);
        CHECK(v.bytes.n == 60000 && memcmp(v.bytes.p, bytes, 60000) == 0);
        blob_close(&v);
    }
    mem_free(bytes);
    store_close(s);
    remove_dir(dir);
}

/* What a process that was killed had allocated ahead goes back too. */
TEST(what_was_ahead_before_a_crash_is_cut)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    char *bytes = make_bytes(1, 300000, false);
    struct segment *bulk;
    struct store *s;
    uint64_t id;

    o.calm_ms = 50;
    CHECK_ST(store_open(&o, &s), ST_OK);
    CHECK_ST(add_blob(s, str_n(bytes, 300000), &id), ST_OK);
    bulk = s->segs.bulk;
    CHECK_ST(segs_pin(&s->segs, bulk->row.head.id, &bulk), ST_OK);
    must(ftruncate(bulk->fd, 1 << 20) == 0);
    segs_unpin(&s->segs, bulk);
    store_close(s);
    CHECK_ST(store_open(&o, &s), ST_OK);
    CHECK_ST(segs_pin(&s->segs, s->segs.bulk->row.head.id, &bulk), ST_OK);
    for (int i = 0; i < 2000 && size_of(bulk) > 400000; i++)
        usleep(5000);
    CHECK_U64(size_of(bulk), SEGMENT_HEAD_BYTES + record_bytes(300000));
    segs_unpin(&s->segs, bulk);
    mem_free(bytes);
    store_close(s);
    remove_dir(dir);
}

/* A journal that ends right behind its last batch opens, goes on, and is known to be whole. */
TEST(a_cut_journal_opens)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    struct store *s;

    CHECK_ST(store_open(&o, &s), ST_OK);
    for (uint64_t i = 0; i < 3; i++) {
        CHECK_ST(put_one(s, 1, i, STR("k"), STR("v")), ST_OK);
        must(ftruncate(s->journal->fd, (off_t)s->journal_at) == 0);
        store_close(s);
        CHECK_ST(store_open(&o, &s), ST_OK);
        CHECK(s->journal->row.head.id == 1);
    }
    store_close(s);
    remove_dir(dir);
}
