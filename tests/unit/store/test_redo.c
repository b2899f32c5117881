#include "store/redo.c"

#include "fixture.h"
#include "test.h"

struct seen {
    char text[400];
};

static void on_put(void *arg, const char *k, size_t kn, const char *v, size_t vn)
{
    struct seen *s = arg;
    size_t n = strlen(s->text);

    snprintf(s->text + n, sizeof s->text - n, "%.*s=%.*s ", (int)kn, k, (int)vn, v);
}

static void on_delete(void *arg, const char *k, size_t kn)
{
    struct seen *s = arg;
    size_t n = strlen(s->text);

    snprintf(s->text + n, sizeof s->text - n, "-%.*s ", (int)kn, k);
}

/* Puts and deletions in their order. */
static void check(rocksdb_writebatch_t *w, const char *expect, int n)
{
    struct seen s = {""};

    CHECK(rocksdb_writebatch_count(w) == n);
    rocksdb_writebatch_iterate(w, &s, on_put, on_delete);
    CHECK_STR(str_z(s.text), str_z(expect));
}

TEST(rows_go_in_by_key_and_the_last_of_a_key_counts)
{
    rocksdb_writebatch_t *w = rocksdb_writebatch_create();
    struct redo r = {0};

    redo_begin(&r, w);
    redo_end(&r);
    check(w, "", 0);
    redo_put(&r, STR("m"), STR("1"));
    redo_put(&r, STR("ma"), STR("2"));
    redo_del(&r, STR("a"));
    redo_put(&r, STR("z"), STR("3"));
    redo_put(&r, STR("m"), STR("4"));
    redo_put(&r, STR("a"), STR("5"));
    redo_del(&r, STR("z"));
    redo_end(&r);
    check(w, "a=5 m=4 ma=2 -z ", 4);
    redo_begin(&r, w);
    redo_put(&r, STR("k"), STR_NONE);
    redo_end(&r);
    check(w, "k= ", 1);
    redo_fini(&r);
    rocksdb_writebatch_destroy(w);
}

TEST(what_was_put_before_a_range_is_deleted_goes_and_what_comes_behind_stays)
{
    rocksdb_writebatch_t *w = rocksdb_writebatch_create();
    struct redo r = {0};

    redo_begin(&r, w);
    redo_put(&r, STR("a"), STR("1"));
    redo_put(&r, STR("b"), STR("1"));
    redo_put(&r, STR("b2"), STR("1"));
    redo_put(&r, STR("c"), STR("1"));
    redo_del_pending(&r, STR("b"), STR("c"));
    redo_put(&r, STR("b2"), STR("2"));
    redo_end(&r);
    check(w, "a=1 -b b2=2 c=1 ", 4);
    redo_fini(&r);
    rocksdb_writebatch_destroy(w);
}

/* What a range takes away, and what is put into it again, stay in their order. */
TEST(ranges_keep_their_place)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    struct store *s;
    struct kv_change first[] = {{STR("a"), STR("1"), KV_PUT}, {STR("b"), STR("1"), KV_PUT}};
    struct kv_change second[] = {{STR("b"), STR("2"), KV_PUT},
                                 {STR("a"), STR("c"), KV_DEL_RANGE},
                                 {STR("a"), STR("3"), KV_PUT},
                                 {STR("c"), STR("3"), KV_PUT}};
    struct kv_part parts[] = {{.account = 1, .expected_version = 0, .changes = first, .n = 2},
                              {.account = 1, .expected_version = 1, .changes = second, .n = 4}};
    struct kv_part *both[] = {&parts[0], &parts[1]};
    struct arena a = ARENA_INIT;
    struct str value;

    CHECK_ST(store_open(&o, &s), ST_OK);
    for (size_t i = 0; i < ARRAY_LEN(both); i++) {
        struct kv_commit c = {.parts = &both[i], .n_parts = 1};

        CHECK_ST(kv_commit(s, &c), ST_OK);
    }
    CHECK_ST(kv_get(s, &a, 1, STR("a"), &value), ST_OK);
    CHECK_STR(value, STR("3"));
    CHECK_ST(kv_get(s, &a, 1, STR("b"), &value), ST_NOTFOUND);
    CHECK_ST(kv_get(s, &a, 1, STR("c"), &value), ST_OK);
    arena_fini(&a);
    store_close(s);
    remove_dir(dir);
}

TEST(memory_for_a_very_large_batch_does_not_stay)
{
    rocksdb_writebatch_t *w = rocksdb_writebatch_create();
    char *keys = mem_new((KEEP_ROWS + 1) * 4);
    struct redo r = {0};

    redo_begin(&r, w);
    for (unsigned i = 0; i <= KEEP_ROWS; i++) {
        memcpy(keys + (size_t)i * 4, &i, 4);
        redo_put(&r, str_n(keys + (size_t)i * 4, 4), STR("v"));
    }
    redo_end(&r);
    CHECK(rocksdb_writebatch_count(w) == KEEP_ROWS + 1);
    CHECK(!r.rows && !r.cap);
    mem_free(keys);
    rocksdb_writebatch_destroy(w);
}
