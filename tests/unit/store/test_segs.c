#include "store/segs.c"

#include "fixture.h"
#include "test.h"

static void begin(struct segs *t, const char *dir)
{
    CHECK_ST(segs_open(t, &os_file_system, dir, TEST_SEGMENT, 1), ST_OK);
    CHECK_ST(segs_scan(t), ST_OK);
    segs_recovered(t);
}

TEST(segments_are_found_again_by_their_heads)
{
    const char *dir = new_dir();
    struct segment *a, *b, *again;
    struct segs t;
    uint64_t generation;

    begin(&t, dir);
    CHECK_ST(segs_take(&t, SEGMENT_JOURNAL, 100, 1, &a), ST_OK);
    CHECK_ST(segs_take(&t, SEGMENT_JOURNAL, 3 * TEST_SEGMENT, 9, &b), ST_OK);
    CHECK(a->row.head.size == TEST_SEGMENT && b->row.head.size >= 3 * TEST_SEGMENT + SEGMENT_HEAD_BYTES);
    CHECK(a->row.head.generation != b->row.head.generation);
    generation = b->row.head.generation;
    segs_unpin(&t, a);
    segs_unpin(&t, b);
    segs_close(&t);
    begin(&t, dir);
    CHECK_U64(t.count, 2);
    CHECK_ST(segs_pin(&t, 2, &again), ST_OK);
    CHECK(again->row.head.generation == generation && again->row.head.first_seq == 9);
    segs_unpin(&t, again);
    CHECK_ST(segs_pin(&t, 3, &again), ST_CORRUPT);
    CHECK_ST(segs_take(&t, SEGMENT_BULK, 1, 0, &a), ST_OK);
    CHECK_U64(a->row.head.id, 3);
    segs_unpin(&t, a);
    segs_close(&t);
    remove_dir(dir);
}

TEST(a_bounded_number_of_files_is_open)
{
    const char *dir = new_dir();
    struct segs t;
    struct segment *seg;
    size_t pos = 0, open = 0;
    void *p;

    CHECK_ST(segs_open(&t, &os_file_system, dir, 8192, 1), ST_OK);
    for (int i = 0; i < OPEN_MAX_FILES + 20; i++) {
        CHECK_ST(segs_take(&t, SEGMENT_BULK, 1, 0, &seg), ST_OK);
        segs_unpin(&t, seg);
    }
    while (map_next(&t.by_id, &pos, &p))
        open += ((struct segment *)p)->fd >= 0;
    CHECK_U64(open, OPEN_MAX_FILES);
    CHECK_ST(segs_pin(&t, 1, &seg), ST_OK); /* the first one closed opens again */
    CHECK(seg->fd >= 0);
    segs_unpin(&t, seg);
    segs_close(&t);
    remove_dir(dir);
}

TEST(leftovers_are_removed_and_strangers_left_alone)
{
    const char *dir = new_dir();
    struct segs t;
    char path[3][300];
    struct segment *seg;

    log_set_level(LOG_ERROR + 1);
    begin(&t, dir);
    segs_close(&t);
    snprintf(path[0], sizeof path[0], "%s/seg/00000009.tmp", dir);
    snprintf(path[1], sizeof path[1], "%s/seg/readme", dir);
    snprintf(path[2], sizeof path[2], "%s/seg/00000012.seg", dir);
    for (int i = 0; i < 3; i++) {
        FILE *f = fopen(path[i], "w");

        fputs("this is no segment, though it is long enough to be read as one's head", f);
        fclose(f);
    }
    begin(&t, dir);
    CHECK(access(path[0], F_OK) != 0);
    CHECK(access(path[1], F_OK) == 0 && access(path[2], F_OK) == 0);
    CHECK_ST(segs_take(&t, SEGMENT_BULK, 1, 0, &seg), ST_OK);
    CHECK_U64(seg->row.head.id, 13); /* not the number of the damaged one */
    segs_unpin(&t, seg);
    segs_close(&t);
    log_set_level(LOG_INFO);
    remove_dir(dir);
}

static unsigned spares_of(struct segs *t)
{
    unsigned n;

    pthread_mutex_lock(&t->mutex);
    n = t->spares_n;
    pthread_mutex_unlock(&t->mutex);
    return n;
}

static void wait_for_spares(struct segs *t, unsigned n)
{
    for (int i = 0; i < 2000 && spares_of(t) != n; i++)
        usleep(5000);
    CHECK_U64(spares_of(t), n);
}

TEST(spares_are_made_ahead_and_used_as_journal)
{
    const char *dir = new_dir();
    struct segment *seg;
    struct segs t;

    begin(&t, dir);
    segs_fill_spares(&t);
    CHECK_ST(segs_take(&t, SEGMENT_JOURNAL, 100, 1, &seg), ST_OK);
    segs_journal_used(&t, seg, TEST_SEGMENT / 2 - 1, TEST_SEGMENT / 2 - 1);
    CHECK_U64(spares_of(&t), 0); /* nothing says that one is needed soon */
    segs_journal_used(&t, seg, 1, TEST_SEGMENT / 2);
    wait_for_spares(&t, 1);
    segs_unpin(&t, seg);
    CHECK_ST(segs_take(&t, SEGMENT_JOURNAL, 100, 5, &seg), ST_OK);
    CHECK(seg->row.head.kind == SEGMENT_JOURNAL && seg->row.head.first_seq == 5 && seg->row.head.id == 2);
    wait_for_spares(&t, 2); /* the first one was used up quickly */
    segs_unpin(&t, seg);
    segs_close(&t);
    begin(&t, dir);
    CHECK_U64(t.spares_n, 2);
    CHECK_U64(t.count, 4);
    CHECK_U64(t.pace.bytes, 4 * TEST_SEGMENT);
    segs_close(&t);
    remove_dir(dir);
}

