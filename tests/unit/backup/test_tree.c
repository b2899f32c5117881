#include "backup/tree.c"

#include "test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

TEST(all_of_it_goes_and_nothing_else)
{
    char dir[] = "/tmp/test-tree-XXXXXX", command[400];
    struct stat s;

    CHECK(mkdtemp(dir) != NULL);
    snprintf(command, sizeof command,
             "cd %s && mkdir -p a/b/c other && touch a/x a/b/y a/b/c/z other/stays && ln -s ../other a/b/link", dir);
    CHECK(system(command) == 0);
    snprintf(command, sizeof command, "%s/a", dir);
    CHECK_ST(tree_own(command, geteuid(), getegid()), ST_OK);
    CHECK_ST(tree_remove(command), ST_OK);
    CHECK(stat(command, &s) != 0);
    CHECK_ST(tree_remove(command), ST_OK); /* there is none */
    snprintf(command, sizeof command, "%s/other/stays", dir);
    CHECK(stat(command, &s) == 0);
    CHECK_ST(tree_remove(dir), ST_OK);
}

TEST(what_may_not_be_done_is_told)
{
    CHECK(tree_own("/tmp/no-such-directory-here/x", 0, 0) == ST_OK); /* nothing is there to be owned */
    CHECK(tree_remove("/proc/self/stat") != ST_OK);
}
