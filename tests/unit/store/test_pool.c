#include "store/pool.c"

#include "base/log.h"
#include "backup_fixture.h"
#include "test.h"

TEST(batches_come_in_their_order_and_bodies_are_verified)
{
    const char *dir = new_dir(), *copy = to_path(dir);
    struct store_options o = test_options(dir);
    struct pool_walk w;
    struct pool p;
    struct store *s;
    uint64_t seq, n = 0;
    enum st st;

    log_set_level(LOG_WARN);
    o.segment_bytes = 256u << 10;
    CHECK_ST(store_open(&o, &s), ST_OK);
    fill(s, 0, 10);
    CHECK_ST(store_snapshot(s), ST_OK);
    seq = s->seq;
    fill(s, 10, ROUNDS);
    for (unsigned i = 0; i < 200; i++) {
        char *bytes = make_bytes(i, 2000, false);
        uint64_t id;

        CHECK_ST(add_blob(s, str_n(bytes, 2000), &id), ST_OK);
        mem_free(bytes);
    }
    CHECK(s->journal->row.head.first_seq > seq); /* more than one segment */
    copy_store(s, copy);
    CHECK_ST(pool_open(&p, &os_file_system, copy), ST_OK);
    pool_walk_begin(&w, &p, seq);
    while ((st = pool_walk_next(&w)) == ST_OK)
        CHECK_U64(w.seq, seq + ++n);
    CHECK_ST(st, ST_EOF);
    CHECK_U64(n, s->seq - seq);
    CHECK(!w.has_gap && w.wall_us > 0);
    pool_walk_end(&w);
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct row_key key = row_key(ROW_BLOB, ids[i]);
        struct arena a = ARENA_INIT;
        struct str body = body_of(i), value;
        struct blob_row row;
        struct buf got;

        buf_init(&got, 1u << 20);
        CHECK_ST(index_get(&s->index, TIER_DISK, &a, str_n(key.p, sizeof key.p), &value), ST_OK);
        CHECK_ST(blob_row_of(value, ids[i], &row), ST_OK);
        CHECK_ST(pool_body(&p, &row, &got), ST_OK);
        CHECK_STR(buf_str(&got), body);
        row.id++;
        CHECK_ST(pool_body(&p, &row, &got),
                 row.segment && i % 10 == 9 ? ST_OK : ST_CORRUPT); /* staged ones have no id */
        row.segment = 4711;
        CHECK_ST(pool_body(&p, &row, &got), ST_CORRUPT);
        buf_fini(&got);
        arena_fini(&a);
        mem_free((void *)(uintptr_t)body.p);
    }
    pool_close(&p);
    ends(s, dir);
    log_set_level(LOG_INFO);
}

TEST(a_missing_segment_is_a_gap)
{
    const char *dir = new_dir(), *copy = to_path(dir);
    struct store_options o = test_options(dir);
    struct pool_walk w;
    struct pool p;
    struct store *s;
    uint64_t n = 0, last;
    char path[400];

    log_set_level(LOG_WARN);
    o.segment_bytes = 256u << 10;
    CHECK_ST(store_open(&o, &s), ST_OK);
    while (n < 100) {
        char *bytes = make_bytes(n++, 10000, false);
        uint64_t id;

        CHECK_ST(add_blob(s, str_n(bytes, 10000), &id), ST_OK);
        mem_free(bytes);
    }
    CHECK_ST(store_snapshot(s), ST_OK);
    copy_store(s, copy);
    CHECK_ST(pool_open(&p, &os_file_system, copy), ST_OK);
    must(p.n_journal >= 3);
    last = p.journal[1]->head.first_seq - 1;
    snprintf(path, sizeof path, "%s/seg/%08llu.seg", copy, (unsigned long long)p.journal[1]->head.id);
    pool_close(&p);
    must(remove(path) == 0);
    CHECK_ST(pool_open(&p, &os_file_system, copy), ST_OK);
    pool_walk_begin(&w, &p, 0);
    for (n = 0; pool_walk_next(&w) == ST_OK; n++)
        continue;
    CHECK_U64(n, last);
    CHECK(w.has_gap);
    pool_walk_end(&w);
    pool_walk_begin(&w, &p, p.journal[1]->head.first_seq - 1); /* behind the gap it goes on */
    CHECK_ST(pool_walk_next(&w), ST_OK);
    CHECK_U64(w.seq, p.journal[1]->head.first_seq);
    pool_walk_end(&w);
    pool_close(&p);
    ends(s, dir);
    log_set_level(LOG_INFO);
}

TEST(an_empty_or_foreign_directory_has_no_batches)
{
    const char *dir = new_dir();
    struct pool_walk w;
    struct pool p;
    char path[400];
    FILE *f;

    CHECK_ST(pool_open(&p, &os_file_system, dir), ST_NOTFOUND);
    pool_close(&p);
    snprintf(path, sizeof path, "%s/seg", dir);
    must(mkdir(path, 0700) == 0);
    snprintf(path, sizeof path, "%s/seg/00000001.seg", dir);
    f = fopen(path, "w");
    must(f && fputs("no segment", f) >= 0 && fclose(f) == 0);
    CHECK_ST(pool_open(&p, &os_file_system, dir), ST_OK);
    pool_walk_begin(&w, &p, 0);
    CHECK_ST(pool_walk_next(&w), ST_EOF);
    CHECK(!w.has_gap);
    pool_walk_end(&w);
    pool_close(&p);
    remove_dir(dir);
}
