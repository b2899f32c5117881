#include "store/store.c"

#include "fixture.h"
#include "test.h"

static struct store *open_store(const char *dir)
{
    struct store_options o = test_options(dir);
    struct store *s = NULL;

    CHECK_ST(store_open(&o, &s), ST_OK);
    return s;
}

TEST(what_is_committed_is_read_back_also_after_reopening)
{
    const char *dir = new_dir();
    struct store *s = open_store(dir);
    struct arena a = ARENA_INIT;
    uint64_t version = 0;
    struct str v;

    CHECK_ST(put_one(s, 7, 0, STR("k"), STR("one")), ST_OK);
    CHECK_ST(put_one(s, 7, 1, STR("k2"), STR("two")), ST_OK);
    CHECK_ST(put_one(s, 8, 0, STR("k"), STR("other")), ST_OK);
    CHECK_ST(put_one(s, 7, 1, STR("k"), STR("late")), ST_BUSY);
    for (int again = 0; again < 3; again++) {
        CHECK_ST(kv_get(s, &a, 7, STR("k"), &v), ST_OK);
        CHECK_STR(v, STR("one"));
        CHECK_ST(kv_get(s, &a, 8, STR("k"), &v), ST_OK);
        CHECK_STR(v, STR("other"));
        CHECK_ST(kv_get(s, &a, 8, STR("k2"), &v), ST_NOTFOUND);
        CHECK_ST(kv_version(s, 7, &version), ST_OK);
        CHECK_U64(version, 2);
        CHECK_ST(kv_version(s, 9, &version), ST_OK);
        CHECK_U64(version, 0);
        store_close(s);
        s = open_store(dir);
    }
    store_close(s);
    arena_fini(&a);
    remove_dir(dir);
}

TEST(a_second_process_or_a_newer_format_is_kept_out)
{
    const char *dir = new_dir();
    struct store *s = open_store(dir), *other = NULL;
    struct store_options o = test_options(dir);
    char path[300];
    FILE *f;

    CHECK_ST(store_open(&o, &other), ST_BUSY);
    CHECK(!other);
    store_close(s);
    snprintf(path, sizeof path, "%s/FORMAT", dir);
    f = fopen(path, "w");
    fputs("restante store 99\n", f);
    fclose(f);
    CHECK_ST(store_open(&o, &other), ST_DENIED);
    f = fopen(path, "w");
    fputs("something else\n", f);
    fclose(f);
    CHECK_ST(store_open(&o, &other), ST_CORRUPT);
    remove_dir(dir);
}

TEST(blob_ids_are_never_given_twice)
{
    const char *dir = new_dir();
    struct store *s = open_store(dir);
    uint64_t a = blob_new_id(s), b = blob_new_id(s), c;

    CHECK(a > 0 && b > a);
    store_close(s);
    s = open_store(dir);
    c = blob_new_id(s);
    CHECK(c > b);
    store_close(s);
    remove_dir(dir);
}

TEST(figures_follow_what_lives)
{
    const char *dir = new_dir();
    struct store *s = open_store(dir);
    struct store_stats before, with, after;
    char *bytes = make_bytes(1, 5000, false);
    uint64_t id;

    store_get_stats(s, &before);
    CHECK_ST(add_blob(s, str_n(bytes, 5000), &id), ST_OK);
    store_get_stats(s, &with);
    CHECK_U64(with.live_bytes, before.live_bytes + record_bytes(5000));
    CHECK_U64(with.dead_bytes, before.dead_bytes);
    CHECK(with.commits == before.commits + 1 && with.syncs == before.syncs + 1);
    CHECK_ST(change_refs(s, id, -1), ST_OK);
    store_get_stats(s, &after);
    CHECK_U64(after.live_bytes, before.live_bytes);
    CHECK_U64(after.dead_bytes, before.dead_bytes + record_bytes(5000));
    store_close(s);
    s = open_store(dir);
    store_get_stats(s, &with);
    CHECK_U64(with.live_bytes, after.live_bytes);
    CHECK_U64(with.dead_bytes, after.dead_bytes);
    store_close(s);
    mem_free(bytes);
    remove_dir(dir);
}
