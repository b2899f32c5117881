#include "directory/open.c"

#include "test.h"

#include <sys/wait.h>
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

/* The file alone, without the log beside it. */
static bool holds_domain(void)
{
    sqlite3_stmt *found = NULL;
    char uri[100];
    sqlite3 *db;
    bool is;

    snprintf(uri, sizeof uri, "file:%s?immutable=1", path);
    sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
    sqlite3_prepare_v2(db, "SELECT 1 FROM domain WHERE name = 'example.test'", -1, &found, NULL);
    is = sqlite3_step(found) == SQLITE_ROW;
    sqlite3_finalize(found);
    sqlite3_close(db);
    return is;
}

/* A commit of a process that was killed before its sync is seen by the next one, which goes by it. */
TEST(what_a_killed_process_has_written_is_made_durable_when_it_is_opened)
{
    struct directory *d;
    pid_t pid;
    int how;

    fresh();
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        bool ok = directory_open(path, &d) == ST_OK && directory_domain_add(d, STR("example.test")) == ST_OK;

        _exit(ok ? 0 : 1);
    }
    CHECK(waitpid(pid, &how, 0) == pid && how == 0);
    CHECK(!holds_domain());
    CHECK_ST(directory_open(path, &d), ST_OK);
    CHECK(holds_domain());
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
