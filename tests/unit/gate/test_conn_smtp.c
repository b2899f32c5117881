/* Record and recipients stand right behind the body in the spool, whatever stood there before. */
#include "gate/conn_smtp.c"

#include "test.h"

#include <sys/mman.h>

static struct str take(int fd, size_t n, struct arena *a)
{
    struct str got = STR("?");

    CHECK_ST(beside_take(fd, 0, n, a, &got), ST_OK);
    return got;
}

static void test_body(void *core) SUSPENDS
{
    int fd = memfd_create("spool", MFD_CLOEXEC);
    struct smtp_letter l = {.spool = fd, .body_size = 4, .record = STR("record")};
    struct arena a = ARENA_INIT;
    bool own = true;

    CHECK_ST(beside_write(fd, STR("body")), ST_OK);
    CHECK_ST(fill_spool(NULL, &l, STR("bob, carol"), &fd, &own), ST_OK);
    CHECK_STR(take(fd, 20, &a), STR("bodyrecordbob, carol"));
    CHECK_ST(fill_spool(NULL, &l, STR("carol"), &fd, &own), ST_OK);
    CHECK_STR(take(fd, 15, &a), STR("bodyrecordcarol"));
    CHECK(!own);
    arena_fini(&a);
    close(fd);
    core_stop(core);
}

static void start(void *core)
{
    CHECK_ST(co_spawn(test_body, core, "test"), ST_OK);
}

TEST(a_letter_that_is_handed_in_once_more_for_fewer_goes_to_these)
{
    struct core *core = core_new(&(struct core_options){.name = "test", .coroutines = 4});

    core_post(core, start, core);
    core_run(core);
    core_free(core);
}
