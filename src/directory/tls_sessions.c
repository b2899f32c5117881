/* How connections to servers of other domains went, counted until the domain has had its report. Text is opaque here. */
#include "directory/sql.h"

static enum st count(struct directory *d, uint64_t *out)
{
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_TLS_COUNT, &s, ""));
    TRY(sql_row(d, s, &row));
    *out = row ? sql_number(s, 0) : 0;
    sqlite3_reset(s);
    return ST_OK;
}

static enum st note(struct directory *d, uint64_t day, struct str domain, const struct directory_tls *v, size_t n)
{
    sqlite3_stmt *s;
    uint64_t rows;

    TRY(count(d, &rows));
    if (rows + n > DIRECTORY_TLS_ROWS_MAX)
        return FAIL(ST_LIMIT, "%llu rows about connections wait to be reported", (unsigned long long)rows);
    for (size_t i = 0; i < n; i++) {
        TRY(sql_bind(d, SQL_TLS_NOTE, &s, "usssssssu", day, domain, v[i].type, v[i].policy, v[i].mx, v[i].result,
                     v[i].address, v[i].info, v[i].sessions));
        TRY(sql_run(d, s, NULL));
    }
    return ST_OK;
}

enum st directory_tls_note(struct directory *d, uint64_t day, struct str domain, const struct directory_tls *v,
                           size_t n)
{
    enum st st;

    TRY(directory_begin(d));
    st = note(d, day, domain, v, n);
    if (st == ST_OK)
        return directory_commit(d);
    directory_abort(d);
    return st;
}

static enum st trim(struct directory *d, uint64_t before)
{
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_TLS_TRIM, &s, "u", before));
    return sql_run(d, s, NULL);
}

static enum st next(struct directory *d, struct arena *a, uint64_t until, const struct directory_tls_day *after,
                    struct directory_tls_day *out)
{
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_TLS_NEXT, &s, "uus", until, after->day, after->domain));
    TRY(sql_row(d, s, &row));
    if (!row)
        return FAIL(ST_NOTFOUND, "nothing waits to be reported");
    *out = (struct directory_tls_day){sql_number(s, 0), sql_text(a, s, 1)};
    sqlite3_reset(s);
    return ST_OK;
}

static enum st rows(struct directory *d, struct arena *a, uint64_t day, struct str domain, struct directory_tls *out,
                    size_t *out_n)
{
    sqlite3_stmt *s;
    size_t n = 0;
    bool row;

    TRY(sql_bind(d, SQL_TLS_ROWS, &s, "usu", day, domain, (uint64_t)DIRECTORY_TLS_OF_ONE));
    for (;;) {
        TRY(sql_row(d, s, &row));
        if (!row)
            break;
        out[n++] = (struct directory_tls){.type = sql_text(a, s, 0),
                                          .policy = sql_text(a, s, 1),
                                          .mx = sql_text(a, s, 2),
                                          .result = sql_text(a, s, 3),
                                          .address = sql_text(a, s, 4),
                                          .info = sql_text(a, s, 5),
                                          .sessions = sql_number(s, 6)};
    }
    *out_n = n;
    return ST_OK;
}

enum st directory_tls_next(struct directory *d, struct arena *a, uint64_t until, const struct directory_tls_day *after,
                           struct directory_tls_day *out_day, struct directory_tls **out, size_t *out_n)
{
    struct directory_tls *v = ARENA_ARRAY(a, struct directory_tls, DIRECTORY_TLS_OF_ONE);

    if (until > DIRECTORY_TLS_DAYS)
        TRY(trim(d, until - DIRECTORY_TLS_DAYS));
    TRY(next(d, a, until, after, out_day));
    TRY(rows(d, a, out_day->day, out_day->domain, v, out_n));
    *out = v;
    return ST_OK;
}

enum st directory_tls_remove(struct directory *d, uint64_t day, struct str domain)
{
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_TLS_REMOVE, &s, "us", day, domain));
    return sql_run(d, s, NULL);
}
