#include "store/spool.c"

#include "co/fault.h"
#include "fixture.h"
#include "test.h"

static struct store *open_store(const char *dir)
{
    struct store_options o = test_options(dir);
    struct store *s = NULL;

    CHECK_ST(store_open(&o, &s), ST_OK);
    return s;
}

static size_t names_in(struct store *s, const char *dir)
{
    struct arena a = ARENA_INIT;
    struct str *names;
    size_t n = 0;

    CHECK_ST(s->os->list(s->os, &a, dir, 1000, &names, &n), ST_OK);
    arena_fini(&a);
    return n;
}

TEST(a_body_that_arrives_in_pieces)
{
    const char *dir = new_dir();
    struct store *s = open_store(dir);
    size_t n = 700000, before = names_in(s, dir);
    char *bytes = make_bytes(1, n, true);
    struct kv_blob blob = {.id = blob_new_id(s), .refs = 1};
    struct kv_commit c = {.blobs = &blob, .n_blobs = 1};
    struct blob_spool *p = blob_spool_new(s);
    struct blob_view v;

    for (size_t at = 0, step = 1; at < n; at += step, step = step * 3 + 1)
        CHECK_ST(blob_spool_add(p, str_sub(str_n(bytes, n), at, step)), ST_OK);
    CHECK_U64(p->size, n);
    CHECK_U64(names_in(s, dir), before);
    CHECK_ST(blob_spool_stage(p, &blob.stage), ST_OK);
    blob_spool_free(p);
    CHECK_ST(kv_commit(s, &c), ST_OK);
    CHECK_ST(blob_open(s, blob.id, &v), ST_OK);
    CHECK_STR(v.bytes, str_n(bytes, n));
    blob_close(&v);
    mem_free(bytes);
    store_close(s);
    remove_dir(dir);
}

TEST(what_is_given_up_or_fails_leaves_nothing)
{
    const char *dir = new_dir();
    struct store *s = open_store(dir);
    struct blob_spool *p = blob_spool_new(s);
    struct blob_stage *stage;

    blob_spool_free(NULL);
    CHECK_ST(blob_spool_stage(p, &stage), ST_OK); /* of no bytes */
    blob_unstage(s, stage);
    fault_arm(FAULT_os_write, 1, 1);
    CHECK(blob_spool_add(p, STR("some bytes")) != ST_OK);
    CHECK_U64(p->size, 0);
    CHECK_ST(blob_spool_add(p, STR("some bytes")), ST_OK);
    CHECK_ST(blob_spool_add(p, (struct str){"", (size_t)BLOB_MAX}), ST_LIMIT);
    blob_spool_free(p);
    store_close(s);
    remove_dir(dir);
}
