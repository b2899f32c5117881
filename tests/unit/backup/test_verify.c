#include "backup/verify.c"

#include "fixture.h"
#include "test.h"

static struct str verify_at(struct world *w, uint64_t at, bool *out_wrong)
{
    struct json j;
    struct buf out;
    struct str text;

    buf_init(&out, 1 << 20);
    json_init(&j, &out);
    *out_wrong = false;
    CHECK_ST(backup_verify(&w->arena, world_path(w, "backup"), at, &j, out_wrong), ST_OK);
    text = arena_str(&w->arena, buf_str(&out));
    buf_fini(&out);
    return text;
}

static bool is_good_backup(struct world *w)
{
    bool wrong;
    struct str said = verify_at(w, UINT64_MAX, &wrong);

    return !wrong && str_search(said, STR("\"found\":[]")) < said.n;
}

static bool says(struct world *w, const char *text)
{
    bool wrong;
    struct str said = verify_at(w, UINT64_MAX, &wrong);

    if (!wrong || str_search(said, str_z(text)) == said.n)
        printf("# it says %.*s\n", STR_ARGS(said));
    return wrong && str_search(said, str_z(text)) < said.n;
}

TEST(whatever_changes_is_named)
{
    struct backup_made made;
    struct world w;

    world_open(&w);
    for (unsigned i = 0; i < 30; i++)
        world_letter(&w, 100000);
    CHECK_ST(world_backup(&w, world_path(&w, "backup"), 0, &made), ST_OK);
    CHECK(is_good_backup(&w));
    for (size_t i = 0; i < made.manifest.n_files; i++) {
        const struct backup_file *f = &made.manifest.files[i];
        const char *path = backup_path(&w.arena, world_path(&w, "backup"), made.set, f->name);
        struct str named = arena_printf(&w.arena, "\"file\":\"%.*s\"", STR_ARGS(f->name));

        world_flip(path, f->bytes / 2);
        CHECK(says(&w, named.p));
        world_flip(path, f->bytes / 2);
        CHECK(rename(path, world_path(&w, "aside")) == 0);
        CHECK(says(&w, named.p));
        CHECK(rename(world_path(&w, "aside"), path) == 0);
        CHECK(truncate(path, (off_t)f->bytes - 1) == 0);
        CHECK(says(&w, named.p));
        world_flip(path, f->bytes - 2);
        CHECK(unlink(path) == 0); /* for good */
        CHECK(says(&w, named.p));
        if (str_starts(f->name, STR("seg/"))) {
            struct backup_made again;

            CHECK_ST(world_backup(&w, world_path(&w, "backup"), 1, &again), ST_OK); /* brings it back */
            CHECK(is_good_backup(&w));
            made = again;
        } else {
            break; /* the set is lost */
        }
    }
    world_close(&w);
}

TEST(messages_that_are_hit_are_named)
{
    struct backup_made made;
    struct world w;

    world_open(&w);
    for (unsigned i = 0; i < 30; i++)
        world_letter(&w, 50000);
    CHECK_ST(world_backup(&w, world_path(&w, "backup"), 0, &made), ST_OK);
    world_flip(world_path(&w, "backup/seg/00000001.seg"), 80000);
    CHECK(says(&w, "\"account\":\"alice@example.test\",\"mailbox\":\"INBOX\",\"uid\":2,"));
    CHECK(says(&w, "the message's body is lost"));
    CHECK(says(&w, "\"lost_bodies\":1,"));
    world_close(&w);
}

/* As one that the store's own disk had damaged before it was copied. */
TEST(records_are_looked_at_besides_hashes)
{
    struct backup_made made;
    struct world w;

    world_open(&w);
    for (unsigned i = 0; i < 5; i++)
        world_letter(&w, 50000);
    world_flip(world_path(&w, "data/box/store/seg/00000001.seg"), 180000);
    CHECK_ST(world_backup(&w, world_path(&w, "backup"), 0, &made), ST_OK);
    CHECK(says(&w, "\"uid\":4,"));
    CHECK(says(&w, "the journal is damaged from"));
    world_close(&w);
}

TEST(each_set_is_told_of_by_itself)
{
    struct backup_made one, two;
    struct world w;
    struct str said;
    uint64_t at = 0;
    bool wrong;

    world_open(&w);
    world_letter(&w, 1000);
    CHECK_ST(world_backup(&w, world_path(&w, "backup"), 0, &one), ST_OK);
    world_letter(&w, 60000);
    CHECK_ST(world_backup(&w, world_path(&w, "backup"), 0, &two), ST_OK);
    CHECK(is_good_backup(&w));
    world_flip(world_path(&w, "backup/seg/00000001.seg"), 40000); /* behind what the first one has */
    said = verify_at(&w, UINT64_MAX, &wrong);
    CHECK(wrong);
    CHECK(str_search(said, STR("\"state\":\"good\"")) < str_search(said, STR("\"state\":\"damaged\"")));
    for (struct backup_set *sets = NULL; !sets;) {
        size_t n;

        CHECK_ST(backup_sets(&w.arena, world_path(&w, "backup"), &sets, &n), ST_OK);
        at = sets[0].time_us;
    }
    verify_at(&w, at, &wrong);
    CHECK(!wrong);
    world_flip(backup_path(&w.arena, world_path(&w, "backup"), one.set, STR(BACKUP_MANIFEST)), 100);
    CHECK(says(&w, "\"file\":\"manifest.json\""));
    world_close(&w);
}

TEST(what_is_no_backup_is_an_error)
{
    struct json j;
    struct buf out;
    struct world w;
    bool wrong;

    world_open(&w);
    buf_init(&out, 1 << 20);
    json_init(&j, &out);
    CHECK_ST(backup_verify(&w.arena, world_path(&w, "data"), UINT64_MAX, &j, &wrong), ST_NOTFOUND);
    buf_fini(&out);
    world_close(&w);
}
