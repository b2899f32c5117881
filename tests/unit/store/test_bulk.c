#include "store/bulk.c"

#include "co/fault.h"
#include "fixture.h"
#include "test.h"

static void begin(struct segs *t, const char *dir)
{
    CHECK_ST(segs_open(t, &os_file_system, dir, TEST_SEGMENT, 1), ST_OK);
    CHECK_ST(segs_scan(t), ST_OK);
    segs_recovered(t);
}

TEST(bulk_space_is_given_out_one_behind_the_other)
{
    const char *dir = new_dir();
    struct segment *a, *b, *c, *own;
    uint64_t at, at2, at3, own_at;
    struct segs t;

    begin(&t, dir);
    CHECK_ST(segs_bulk_alloc(&t, 1000, &a, &at), ST_OK);
    CHECK_ST(segs_bulk_alloc(&t, 2000, &b, &at2), ST_OK);
    CHECK(a == b && at == SEGMENT_HEAD_BYTES && at2 == at + 1000);
    segs_bulk_trim(&t, a, at, 1000, 0); /* not the last one: stays a hole */
    segs_bulk_trim(&t, b, at2, 2000, 500);
    CHECK_ST(segs_bulk_alloc(&t, (TEST_SEGMENT - SEGMENT_HEAD_BYTES) / 2, &c, &at3), ST_OK);
    CHECK(c == a && at3 == at2 + 500);
    segs_unpin(&t, c);
    CHECK_ST(segs_bulk_alloc(&t, (TEST_SEGMENT - SEGMENT_HEAD_BYTES) / 2, &c, &at3), ST_OK);
    CHECK(c != a);
    CHECK_ST(segs_bulk_alloc(&t, TEST_SEGMENT, &own, &own_at), ST_OK);
    CHECK(own != c && own->row.head.size > TEST_SEGMENT);
    segs_bulk_trim(&t, own, own_at, TEST_SEGMENT, 0);
    segs_unpin(&t, a);
    segs_unpin(&t, b);
    segs_unpin(&t, c);
    segs_unpin(&t, own);
    segs_close(&t);
    remove_dir(dir);
}

TEST(bulk_is_idle_when_all_is_committed_and_another_is_filled)
{
    const char *dir = new_dir();
    struct segment *a, *b;
    uint64_t at, ids[4];
    struct segs t;

    begin(&t, dir);
    CHECK_ST(segs_bulk_alloc(&t, 1000, &a, &at), ST_OK);
    CHECK_U64(segs_idle_bulk(&t, ids, 4), 0);
    segs_retire_bulk(&t, 99);
    CHECK(t.bulk == a);
    segs_retire_bulk(&t, a->row.head.id);
    CHECK(!segs_is_idle_bulk(&t, a->row.head.id)); /* what it holds is not committed */
    CHECK_ST(segs_bulk_alloc(&t, 1000, &b, &at), ST_OK);
    CHECK(b != a);
    segs_bulk_done(&t, a);
    CHECK(segs_is_idle_bulk(&t, a->row.head.id) && !segs_is_idle_bulk(&t, b->row.head.id) &&
          !segs_is_idle_bulk(&t, 99));
    CHECK_U64(segs_idle_bulk(&t, ids, 4), 1);
    CHECK_U64(ids[0], a->row.head.id);
    CHECK_U64(segs_idle_bulk(&t, ids, 0), 0);
    segs_bulk_done(&t, b);
    segs_unpin(&t, a);
    segs_unpin(&t, b);
    segs_close(&t);
    remove_dir(dir);
}

/* One failed sync: nobody knows what of the others' bytes it was. */
TEST(bulk_that_could_not_be_synced_once_is_not_synced_again)
{
    const char *dir = new_dir();
    struct segment *seg;
    struct segs t;
    uint64_t at;

    begin(&t, dir);
    CHECK_ST(segs_bulk_alloc(&t, 1000, &seg, &at), ST_OK);
    CHECK_ST(segs_bulk_sync(&t, seg), ST_OK);
    fault_arm(FAULT_os_sync, 1, 1);
    CHECK_ST(segs_bulk_sync(&t, seg), ST_IO);
    fault_arm(FAULT_os_sync, 0, 0);
    CHECK_ST(segs_bulk_sync(&t, seg), ST_IO);
    segs_bulk_done(&t, seg);
    segs_unpin(&t, seg);
    segs_close(&t);
    remove_dir(dir);
}
