#include "store/journal.c"

#include "fixture.h"
#include "test.h"

/* The same changes, whether they come one by one or from the journal again: row for row the same index. */
static void copy_rows(struct store *s, struct buf *out)
{
    rocksdb_readoptions_t *o = rocksdb_readoptions_create();
    rocksdb_iterator_t *it = rocksdb_create_iterator(s->index.db, o);

    buf_clear(out);
    for (rocksdb_iter_seek_to_first(it); rocksdb_iter_valid(it); rocksdb_iter_next(it)) {
        struct str k, v;

        k.p = rocksdb_iter_key(it, &k.n);
        v.p = rocksdb_iter_value(it, &v.n);
        rec_put_str(out, k);
        rec_put_str(out, v);
    }
    rocksdb_iter_destroy(it);
    rocksdb_readoptions_destroy(o);
}

TEST(applying_the_journal_again_gives_the_same_index)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    struct buf live, again;
    char path[300], *large = make_bytes(3, 200000, false);
    uint64_t ids[20];
    struct store *s;

    buf_init(&live, 10u << 20);
    buf_init(&again, 10u << 20);
    CHECK_ST(store_open(&o, &s), ST_OK);
    for (unsigned i = 0; i < 20; i++) {
        CHECK_ST(add_blob(s, i % 5 ? STR("small") : str_n(large, 200000), &ids[i]), ST_OK);
        CHECK_ST(put_one(s, 1 + i % 3, i / 3, STR("key"), str_n((char *)&ids[i], 8)), ST_OK);
        if (i % 4 == 0)
            CHECK_ST(change_refs(s, ids[i / 2], -1), ST_OK);
        if (i % 4 == 1)
            CHECK_ST(change_refs(s, ids[i], 5), ST_OK);
    }
    copy_rows(s, &live);
    store_close(s);
    snprintf(path, sizeof path, "%s/index", dir);
    remove_dir(path);
    log_set_level(LOG_WARN);
    CHECK_ST(store_open(&o, &s), ST_OK);
    log_set_level(LOG_INFO);
    copy_rows(s, &again);
    /* Opening has committed a batch of its own: the position, and the journal segment's row, are further on. */
    CHECK(live.n > 1000 && live.n == again.n);
    for (size_t at = 0, differ = 0; at < live.n && at < again.n; at++) {
        differ += live.p[at] != again.p[at];
        CHECK(differ < 64);
    }
    buf_fini(&live);
    buf_fini(&again);
    store_close(s);
    mem_free(large);
    remove_dir(dir);
}

TEST(a_record_that_makes_no_sense_changes_nothing)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    struct arena a = ARENA_INIT;
    struct store *s;
    struct str v;

    CHECK_ST(store_open(&o, &s), ST_OK);
    CHECK_ST(put_one(s, 1, 0, STR("k"), STR("v")), ST_OK);
    CHECK_ST(journal_apply(s, STR("\x01 nonsense"), 99, 1, 4096), ST_CORRUPT);
    CHECK_ST(kv_get(s, &a, 1, STR("k"), &v), ST_OK);
    CHECK_STR(v, STR("v"));
    arena_fini(&a);
    store_close(s);
    remove_dir(dir);
}
