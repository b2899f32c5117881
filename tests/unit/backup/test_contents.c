#include "backup/contents.c"

#include "fixture.h"
#include "test.h"

static const char *snapshot(struct world *w)
{
    uint64_t batch;

    CHECK_ST(store_hold_begin(w->store, &batch), ST_OK);
    store_hold_end(w->store);
    return arena_printf(&w->arena, "%s/data/box/store/snap/%08llu.snap", w->dir, (unsigned long long)batch).p;
}

TEST(segments_and_messages_of_a_snapshot)
{
    struct backup_contents c;
    struct world w;

    world_open(&w);
    CHECK_ST(backup_contents_read(&w.arena, snapshot(&w), &c), ST_OK);
    CHECK_U64(c.messages, 0);
    for (unsigned i = 0; i < 30; i++)
        world_letter(&w, 100000);
    CHECK_ST(backup_contents_read(&w.arena, snapshot(&w), &c), ST_OK);
    CHECK_U64(c.messages, 30);
    CHECK(c.n_segments >= 4);
    for (size_t i = 0; i < c.n_segments; i++) {
        CHECK(i == 0 || c.segments[i - 1].head.id < c.segments[i].head.id);
        CHECK(c.segments[i].used > SEGMENT_HEAD_BYTES && c.segments[i].head.kind != SEGMENT_SPARE);
    }
    world_close(&w);
}

TEST(bodies_are_told_from_other_rows)
{
    struct snap_reader r;
    struct backup_row row;
    struct blob_row body;
    struct world w;
    unsigned bodies = 0, mail = 0;

    world_open(&w);
    world_letter(&w, 1000);
    world_letter(&w, 1000);
    CHECK_ST(snap_reader_open(&r, &os_file_system, snapshot(&w)), ST_OK);
    while (backup_row_next(&r, &row) == ST_OK) {
        if (backup_row_is_body(&row, &body)) {
            CHECK(body.id == w.bodies[1] || body.id == w.bodies[2]);
            bodies++;
        }
        mail += row.account == w.account;
    }
    snap_reader_close(&r);
    CHECK_U64(bodies, 2);
    CHECK_U64(mail, 3); /* two messages and INBOX */
    world_close(&w);
}

TEST(a_snapshot_that_is_damaged_is_an_error)
{
    struct backup_contents c;
    const char *path;
    struct world w;

    world_open(&w);
    world_letter(&w, 1000);
    path = snapshot(&w);
    world_flip(path, 150);
    CHECK_ST(backup_contents_read(&w.arena, path, &c), ST_CORRUPT);
    CHECK_ST(backup_contents_read(&w.arena, world_path(&w, "none"), &c), ST_NOTFOUND);
    world_close(&w);
}
