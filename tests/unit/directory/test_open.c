#include "directory/open.c"

#include "test.h"

#include <unistd.h>

static char path[64];

static void fresh(void)
{
    char other[80];

    snprintf(path, sizeof(path), "/tmp/test-directory-%d.db", (int)getpid());
    unlink(path);
    snprintf(other, sizeof(other), "%s-wal", path);
    unlink(other);
    snprintf(other, sizeof(other), "%s-shm", path);
    unlink(other);
}

TEST(a_new_file_is_made_and_found_again)
{
    struct directory *d;
    bool ours = false;

    fresh();
    CHECK_ST(directory_open(path, &d), ST_OK);
    CHECK_ST(directory_domain_add(d, STR("example.test")), ST_OK);
    directory_close(d);
    CHECK_ST(directory_open(path, &d), ST_OK);
    CHECK_ST(directory_is_ours(d, STR("example.test"), &ours), ST_OK);
    CHECK(ours);
    directory_close(d);
    fresh();
}

TEST(files_of_others_and_of_the_future_are_left_alone)
{
    struct directory *d = NULL;
    sqlite3 *db;

    fresh();
    sqlite3_open(path, &db);
    sqlite3_exec(db, "CREATE TABLE t (a); PRAGMA user_version = 3", NULL, NULL, NULL);
    sqlite3_close(db);
    CHECK_ST(directory_open(path, &d), ST_CORRUPT);
    fresh();
    CHECK_ST(directory_open(path, &d), ST_OK);
    CHECK_ST(run(d, "PRAGMA user_version = 9999"), ST_OK);
    directory_close(d);
    CHECK_ST(directory_open(path, &d), ST_CORRUPT);
    fresh();
    FILE *f = fopen(path, "w");
    fputs("this is no database, but it is long enough to look at it: it has a hundred bytes or more, which is a header",
          f);
    fclose(f);
    CHECK_ST(directory_open(path, &d), ST_CORRUPT);
    fresh();
    CHECK_ST(directory_open("/nonexistent/x.db", &d), ST_IO);
}

TEST(what_is_aborted_never_was)
{
    struct directory *d;
    bool ours = true;

    CHECK_ST(directory_open(":memory:", &d), ST_OK);
    CHECK_ST(directory_begin(d), ST_OK);
    CHECK_ST(directory_domain_add(d, STR("example.test")), ST_OK);
    directory_abort(d);
    CHECK_ST(directory_is_ours(d, STR("example.test"), &ours), ST_OK);
    CHECK(!ours);
    directory_close(d);
}
