/* Opening the file: who it belongs to (application_id), which schema it has (user_version), and the steps to ours. */
#include "directory/sql.h"

#include "base/must.h"

#include <stdio.h>

#define APPLICATION_ID 0x52737464 /* "Rstd" */

static const char *const migrations[] = {
#define MIGRATION(text) text,
#include "directory/migrations.def"
#undef MIGRATION
};

static enum st run(struct directory *d, const char *sql)
{
    return sqlite3_exec(d->db, sql, NULL, NULL, NULL) == SQLITE_OK ? ST_OK : sql_fail(d, "opening the directory");
}

static enum st pragma(struct directory *d, const char *sql, int64_t *out)
{
    sqlite3_stmt *s;

    if (sqlite3_prepare_v2(d->db, sql, -1, &s, NULL) != SQLITE_OK)
        return sql_fail(d, "opening the directory");
    *out = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : -1;
    return sqlite3_finalize(s) == SQLITE_OK ? ST_OK : sql_fail(d, "opening the directory");
}

static enum st migrate(struct directory *d)
{
    char set[64];
    int64_t application, version;

    TRY(pragma(d, "PRAGMA application_id", &application));
    TRY(pragma(d, "PRAGMA user_version", &version));
    if (application != APPLICATION_ID && (application != 0 || version != 0))
        return FAIL(ST_CORRUPT, "the file of the directory belongs to another program");
    if (version < 0 || version > (int64_t)ARRAY_LEN(migrations))
        return FAIL(ST_CORRUPT, "the directory was written by a newer version of this program");
    for (size_t i = (size_t)version; i < ARRAY_LEN(migrations); i++) {
        TRY(directory_begin(d));
        snprintf(set, sizeof(set), "PRAGMA application_id = %d; PRAGMA user_version = %zu", APPLICATION_ID, i + 1);
        if (run(d, migrations[i]) != ST_OK || run(d, set) != ST_OK) {
            enum st st = sql_fail(d, "bringing the directory up to date");

            directory_abort(d);
            return st;
        }
        TRY(directory_commit(d));
    }
    return ST_OK;
}

/* What a process that was killed has written may be in memory only: it becomes durable before anybody is told of it. On
 * a full disk the log stays where it is, synced. */
static enum st make_durable(struct directory *d)
{
    switch (sqlite3_wal_checkpoint_v2(d->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL)) {
    case SQLITE_OK:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL: return ST_OK;
    default: return sql_fail(d, "writing out the directory's log");
    }
}

static enum st set_up(struct directory *d)
{
    sqlite3_busy_timeout(d->db, 5000);
    sqlite3_extended_result_codes(d->db, 0);
    sqlite3_db_config(d->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_limit(d->db, SQLITE_LIMIT_LENGTH, 1 << 20);
    TRY(run(
        d,
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
        "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384"));
    TRY(migrate(d));
    return make_durable(d);
}

enum st directory_open(const char *path, struct directory **out)
{
    struct directory *d = MEM_NEW(struct directory);
    enum st st;

    if (sqlite3_open_v2(path, &d->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, NULL) !=
        SQLITE_OK) {
        if (d->db)
            st = sql_fail(d, path);
        else
            st = FAIL(ST_INTERNAL, "no memory for the directory");
        directory_close(d);
        return st;
    }
    st = set_up(d);
    if (st != ST_OK) {
        directory_close(d);
        return st;
    }
    *out = d;
    return ST_OK;
}

void directory_close(struct directory *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < SQL_COUNT; i++)
        sqlite3_finalize(d->statements[i]);
    if (sqlite3_close(d->db) != SQLITE_OK)
        never("a statement of the directory is still open");
    mem_free(d);
}
