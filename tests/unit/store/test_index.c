#include "store/index.c"

#include "fixture.h"
#include "test.h"

#include <sys/stat.h>

static const struct store_options opt = {.cache_bytes = 1u << 20, .write_buffer_bytes = 1u << 20, .open_files = 64};

static enum st put(struct index *ix, const char *key, const char *value)
{
    rocksdb_writebatch_t *w = rocksdb_writebatch_create();
    enum st st;

    rocksdb_writebatch_put(w, key, strlen(key), value, strlen(value));
    st = index_write(ix, w);
    rocksdb_writebatch_destroy(w);
    return st;
}

TEST(what_was_written_is_there_after_closing)
{
    const char *dir = new_dir();
    struct arena a = ARENA_INIT;
    struct index ix, other;
    struct str v;

    CHECK_ST(index_open(&ix, dir, &opt), ST_OK);
    CHECK_ST(put(&ix, "key", "value"), ST_OK);
    CHECK_ST(put(&ix, "empty", ""), ST_OK);
    CHECK_ST(index_open(&other, dir, &opt), ST_BUSY);
    index_close(&other);
    index_close(&ix); /* without a log of its own it has to write out what it holds */
    CHECK_ST(index_open(&ix, dir, &opt), ST_OK);
    CHECK_ST(index_get(&ix, TIER_DISK, &a, STR("key"), &v), ST_OK);
    CHECK_STR(v, STR("value"));
    CHECK_ST(index_get(&ix, TIER_DISK, &a, STR("empty"), &v), ST_OK);
    CHECK(v.p && !v.n);
    CHECK_ST(index_get(&ix, TIER_DISK, &a, STR("no"), &v), ST_NOTFOUND);
    CHECK(!index_is_stopped(&ix));
    index_close(&ix);
    arena_fini(&a);
    remove_dir(dir);
}

TEST(cold_blocks_are_not_read_from_memory)
{
    const char *dir = new_dir();
    struct index_entry *entries;
    struct arena a = ARENA_INIT;
    struct index ix;
    struct str v;
    bool more;
    size_t n;

    CHECK_ST(index_open(&ix, dir, &opt), ST_OK);
    CHECK_ST(put(&ix, "a", "1"), ST_OK);
    CHECK_ST(put(&ix, "b", "2"), ST_OK);
    CHECK_ST(put(&ix, "c", "3"), ST_OK);
    CHECK_ST(index_get(&ix, TIER_MEMORY, &a, STR("a"), &v), ST_OK);
    index_close(&ix);
    CHECK_ST(index_open(&ix, dir, &opt), ST_OK);
    CHECK_ST(index_get(&ix, TIER_MEMORY, &a, STR("a"), &v), ST_TRYLATER);
    CHECK_ST(index_page(&ix, TIER_DISK, &a, STR("a"), STR("c"), 9, 999, &entries, &n, &more), ST_OK);
    CHECK(n == 2 && !more);
    CHECK_STR(entries[1].key, STR("b"));
    CHECK_STR(entries[1].value, STR("2"));
    CHECK_ST(index_get(&ix, TIER_MEMORY, &a, STR("a"), &v), ST_OK);
    CHECK_STR(v, STR("1"));
    CHECK_ST(index_page(&ix, TIER_DISK, &a, STR("a"), STR("z"), 2, 999, &entries, &n, &more), ST_OK);
    CHECK(n == 2 && more);
    CHECK_ST(index_page(&ix, TIER_DISK, &a, STR("a"), STR("z"), 9, 1, &entries, &n, &more), ST_OK);
    CHECK(n == 1 && more);
    index_close(&ix);
    arena_fini(&a);
    remove_dir(dir);
}

/* More tables than RocksDB opens at first. */
static void make_tables(const char *dir, unsigned keys)
{
    rocksdb_options_t *o = rocksdb_options_create();
    rocksdb_writeoptions_t *w = rocksdb_writeoptions_create();
    char *error = NULL, key[16], *value = make_bytes(1, 1000, false);
    rocksdb_t *db;

    rocksdb_options_set_create_if_missing(o, 1);
    rocksdb_options_set_target_file_size_base(o, 16u << 10);
    rocksdb_options_set_write_buffer_size(o, 64u << 10);
    db = rocksdb_open(o, dir, &error);
    for (unsigned i = 0; i < keys; i++) {
        snprintf(key, sizeof key, "k%05u", i);
        rocksdb_put(db, w, key, 6, value, 1000, &error);
    }
    rocksdb_compact_range(db, NULL, 0, NULL, 0);
    must(!error);
    rocksdb_close(db);
    rocksdb_writeoptions_destroy(w);
    rocksdb_options_destroy(o);
    mem_free(value);
}

