#include "main/figures.c"

#include "test.h"

/* A gate must not be able to write to the pages of others. */
TEST(a_page_that_is_given_to_read_is_good_for_nothing_else)
{
    char path[64];
    uint64_t *mine, *theirs;
    int fd = -1, reading;

    CHECK_ST(make_page("metrics", METRICS_BYTES, &fd), ST_OK);
    mine = mmap(NULL, METRICS_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(mine != MAP_FAILED && ftruncate(fd, 0) != 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    reading = open(path, O_RDONLY | O_CLOEXEC);
    CHECK(mmap(NULL, METRICS_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, reading, 0) == MAP_FAILED && errno == EACCES);
    theirs = mmap(NULL, METRICS_BYTES, PROT_READ, MAP_SHARED, reading, 0);
    CHECK(theirs != MAP_FAILED);
    mine[3] = 4711;
    CHECK_U64(theirs[3], 4711);
    CHECK(mprotect(theirs, METRICS_BYTES, PROT_READ | PROT_WRITE) != 0);
    munmap(mine, METRICS_BYTES);
    munmap(theirs, METRICS_BYTES);
    close(fd);
    close(reading);
}
