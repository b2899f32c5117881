#include "backup/restore.c"

#include "test.h"

#include <stdlib.h>

static char dir[32];

static void begin(struct whole *w)
{
    snprintf(dir, sizeof dir, "/tmp/test-restore-XXXXXX");
    CHECK(mkdtemp(dir) != NULL);
    *w = (struct whole){.data = dir, .c.lock = -1};
    w->tmp = arena_printf(&w->arena, "%s/" CONFIG_RESTORING, dir).p;
}

static void end(struct whole *w)
{
    CHECK_ST(tree_remove(dir), ST_OK);
    map_fini(&w->more);
    arena_fini(&w->arena);
}

static void make(struct whole *w, const char *name, bool is_dir)
{
    const char *path = arena_printf(&w->arena, "%s/%s", dir, name).p;
    int fd;

    if (is_dir) {
        CHECK(mkdir(path, 0700) == 0);
        return;
    }
    fd = open(path, O_CREAT | O_WRONLY, 0600);
    CHECK(fd >= 0 && close(fd) == 0);
}

TEST(only_an_empty_directory_will_do)
{
    struct whole w;

    begin(&w);
    CHECK_ST(check_empty(&w), ST_OK);
    make(&w, "lock", false);
    make(&w, "lost+found", true);
    make(&w, CONFIG_RESTORING, true);
    CHECK_ST(check_empty(&w), ST_OK);
    make(&w, "box", true);
    CHECK_ST(check_empty(&w), ST_EXISTS);
    CHECK(strstr(err_get()->text, "\"box\"") != NULL);
    end(&w);
}

TEST(what_was_cut_while_it_took_its_places_is_finished)
{
    for (int n = 0; n < 3; n++) { /* parts that have moved already */
        struct whole w;

        begin(&w);
        make(&w, CONFIG_RESTORING, true);
        make(&w, n > 0 ? "box" : CONFIG_RESTORING "/box", true);
        make(&w, n > 1 ? "keeper" : CONFIG_RESTORING "/keeper", true);
        make(&w, CONFIG_RESTORING "/" WHOLE, false);
        CHECK_ST(move_all(&w), ST_OK);
        CHECK(access(arena_printf(&w.arena, "%s/box", dir).p, F_OK) == 0);
        CHECK(access(arena_printf(&w.arena, "%s/keeper", dir).p, F_OK) == 0);
        CHECK(access(w.tmp, F_OK) != 0);
        end(&w);
    }
}

TEST(files_go_where_the_server_has_them)
{
    static const struct {
        const char *name, *to;
    } cases[] = {{"seg/00000007.seg", "box/store/seg/00000007.seg"},
                 {"dict/0001.dict", "box/store/dict/0001.dict"},
                 {"00000012.snap", "box/store/snap/00000012.snap"},
                 {"directory.db", "keeper/directory.db"},
                 {"keys.sealed", NULL},
                 {"restante.conf", NULL}};
    struct segment_named seven = {7};
    struct whole w;

    begin(&w);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *to = place_of(&w, str_z(cases[i].name));

        CHECK((to != NULL) == (cases[i].to != NULL));
        if (to)
            CHECK_STR(str_from(str_z(to), strlen(w.tmp) + 1), str_z(cases[i].to));
    }
    map_put(&w.more, 7, &seven);
    CHECK(is_wanted_longer(&w, STR("seg/00000007.seg")));
    CHECK(!is_wanted_longer(&w, STR("seg/00000008.seg")));
    CHECK(!is_wanted_longer(&w, STR("00000007.snap")));
    end(&w);
}