/* RocksDB's own get from memory answers with an empty value here. */
TEST(a_key_in_a_table_that_is_not_open_is_no_empty_one)
{
    enum { N = 3000 };
    unsigned later = 0, there = 0;
    const char *dir = new_dir();
    struct arena a = ARENA_INIT;
    struct index ix;
    struct str v;
    char key[16];

    make_tables(dir, N);
    CHECK_ST(index_open(&ix, dir, &opt), ST_OK);
    for (unsigned i = 0; i < 2 * N; i++) {
        enum st st;

        snprintf(key, sizeof key, "k%05u", i % N);
        st = index_get(&ix, TIER_MEMORY, &a, str_z(key), &v);
        later += st == ST_TRYLATER;
        there += st == ST_OK && v.n == 1000;
        if (i < N)
            CHECK_ST(index_get(&ix, TIER_DISK, &a, str_z(key), &v), ST_OK);
    }
    CHECK(later + there == 2 * N && later > 16 && there > N / 2);
    CHECK_ST(index_get(&ix, TIER_DISK, &a, STR("k00000x"), &v), ST_NOTFOUND);
    CHECK_ST(index_get(&ix, TIER_MEMORY, &a, STR("k00000x"), &v), ST_NOTFOUND);
    index_close(&ix);
    arena_fini(&a);
    remove_dir(dir);
}

/* A line that could not be written (a full disk) would end the process at the next one. */
TEST(rocksdb_writes_no_lines_of_its_own)
{
    const char *dir = new_dir();
    struct index ix;
    struct stat sb;
    char path[300];

    for (int i = 0; i < 2; i++) {
        CHECK_ST(index_open(&ix, dir, &opt), ST_OK);
        CHECK_ST(put(&ix, "key", "value"), ST_OK);
        index_close(&ix);
        snprintf(path, sizeof path, "%s/LOG", dir);
        CHECK(stat(path, &sb) < 0 || sb.st_size == 0);
    }
    remove_dir(dir);
}

static bool has_ranges(struct index *ix)
{
    char *text = rocksdb_property_value(ix->db, "rocksdb.aggregated-table-properties");
    bool none = strstr(text, "# range deletions=0;") != NULL;

    rocksdb_free(text);
    return !none;
}

TEST(ranges_that_an_older_version_deleted_go)
{
    const char *dir = new_dir();
    struct index_entry *entries;
    struct arena a = ARENA_INIT;
    rocksdb_writebatch_t *w = rocksdb_writebatch_create();
    struct index ix;
    bool more;
    size_t n;

    CHECK_ST(index_open(&ix, dir, &opt), ST_OK);
    CHECK_ST(put(&ix, "a", "1"), ST_OK);
    CHECK_ST(put(&ix, "b", "2"), ST_OK);
    CHECK_ST(put(&ix, "d", "3"), ST_OK);
    CHECK_ST(index_flush(&ix), ST_OK);
    rocksdb_writebatch_delete_range(w, "b", 1, "c", 1);
    CHECK_ST(index_write(&ix, w), ST_OK);
    CHECK_ST(index_flush(&ix), ST_OK);
    CHECK(has_ranges(&ix));
    CHECK_ST(index_drop_ranges(&ix), ST_OK);
    CHECK(!has_ranges(&ix));
    CHECK_ST(index_page(&ix, TIER_DISK, &a, STR("a"), STR("z"), 9, 999, &entries, &n, &more), ST_OK);
    CHECK(n == 2 && !more);
    rocksdb_writebatch_destroy(w);
    index_close(&ix);
    arena_fini(&a);
    remove_dir(dir);
}

static enum st count_up_to(void *arg, struct str key, struct str value)
{
    unsigned *left = arg;

    CHECK(key.n == 1 && value.n == 1 && value.p[0] == key.p[0] - 'a' + '1');
    return --*left ? ST_OK : FAIL(ST_LIMIT, "enough");
}

TEST(a_walk_goes_on_where_it_ended)
{
    const char *dir = new_dir(), *keys = "abcdef";
    unsigned left = 100;
    struct buf next;
    struct index ix;
    bool more;

    CHECK_ST(index_open(&ix, dir, &opt), ST_OK);
    for (size_t i = 0; keys[i]; i++)
        CHECK_ST(put(&ix, (char[]){keys[i], 0}, (char[]){(char)('1' + i), 0}), ST_OK);
    buf_init(&next, 64);
    buf_addz(&next, "a");
    CHECK_ST(index_walk(&ix, TIER_SCAN, &next, STR("f"), 2, count_up_to, &left, &more), ST_OK);
    CHECK(more && left == 98);
    left = 2;
    CHECK_ST(index_walk(&ix, TIER_DISK, &next, STR("f"), 9, count_up_to, &left, &more), ST_LIMIT);
    CHECK(left == 0);
    left = 100;
    CHECK_ST(index_walk(&ix, TIER_DISK, &next, STR("f"), 9, count_up_to, &left, &more), ST_OK);
    CHECK(!more && left == 99);
    CHECK_ST(index_walk(&ix, TIER_DISK, &next, STR("f"), 9, count_up_to, &left, &more), ST_OK);
    CHECK(!more && left == 99);
    index_close(&ix);
    buf_fini(&next);
    remove_dir(dir);
}

TEST(texts_become_codes)
{
    static const struct {
        const char *text;
        enum st st;
    } cases[] = {{"Corruption: block checksum mismatch", ST_CORRUPT},
                 {"IO error: No space left on device: While appending", ST_NOSPACE},
                 {"IO error: While appending to file: x: No space left on device", ST_NOSPACE},
                 {"IO error: While lock file: x: Resource temporarily unavailable", ST_BUSY},
                 {"IO error: something", ST_IO},
                 {"Result incomplete: ", ST_TRYLATER},
                 {"never seen before", ST_IO}};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_ST(failed(NULL, strdup(cases[i].text)), cases[i].st);
}
