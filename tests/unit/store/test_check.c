#define ROWS_AT_ONCE 3
#include "store/check.c"

#include "base/log.h"
#include "fixture.h"
#include "test.h"

#include <fcntl.h>

struct heard {
    char kinds[400];
    uint64_t done, total;
};

static void hear(void *arg, const struct store_problem *p)
{
    struct heard *h = arg;

    snprintf(h->kinds + strlen(h->kinds), sizeof h->kinds - strlen(h->kinds), "%s ", p->kind);
    CHECK(p->text[0]);
}

static void progress(void *arg, uint64_t done, uint64_t total)
{
    struct heard *h = arg;

    CHECK(done >= h->done && done <= total);
    h->done = done;
    h->total = total;
}

static struct heard check_it(struct store *s, struct store_checked *out)
{
    struct heard h = {{0}, 0, 0};
    struct store_progress p = {progress, &h};
    struct store_report r = {hear, &h, &p, 0};

    CHECK_ST(store_check(s, &r, out), ST_OK);
    CHECK_U64(h.done, h.total);
    return h;
}

static void flip(struct store *s, uint64_t segment, uint64_t at)
{
    struct segment *seg;
    char c;

    must(segs_pin(&s->segs, segment, &seg) == ST_OK);
    must(s->os->read(s->os, seg->fd, &c, 1, at) == ST_OK);
    c ^= 0x20;
    must(s->os->write(s->os, seg->fd, &c, 1, at) == ST_OK);
    segs_unpin(&s->segs, seg);
}

static struct blob_row row_of(struct store *s, uint64_t id)
{
    struct row_key key = row_key(ROW_BLOB, id);
    struct arena a = ARENA_INIT;
    struct blob_row row = {0};
    struct str value;

    must(index_get(&s->index, TIER_DISK, &a, str_n(key.p, sizeof key.p), &value) == ST_OK);
    must(blob_row_of(value, id, &row) == ST_OK);
    arena_fini(&a);
    return row;
}

/* Whole; then one thing after the other is damaged, found as what it is, and mended again. */
TEST(each_damage_is_found_and_named)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    char *large = make_bytes(7, 200000, false);
    struct store_checked c;
    struct blob_row row;
    uint64_t ids[10], batch;
    struct heard h;
    struct store *s;

    log_set_level(LOG_WARN);
    CHECK_ST(store_open(&o, &s), ST_OK);
    for (unsigned i = 0; i < 10; i++)
        CHECK_ST(add_blob(s, i % 4 ? STR("a small body") : str_n(large, 200000), &ids[i]), ST_OK);
    CHECK_ST(change_refs(s, ids[3], -1), ST_OK);
    CHECK_ST(store_snapshot(s), ST_OK);
    batch = s->journal_at;
    CHECK_ST(put_one(s, 5, 0, STR("k"), STR("v")), ST_OK);
    h = check_it(s, &c);
    CHECK_STR(str_z(h.kinds), STR(""));
    CHECK_U64(c.bodies, 9);
    CHECK(c.batches >= 1 && c.snapshot_rows > 9);
    for (unsigned i = 1; i <= 4; i += 3) { /* a small one in the journal, a large one in a bulk segment */
        row = row_of(s, ids[i]);
        flip(s, row.segment, row.offset + RECORD_HEAD_BYTES + 3);
        h = check_it(s, &c);
        CHECK_STR(str_z(h.kinds), STR("body "));
        flip(s, row.segment, row.offset + RECORD_HEAD_BYTES + 3);
        flip(s, row.segment, row.offset + 20);
        h = check_it(s, &c);
        CHECK_STR(str_z(h.kinds), STR("body "));
        flip(s, row.segment, row.offset + 20);
    }
    flip(s, row_of(s, ids[4]).segment, 20);
    h = check_it(s, &c);
    CHECK_STR(str_z(h.kinds), STR("segment "));
    flip(s, row_of(s, ids[4]).segment, 20);
    CHECK(check_it(s, &c).kinds[0] == 0);
    flip(s, s->journal->row.head.id, batch + 70);
    h = check_it(s, &c);
    CHECK_STR(str_z(h.kinds), STR("journal "));
    flip(s, s->journal->row.head.id, batch + 70);
    store_close(s);
    mem_free(large);
    log_set_level(LOG_INFO);
    remove_dir(dir);
}

TEST(rows_that_do_not_fit_and_a_damaged_snapshot_are_found)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    struct arena a = ARENA_INIT;
    struct store_checked c;
    uint64_t ids[3];
    struct row_key key;
    char *error = NULL;
    struct heard h;
    struct store *s;
    const char *path;
    int fd;

    log_set_level(LOG_WARN);
    CHECK_ST(store_open(&o, &s), ST_OK);
    for (unsigned i = 0; i < 3; i++)
        CHECK_ST(add_blob(s, STR("a body"), &ids[i]), ST_OK);
    CHECK_ST(store_snapshot(s), ST_OK);
    key = row_key(ROW_BLOB, ids[1]);
    rocksdb_delete(s->index.db, s->index.write, key.p, sizeof key.p, &error);
    h = check_it(s, &c);
    CHECK_STR(str_z(h.kinds), STR("segment_row "));
    key = row_key(ROW_VERSION, 77);
    rocksdb_put(s->index.db, s->index.write, key.p, sizeof key.p, "x", 1, &error);
    path = snaps_path(s, &a, store_snapshot_seq(s));
    must(s->os->open(s->os, path, O_RDWR, &fd) == ST_OK);
    must(s->os->write(s->os, fd, "damage", 6, SNAP_HEAD_BYTES + 100) == ST_OK);
    s->os->close(s->os, fd);
    h = check_it(s, &c);
    CHECK_STR(str_z(h.kinds), STR("version segment_row snapshot "));
    CHECK_ST(store_save_body(s, ids[0]), ST_OK);
    CHECK(access(arena_printf(&a, "%s/lost+found/%llu.eml", dir, (unsigned long long)ids[0]).p, R_OK) == 0);
    store_close(s);
    arena_fini(&a);
    log_set_level(LOG_INFO);
    remove_dir(dir);
}
