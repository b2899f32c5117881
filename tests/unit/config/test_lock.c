#include "config/lock.c"

#include "test.h"

#include <stdlib.h>
#include <sys/stat.h>

TEST(one_at_a_time_and_free_again_after_it)
{
    char dir[] = "/tmp/test-lock-XXXXXX", file[64];
    int fd = -1, again = -1;

    CHECK(mkdtemp(dir) != NULL);
    CHECK_ST(config_lock_data(str_z(dir), &fd), ST_OK);
    CHECK_ST(config_lock_data(str_z(dir), &again), ST_BUSY);
    CHECK(again == -1);
    close(fd);
    CHECK_ST(config_lock_data(str_z(dir), &again), ST_OK);
    close(again);
    snprintf(file, sizeof file, "%s/lock", dir);
    unlink(file);
    CHECK(symlink("/dev/null", file) == 0); /* not through a link */
    CHECK(config_lock_data(str_z(dir), &fd) != ST_OK);
    unlink(file);
    rmdir(dir);
    CHECK_ST(config_lock_data(str_z(dir), &fd), ST_NOTFOUND);
}

TEST(nobody_works_on_what_is_half_restored)
{
    char dir[] = "/tmp/test-lock-XXXXXX", half[64], file[64];
    int fd = -1;

    CHECK(mkdtemp(dir) != NULL);
    snprintf(half, sizeof half, "%s/" CONFIG_RESTORING, dir);
    snprintf(file, sizeof file, "%s/lock", dir);
    CHECK(mkdir(half, 0700) == 0);
    CHECK_ST(config_lock_data(str_z(dir), &fd), ST_DENIED);
    CHECK(fd == -1);
    CHECK_ST(config_lock_restoring(str_z(dir), &fd), ST_OK); /* but who restores */
    close(fd);
    rmdir(half);
    CHECK_ST(config_lock_data(str_z(dir), &fd), ST_OK);
    close(fd);
    unlink(file);
    rmdir(dir);
}
