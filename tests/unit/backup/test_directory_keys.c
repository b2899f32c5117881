/* Out of a directory and back, by plain SQL; test_make.c has a real one. */
#include "backup/directory_keys.c"

#include "base/arena.h"
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

static sqlite3 *made(char path[40], const char *sql)
{
    sqlite3 *db = NULL;
    int fd;

    snprintf(path, 40, "/tmp/test-directory-keys-XXXXXX");
    fd = mkstemp(path);
    CHECK(fd >= 0 && close(fd) == 0);
    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK_ST(run(db, path, sql), ST_OK);
    return db;
}

static int64_t number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *ask = NULL;
    int64_t n = -1;

    if (sqlite3_prepare_v2(db, sql, -1, &ask, NULL) == SQLITE_OK && sqlite3_step(ask) == SQLITE_ROW)
        n = sqlite3_column_int64(ask, 0);
    sqlite3_finalize(ask);
    return n;
}

TEST(an_old_directory_has_none)
{
    char path[40];
    sqlite3 *db = made(path, "CREATE TABLE account (id INTEGER)");
    struct buf keys;

    buf_init(&keys, 1 << 20);
    CHECK_ST(directory_keys_take(db, path, &keys), ST_OK);
    CHECK_U64(keys.n, 0);
    sqlite3_close(db);
    buf_fini(&keys);
    CHECK(unlink(path) == 0);
}

/* Values of all types come back as they were, and what was deleted before is not in free pages. */
TEST(keys_go_and_come_back)
{
    static const char *const make =
        "CREATE TABLE secret (id INTEGER PRIMARY KEY AUTOINCREMENT, use TEXT NOT NULL, value TEXT NOT NULL) STRICT;"
        "INSERT INTO secret VALUES (7, 'srs', 'the-secret-0'), (9, 'x', 'the-secret-1');"
        "DELETE FROM secret WHERE id = 9; CREATE TABLE account (id INTEGER); INSERT INTO account VALUES (3)";
    char path[40], bytes[65536] = {0};
    sqlite3 *db = made(path, make);
    struct buf keys;
    FILE *f;

    buf_init(&keys, 1 << 20);
    CHECK_ST(directory_keys_take(db, path, &keys), ST_OK);
    CHECK(keys.n > 0);
    CHECK_U64((uint64_t)number(db, "SELECT count(*) FROM secret"), 0);
    sqlite3_close(db);
    f = fopen(path, "r");
    CHECK(f && fread(bytes, 1, sizeof bytes, f) > 0);
    CHECK(!memmem(bytes, sizeof bytes, "the-secret", 10));
    fclose(f);
    CHECK_ST(directory_keys_put(path, buf_str(&keys)), ST_OK);
    CHECK_ST(directory_keys_put(path, buf_str(&keys)), ST_OK); /* again: the same */
    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK_U64((uint64_t)number(db, "SELECT id FROM secret WHERE value = 'the-secret-0' AND use = 'srs'"), 7);
    CHECK_U64((uint64_t)number(db, "SELECT count(*) FROM secret"), 1);
    CHECK_U64((uint64_t)number(db, "SELECT id FROM account"), 3);
    sqlite3_close(db);
    CHECK_ST(directory_keys_put(path, STR("no database at all")), ST_IO);
    buf_fini(&keys);
    CHECK(unlink(path) == 0);
}
