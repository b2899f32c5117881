#include "store/hold.c"

#include "fixture.h"
#include "store/compact.h"
#include "test.h"

#include <fcntl.h>

enum { BODY = 20000, BODIES = 120 };

static struct store *open_store(const char *dir)
{
    struct store_options o = test_options(dir);
    struct store *s = NULL;

    o.reserve_bytes = UINT64_MAX / 2; /* no filler */
    CHECK_ST(store_open(&o, &s), ST_OK);
    s->opt.reserve_bytes = 1;
    store_set_upkeep(s, &(struct store_upkeep){.dead_percent = 30});
    return s;
}

static void put_text(const char *dir, struct str text)
{
    struct arena a = ARENA_INIT;
    FILE *f = fopen(arena_printf(&a, "%s/IDENTITY", dir).p, "w");

    CHECK(f && fwrite(text.p, 1, text.n, f) == text.n && fclose(f) == 0);
    arena_fini(&a);
}

TEST(an_identity_lasts_and_no_other_store_has_it)
{
    static const char *const damaged[] = {"", "0123456789abcdef0123456789abcde\n", "0123456789abcdef0123456789abcdeX\n",
                                          "0123456789abcdef0123456789abcdef "};
    char first[IDENTITY_CHARS + 1] = "", dir[256], other[256];
    struct store *s;

    snprintf(dir, sizeof dir, "%s", new_dir());
    snprintf(other, sizeof other, "%s", new_dir());
    s = open_store(dir);
    CHECK_U64(store_identity(s).n, IDENTITY_CHARS);
    memcpy(first, store_identity(s).p, IDENTITY_CHARS);
    store_close(s);
    s = open_store(dir);
    CHECK_STR(store_identity(s), str_z(first));
    store_close(s);
    s = open_store(other);
    CHECK(!str_eq(store_identity(s), str_z(first)));
    store_close(s);
    for (size_t i = 0; i < ARRAY_LEN(damaged); i++) {
        char got[IDENTITY_CHARS + 1] = "";

        put_text(dir, str_z(damaged[i]));
        s = open_store(dir);
        memcpy(got, store_identity(s).p, IDENTITY_CHARS);
        CHECK(strlen(got) == IDENTITY_CHARS && strcmp(got, first) != 0);
        store_close(s);
        s = open_store(dir);
        CHECK_STR(store_identity(s), str_z(got));
        store_close(s);
    }
    remove_dir(dir);
    remove_dir(other);
}

static void add_bodies(struct store *s, uint64_t *ids)
{
    for (unsigned i = 0; i < BODIES; i++) {
        char *bytes = make_bytes(i + 1, BODY, false);

        CHECK_ST(add_blob(s, str_n(bytes, BODY), &ids[i]), ST_OK);
        mem_free(bytes);
    }
}

static bool exists(const struct store *s, uint64_t snapshot)
{
    struct arena a = ARENA_INIT;
    bool there = access(snaps_path(s, &a, snapshot), F_OK) == 0;

    arena_fini(&a);
    return there;
}

TEST(what_a_snapshot_needs_stays_while_it_is_held)
{
    uint64_t ids[BODIES], batch, second, more;
    const char *dir = new_dir();
    struct store *s = open_store(dir);
    struct store_stats was, is;
    size_t gone;

    add_bodies(s, ids);
    CHECK_ST(store_hold_begin(s, &batch), ST_OK);
    CHECK_U64(batch, store_snapshot_seq(s));
    for (unsigned i = 0; i < BODIES; i++)
        CHECK_ST(change_refs(s, ids[i], -1), ST_OK);
    CHECK_ST(store_snapshot(s), ST_OK);
    store_get_stats(s, &was);
    CHECK_ST(compact_step(s, &gone), ST_OK);
    CHECK_U64(gone, 0);
    store_get_stats(s, &is);
    CHECK_U64(is.segments, was.segments);
    CHECK(exists(s, batch));
    CHECK_ST(store_hold_begin(s, &second), ST_OK); /* one beside the other */
    CHECK(second > batch && exists(s, batch));
    store_hold_end(s);
    CHECK_ST(compact_step(s, &gone), ST_OK);
    CHECK_U64(gone, 0);
    store_hold_end(s);
    CHECK_ST(compact_step(s, &gone), ST_OK);
    CHECK(gone >= 2);
    CHECK_ST(add_blob(s, STR("more"), &more), ST_OK);
    CHECK_ST(store_snapshot(s), ST_OK);
    CHECK(!exists(s, batch) && !exists(s, second));
    store_close(s);
    remove_dir(dir);
}

TEST(a_store_without_mail_can_be_held)
{
    const char *dir = new_dir();
    struct store *s = open_store(dir);
    uint64_t batch = 0;

    CHECK_ST(store_hold_begin(s, &batch), ST_OK);
    CHECK(batch > 0 && exists(s, batch));
    store_hold_end(s);
    CHECK(!hold_is_held(s));
    store_close(s);
    remove_dir(dir);
}

struct other {
    struct store *s;
    struct blob_stage *stage;
    uint64_t id;
    atomic_bool is_committed;
};

static void *commit_later(void *arg)
{
    struct other *o = arg;
    struct kv_blob blob = {.id = o->id = blob_new_id(o->s), .stage = o->stage, .refs = 1};
    struct kv_commit c = {.blobs = &blob, .n_blobs = 1};

    while (!hold_is_held(o->s))
        usleep(1000);
    usleep(60000); /* it waits, however short */
    atomic_store(&o->is_committed, true);
    CHECK_ST(kv_commit(o->s, &c), ST_OK);
    return NULL;
}

/* A body that is written in front of a committed one may still be on its way to the disk. */
TEST(holding_waits_for_bodies_that_are_written_ahead)
{
    const char *dir = new_dir();
    struct other o = {.s = open_store(dir)};
    char *bytes = make_bytes(1, 400000, false);
    struct blob_stage *later;
    struct segment *was;
    pthread_t thread;
    uint64_t batch;

    CHECK_ST(blob_stage_str(o.s, str_n(bytes, 400000), &o.stage), ST_OK);
    was = o.s->segs.bulk;
    CHECK(was && was->uncommitted == 1);
    CHECK(pthread_create(&thread, NULL, commit_later, &o) == 0);
    CHECK_ST(store_hold_begin(o.s, &batch), ST_OK);
    CHECK(atomic_load(&o.is_committed));
    CHECK_U64(was->uncommitted, 0);
    CHECK(o.s->segs.bulk != was);
    CHECK_ST(blob_stage_str(o.s, str_n(bytes, 400000), &later), ST_OK); /* which goes elsewhere */
    CHECK(o.s->segs.bulk != was && o.s->segs.bulk->uncommitted == 1);
    store_hold_end(o.s);
    pthread_join(thread, NULL);
    blob_unstage(o.s, later);
    mem_free(bytes);
    store_close(o.s);
    remove_dir(dir);
}
