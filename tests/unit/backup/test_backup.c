#include "backup/backup.c"

#include "fixture.h"
#include "test.h"

#include "admin/command.h"

static enum st run(struct world *w, const struct str *words, size_t n, struct str *out_json, bool *out_wrong)
{
    struct admin_backup b = {.hold = -1};
    struct admin_args args;
    struct buf out;
    enum st st;

    CHECK_ST(admin_parse(&w->arena, words, n, &args), ST_OK);
    b.args = &args;
    buf_init(&out, 1 << 20);
    st = backup_run(&b, &out, out_wrong);
    *out_json = arena_str(&w->arena, buf_str(&out));
    buf_fini(&out);
    return st;
}

TEST(sets_are_listed_with_what_they_hold)
{
    struct backup_made one, two;
    struct world w;
    struct str json, dir;
    bool wrong = false;

    world_open(&w);
    world_letter(&w, 1000);
    dir = str_z(world_path(&w, "backup"));
    CHECK_ST(run(&w, (const struct str[]){STR("backup"), STR("list"), dir}, 3, &json, &wrong), ST_NOTFOUND);
    CHECK_ST(world_backup(&w, dir.p, 0, &one), ST_OK);
    CHECK_ST(world_backup(&w, dir.p, 0, &two), ST_OK);
    world_flip(backup_path(&w.arena, dir.p, one.set, STR(BACKUP_MANIFEST)), 10);
    CHECK_ST(run(&w, (const struct str[]){STR("backup"), STR("list"), dir}, 3, &json, &wrong), ST_OK);
    CHECK(str_search(json, one.set) < str_search(json, two.set));
    CHECK(str_search(json, STR("the manifest is damaged")) < str_search(json, two.set));
    CHECK(str_search(json, STR("\"accounts\":1,\"messages\":1,")) < json.n);
    CHECK(str_search(json, STR("\"state\":\"complete\"")) < json.n);
    CHECK(!wrong);
    CHECK_ST(run(&w, (const struct str[]){STR("backup"), STR("verify"), dir}, 3, &json, &wrong), ST_OK);
    CHECK(wrong);
    wrong = false;
    CHECK_ST(run(&w, (const struct str[]){STR("backup"), STR("verify"), dir, STR("--at"), STR("2001-01-01")}, 5, &json,
                 &wrong),
             ST_NOTFOUND);
    CHECK_ST(
        run(&w, (const struct str[]){STR("backup"), STR("verify"), dir, STR("--at"), STR("never")}, 5, &json, &wrong),
        ST_SYNTAX);
    world_close(&w);
}

TEST(a_number_of_sets_is_wanted)
{
    static const char *const bad[] = {"0", "-1", "x", "", "10001"};
    struct world w;
    struct str json;
    bool wrong;

    world_open(&w);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_ST(run(&w, (const struct str[]){STR("backup"), STR("/nowhere"), STR("--keep"), str_z(bad[i])}, 4, &json,
                     &wrong),
                 ST_SYNTAX);
    world_close(&w);
}