TEST(no_spare_is_made_for_a_little_at_a_time)
{
    const char *dir = new_dir();
    struct segment *seg;
    struct segs t;

    begin(&t, dir);
    CHECK_ST(segs_take(&t, SEGMENT_JOURNAL, 100, 1, &seg), ST_OK);
    for (uint64_t end = SEGMENT_HEAD_BYTES; end < TEST_SEGMENT; end += TEST_SEGMENT / 4) {
        segs_journal_used(&t, seg, TEST_SEGMENT / 4, end);
        CHECK(!t.pace.is_half);
        segs_calm(&t, seg, end);
    }
    segs_journal_used(&t, seg, TEST_SEGMENT / 2, TEST_SEGMENT);
    CHECK(t.pace.is_half);
    segs_calm(&t, seg, TEST_SEGMENT);
    CHECK(!t.pace.is_half && !t.half_told);
    segs_unpin(&t, seg);
    segs_close(&t);
    remove_dir(dir);
}

TEST(spares_that_nothing_asks_for_are_given_up)
{
    const char *dir = new_dir();
    struct segment *seg;
    struct segs t;

    begin(&t, dir);
    for (unsigned i = 0; i < PACE_SPARES; i++) {
        CHECK_ST(make(&t, SEGMENT_SPARE, TEST_SEGMENT, 0, FILL_NOT, &seg), ST_OK);
        segs_unpin(&t, seg);
        CHECK_ST(keep_spare(&t, seg), ST_OK);
    }
    segs_fill_spares(&t);
    wait_for_spares(&t, 0);
    segs_close(&t);
    begin(&t, dir);
    CHECK_U64(t.count, 0);
    segs_close(&t);
    remove_dir(dir);
}

static bool has_file(const char *dir, unsigned id)
{
    char path[400];

    snprintf(path, sizeof path, "%s/seg/%08u.seg", dir, id);
    return access(path, F_OK) == 0;
}

TEST(what_is_removed_becomes_a_spare_while_one_is_wanted)
{
    const char *dir = new_dir();
    struct segment *seg[4], *again;
    uint64_t generation;
    struct segs t;

    begin(&t, dir);
    for (unsigned i = 0; i < ARRAY_LEN(seg); i++)
        CHECK_ST(segs_take(&t, SEGMENT_JOURNAL, 100, 1 + i, &seg[i]), ST_OK);
    generation = seg[0]->row.head.generation;
    for (unsigned i = 0; i < 3; i++)
        segs_unpin(&t, seg[i]);
    CHECK_ST(segs_remove(&t, 1), ST_OK); /* becomes 5 */
    CHECK_ST(segs_remove(&t, 4), ST_OK); /* somebody reads it */
    CHECK(!has_file(dir, 1) && has_file(dir, 5) && !has_file(dir, 4) && !has_file(dir, 6));
    CHECK_ST(segs_pin(&t, 1, &again), ST_CORRUPT);
    CHECK_ST(segs_pin(&t, 4, &again), ST_CORRUPT);
    segs_unpin(&t, seg[3]);
    CHECK_ST(segs_remove(&t, 2), ST_OK); /* 6 */
    CHECK_ST(segs_remove(&t, 3), ST_OK); /* a third spare is not wanted */
    CHECK(has_file(dir, 6) && !has_file(dir, 3) && !has_file(dir, 7));
    CHECK_U64(t.spares_n, 2);
    CHECK_U64(t.count, 2);
    segs_close(&t);
    begin(&t, dir);
    CHECK_U64(t.spares_n, 2);
    CHECK_ST(segs_take(&t, SEGMENT_JOURNAL, 100, 50, &again), ST_OK);
    CHECK(again->row.head.id >= 5 && again->row.head.generation != generation);
    segs_unpin(&t, again);
    segs_close(&t);
    remove_dir(dir);
}

TEST(spares_that_are_too_many_or_too_large_go_away)
{
    const char *dir = new_dir();
    struct segment *seg;
    struct segs t;

    begin(&t, dir);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_ST(make(&t, SEGMENT_SPARE, TEST_SEGMENT, 0, FILL_NOT, &seg), ST_OK);
        segs_unpin(&t, seg);
    }
    segs_close(&t);
    begin(&t, dir);
    CHECK_U64(t.spares_n, 2);
    CHECK_U64(t.count, 2);
    CHECK_U64(has_file(dir, 1) + has_file(dir, 2) + has_file(dir, 3), 2);
    segs_close(&t);
    CHECK_ST(segs_open(&t, &os_file_system, dir, TEST_SEGMENT / 2, 1), ST_OK);
    CHECK_ST(segs_scan(&t), ST_OK);
    CHECK_U64(t.spares_n, 0);
    CHECK_U64(has_file(dir, 1) + has_file(dir, 2) + has_file(dir, 3), 0);
    segs_close(&t);
    remove_dir(dir);
}
