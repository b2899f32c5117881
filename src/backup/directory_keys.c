#include "backup/directory_keys.h"

#include "base/secret.h"

/* A directory that no server of today has opened may lack some. All columns go, whatever later versions add to them: keys and directory are of
 * one backup, so both sides have the same ones, and a list of names would leave out what it does not know. */
static const char *const tables[][3] = {
    {"dkim_key", "CREATE TABLE keys.dkim_key AS SELECT * FROM main.dkim_key; DELETE FROM main.dkim_key",
     "INSERT OR REPLACE INTO main.dkim_key SELECT * FROM keys.dkim_key"},
    {"secret", "CREATE TABLE keys.secret AS SELECT * FROM main.secret; DELETE FROM main.secret",
     "INSERT OR REPLACE INTO main.secret SELECT * FROM keys.secret"},
};

enum st directory_keys_failed(sqlite3 *db, const char *what, int rc)
{
    const char *why = db ? sqlite3_errmsg(db) : sqlite3_errstr(rc);

    switch (rc & 0xff) {
    case SQLITE_FULL: return FAIL(ST_NOSPACE, "no space is left for %s", what);
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return FAIL(ST_TRYLATER, "%s: %s", what, why);
    default: return FAIL(ST_IO, "%s: %s", what, why);
    }
}

static enum st run(sqlite3 *db, const char *what, const char *sql)
{
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? ST_OK : directory_keys_failed(db, what, rc);
}

static enum st has_table(sqlite3 *db, const char *what, const char *in, const char *name, bool *out)
{
    sqlite3_stmt *ask = NULL;
    char *sql = sqlite3_mprintf("SELECT 1 FROM %s.sqlite_master WHERE type = 'table' AND name = %Q", in, name);
    int rc = sqlite3_prepare_v2(db, sql, -1, &ask, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(ask);
    sqlite3_finalize(ask);
    sqlite3_free(sql);
    *out = rc == SQLITE_ROW;
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? ST_OK : directory_keys_failed(db, what, rc);
}

static enum st move_out(sqlite3 *db, const char *what, bool *out_any)
{
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        bool is;

        TRY(has_table(db, what, "main", tables[i][0], &is));
        if (is)
            TRY(run(db, what, tables[i][1]));
        *out_any = *out_any || is;
    }
    return ST_OK;
}

enum st directory_keys_take(sqlite3 *db, const char *what, struct buf *out)
{
    bool any = false;

    TRY(run(db, what,
            "PRAGMA journal_mode = MEMORY; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON;"
            "ATTACH ':memory:' AS keys"));
    TRY(move_out(db, what, &any));
    if (any && out) {
        sqlite3_int64 n = 0;
        unsigned char *p = sqlite3_serialize(db, "keys", &n, 0);

        if (!p)
            return directory_keys_failed(db, what, SQLITE_NOMEM);
        buf_add(out, str_n((const char *)p, (size_t)n));
        wipe(p, (size_t)n);
        sqlite3_free(p);
        TRY(buf_check(out));
    }
    return run(db, what, "DETACH keys; VACUUM; PRAGMA journal_mode = DELETE");
}

static enum st put_back(sqlite3 *db, const char *what, struct str keys)
{
    unsigned char *p = sqlite3_malloc64(keys.n);
    bool is, may;

    TRY(run(db, what, "ATTACH ':memory:' AS keys"));
    if (!p)
        return directory_keys_failed(db, what, SQLITE_NOMEM);
    memcpy(p, keys.p, keys.n);
    if (sqlite3_deserialize(db, "keys", p, (sqlite3_int64)keys.n, (sqlite3_int64)keys.n,
                            SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_READONLY) != SQLITE_OK)
        return directory_keys_failed(db, what, SQLITE_CORRUPT);
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        TRY(has_table(db, what, "keys", tables[i][0], &is));
        TRY(has_table(db, what, "main", tables[i][0], &may));
        if (is && may)
            TRY(run(db, what, tables[i][2]));
    }
    return ST_OK;
}

enum st directory_keys_put(const char *directory, struct str keys)
{
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(directory, &db, SQLITE_OPEN_READWRITE, NULL);
    enum st st = rc == SQLITE_OK ? put_back(db, directory, keys) : directory_keys_failed(db, directory, rc);

    sqlite3_close(db);
    return st;
}
