/* The thin layer over SQLite. Statements are prepared when first used and kept. */
#include "directory/sql.h"

#include "base/must.h"

#include <stdarg.h>

static const char *const texts[SQL_COUNT] = {
#define SQL(name, text) [SQL_##name] = text,
#include "directory/statements.def"
#undef SQL
};

enum st sql_fail(struct directory *d, const char *what)
{
    static const struct {
        int code;
        enum st st;
    } rows[] = {
        {SQLITE_CONSTRAINT, ST_EXISTS}, {SQLITE_BUSY, ST_TRYLATER},   {SQLITE_LOCKED, ST_TRYLATER},
        {SQLITE_FULL, ST_NOSPACE},      {SQLITE_CORRUPT, ST_CORRUPT}, {SQLITE_NOTADB, ST_CORRUPT},
        {SQLITE_CANTOPEN, ST_IO},       {SQLITE_READONLY, ST_DENIED}, {SQLITE_PERM, ST_DENIED},
        {SQLITE_TOOBIG, ST_LIMIT},
    };
    int code = sqlite3_errcode(d->db) & 0xff;
    enum st st = ST_IO;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].code == code)
            st = rows[i].st;
    err_set(st, __FILE__, __LINE__, "%s: %s", what, sqlite3_errmsg(d->db));
    return st;
}

enum st sql_bind(struct directory *d, enum sql_statement which, sqlite3_stmt **out, const char *kinds, ...)
{
    sqlite3_stmt *s = d->statements[which];
    int rc = SQLITE_OK;
    va_list ap;

    if (!s) {
        if (sqlite3_prepare_v3(d->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT, &s, NULL) != SQLITE_OK)
            return sql_fail(d, "preparing a statement");
        d->statements[which] = s;
    }
    sqlite3_reset(s);
    va_start(ap, kinds);
    for (int i = 0; kinds[i] && rc == SQLITE_OK; i++)
        switch (kinds[i]) {
        case 's': {
            struct str t = va_arg(ap, struct str);
            rc = sqlite3_bind_text(s, i + 1, t.n ? t.p : "", (int)t.n, SQLITE_TRANSIENT);
            break;
        }
        case 'x': {
            struct str t = va_arg(ap, struct str);
            rc = sqlite3_bind_blob(s, i + 1, t.n ? t.p : "", (int)t.n, SQLITE_TRANSIENT);
            break;
        }
        case 'u': rc = sqlite3_bind_int64(s, i + 1, (sqlite3_int64)va_arg(ap, uint64_t)); break;
        case 'b': rc = sqlite3_bind_int(s, i + 1, va_arg(ap, int)); break;
        default: never("a kind of parameter that is not known");
        }
    va_end(ap);
    if (rc != SQLITE_OK)
        return sql_fail(d, "binding a parameter");
    *out = s;
    return ST_OK;
}

enum st sql_row(struct directory *d, sqlite3_stmt *s, bool *out_row)
{
    int rc = sqlite3_step(s);
    enum st st;

    if (rc == SQLITE_ROW) {
        *out_row = true;
        return ST_OK;
    }
    if (rc == SQLITE_DONE) {
        sqlite3_reset(s);
        *out_row = false;
        return ST_OK;
    }
    st = sql_fail(d, "reading the directory");
    sqlite3_reset(s);
    return st;
}

enum st sql_run(struct directory *d, sqlite3_stmt *s, uint64_t *out_changed)
{
    int rc = sqlite3_step(s);
    enum st st = rc == SQLITE_DONE ? ST_OK : sql_fail(d, "changing the directory");

    if (st == ST_OK && out_changed)
        *out_changed = (uint64_t)sqlite3_changes(d->db);
    sqlite3_reset(s);
    return st;
}

struct str sql_text(struct arena *a, sqlite3_stmt *s, int column)
{
    const char *p = (const char *)sqlite3_column_text(s, column);

    return p ? arena_str(a, str_n(p, (size_t)sqlite3_column_bytes(s, column))) : STR_NONE;
}

struct str sql_bytes(struct arena *a, sqlite3_stmt *s, int column)
{
    const char *p = sqlite3_column_blob(s, column);

    return p ? arena_str(a, str_n(p, (size_t)sqlite3_column_bytes(s, column))) : STR_NONE;
}

static enum st run_named(struct directory *d, enum sql_statement which)
{
    sqlite3_stmt *s;

    TRY(sql_bind(d, which, &s, ""));
    return sql_run(d, s, NULL);
}

enum st directory_begin(struct directory *d)
{
    must(!d->in_transaction);
    TRY(run_named(d, SQL_BEGIN));
    d->in_transaction = true;
    return ST_OK;
}

enum st directory_commit(struct directory *d)
{
    enum st st;

    must(d->in_transaction);
    st = run_named(d, SQL_COMMIT);
    if (st != ST_OK) {
        struct err kept = *err_get();

        directory_abort(d);
        *err_get() = kept;
        return st;
    }
    d->in_transaction = false;
    return ST_OK;
}

void directory_abort(struct directory *d)
{
    if (!d->in_transaction)
        return;
    d->in_transaction = false;
    if (!sqlite3_get_autocommit(d->db) && run_named(d, SQL_ROLLBACK) != ST_OK)
        never("a transaction that can't be taken back");
}

enum st sql_scope_begin(struct directory *d, struct sql_scope *sc)
{
    sc->own = !d->in_transaction;
    return sc->own ? directory_begin(d) : ST_OK;
}

enum st sql_scope_end(struct directory *d, struct sql_scope *sc, enum st st)
{
    struct err kept;

    if (!sc->own)
        return st;
    if (st == ST_OK)
        return directory_commit(d);
    kept = *err_get();
    directory_abort(d);
    *err_get() = kept;
    return st;
}
