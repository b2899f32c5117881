#include "store/os_file.c"

#include "fixture.h"
#include "test.h"

static const struct os_file *const os = &os_file_system;

TEST(files_are_written_read_listed_and_removed)
{
    const char *dir = new_dir();
    struct arena a = ARENA_INIT;
    const char *path = arena_printf(&a, "%s/file", dir).p, *to = arena_printf(&a, "%s/other", dir).p;
    uint64_t size = 0, room = 0;
    struct str *names;
    char got[10];
    size_t n;
    int fd;

    CHECK_ST(os->open(os, path, O_RDWR, &fd), ST_NOTFOUND);
    CHECK_ST(os->open(os, path, O_RDWR | O_CREAT, &fd), ST_OK);
    CHECK_ST(os->write(os, fd, "0123456789", 10, 5), ST_OK);
    CHECK_ST(os->sync(os, fd), ST_OK);
    CHECK_ST(os->read(os, fd, got, 10, 5), ST_OK);
    CHECK(memcmp(got, "0123456789", 10) == 0);
    CHECK_ST(os->read(os, fd, got, 10, 6), ST_CORRUPT);
    CHECK(os->read_cached(os, fd, got, 10, 5) != ST_CORRUPT);
    CHECK_ST(os->read(os, fd, got, 10, 50), ST_CORRUPT);
    CHECK(os->read_cached(os, fd, got, 10, 50) != ST_OK); /* ST_TRYLATER where the file system can't tell: tmpfs */
    CHECK_ST(os->allocate(os, fd, 8192), ST_OK);
    CHECK_ST(os->size(os, fd, &size), ST_OK);
    CHECK_U64(size, 8192);
    CHECK_ST(os->truncate(os, fd, 100), ST_OK);
    CHECK_ST(os->size(os, fd, &size), ST_OK);
    CHECK_U64(size, 100);
    os->close(os, fd);
    CHECK_ST(os->rename(os, path, to), ST_OK);
    CHECK_ST(os->mkdir(os, path), ST_OK);
    CHECK_ST(os->mkdir(os, path), ST_OK);
    CHECK_ST(os->sync_dir(os, dir), ST_OK);
    CHECK_ST(os->list(os, &a, dir, 2, &names, &n), ST_OK);
    CHECK_U64(n, 2);
    CHECK_ST(os->list(os, &a, dir, 1, &names, &n), ST_LIMIT);
    CHECK_ST(os->list(os, &a, to, 1, &names, &n), ST_IO);
    CHECK_ST(os->unlink(os, to), ST_OK);
    CHECK_ST(os->unlink(os, to), ST_NOTFOUND);
    CHECK_ST(os->free_space(os, dir, &room), ST_OK);
    CHECK(room > 0);
    arena_fini(&a);
    remove_dir(dir);
}

TEST(a_lock_keeps_others_out)
{
    const char *dir = new_dir();
    struct arena a = ARENA_INIT;
    const char *path = arena_printf(&a, "%s/LOCK", dir).p;
    int one, two;

    CHECK_ST(os->open(os, path, O_RDWR | O_CREAT, &one), ST_OK);
    CHECK_ST(os->open(os, path, O_RDWR, &two), ST_OK);
    CHECK_ST(os->lock(os, one), ST_OK);
    CHECK_ST(os->lock(os, two), ST_BUSY);
    os->close(os, one);
    CHECK_ST(os->lock(os, two), ST_OK);
    os->close(os, two);
    arena_fini(&a);
    remove_dir(dir);
}

TEST(fault_points_stand_for_a_bad_disk)
{
    const char *dir = new_dir();
    struct arena a = ARENA_INIT;
    const char *path = arena_printf(&a, "%s/file", dir).p;
    int fd;

    fault_arm(FAULT_os_open, 1, 1);
    CHECK_ST(os->open(os, path, O_RDWR | O_CREAT, &fd), ST_IO);
    CHECK_ST(os->open(os, path, O_RDWR | O_CREAT, &fd), ST_OK);
    fault_arm(FAULT_os_write, 1, 2);
    CHECK_ST(os->write(os, fd, "x", 1, 0), ST_NOSPACE);
    CHECK_ST(os->allocate(os, fd, 100), ST_NOSPACE);
    CHECK_ST(os->write(os, fd, "x", 1, 0), ST_OK);
    fault_arm(FAULT_os_sync, 1, 1);
    CHECK_ST(os->sync(os, fd), ST_IO);
    fault_arm(FAULT_os_read, 1, 1);
    CHECK_ST(os->read(os, fd, (char[1]){0}, 1, 0), ST_IO);
    fault_arm(FAULT_os_read, 0, 0);
    os->close(os, fd);
    arena_fini(&a);
    remove_dir(dir);
}
