#include "main/well_known.c"

#include "test.h"

static char dir[] = "/tmp/test-well-known-XXXXXX";

static enum st try(const char *name)
{
    uint32_t size = 0;
    int fd = -1;
    enum st st = well_known_open(str_z(dir), str_z(name), &fd, &size);

    CHECK((st == ST_OK) == (fd >= 0));
    if (fd >= 0)
        close(fd);
    return st;
}

static const char *path_of(const char *name)
{
    static char path[200];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void make(const char *name, mode_t mode)
{
    int fd = open(path_of(name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

    CHECK(fd >= 0 && fchmod(fd, mode) == 0);
    close(fd);
}

TEST(what_is_opened_and_what_not)
{
    static const char *const names[] = {"",     ".",      "..",      "/",       "a/",      "/a",        "acme//t",
                                        "../x", "a/../a", "acme/.h", ".hidden", "a/b/c",   "a b",       "a%41",
                                        "link", "secret", "acme",    "pipe",    "missing", "up/passwd", "acme/lnk"};
    char path[200], long_name[300];
    uint32_t size;
    int fd;

    CHECK(mkdtemp(dir) != NULL);
    snprintf(path, sizeof path, "%s/acme", dir);
    CHECK(mkdir(path, 0755) == 0);
    make("a", 0644);
    make("acme/t-_.9", 0644);
    make("acme/.h", 0644);
    make(".hidden", 0644);
    make("secret", 0640);
    snprintf(path, sizeof path, "%s/link", dir);
    CHECK(symlink("a", path) == 0);
    snprintf(path, sizeof path, "%s/acme/lnk", dir);
    CHECK(symlink("/etc/passwd", path) == 0);
    snprintf(path, sizeof path, "%s/up", dir);
    CHECK(symlink("/etc", path) == 0);
    snprintf(path, sizeof path, "%s/pipe", dir);
    CHECK(mkfifo(path, 0644) == 0);
    CHECK_ST(try("a"), ST_OK);
    CHECK_ST(try("acme/t-_.9"), ST_OK);
    CHECK(truncate(path_of("a"), 65536) == 0);
    CHECK_ST(try("a"), ST_OK);
    CHECK(truncate(path_of("a"), 65537) == 0);
    CHECK_ST(try("a"), ST_NOTFOUND);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        CHECK_ST(try(names[i]), ST_NOTFOUND);
    memset(long_name, 'a', sizeof long_name);
    CHECK_ST(well_known_open(str_z(dir), str_n(long_name, sizeof long_name), &fd, &size), ST_NOTFOUND);
    CHECK_ST(well_known_open(STR(""), STR("a"), &fd, &size), ST_NOTFOUND);
    CHECK_ST(well_known_open(STR("/nowhere/at/all"), STR("a"), &fd, &size), ST_NOTFOUND);
    snprintf(path, sizeof path, "rm -r %s", dir);
    CHECK(system(path) == 0);
}
