/* Keys that the server has made for itself, by what they are for, and senders that do not fit the address that an alias' letter leaves under. */
#include "directory/sql.h"

#define SENDERS_MAX 100000u

enum st directory_secret_list(struct directory *d, struct arena *a, struct str use, struct directory_secret *out,
                              size_t max, size_t *out_n)
{
    sqlite3_stmt *s;
    size_t n = 0;
    bool row;

    TRY(sql_bind(d, SQL_SECRET_LIST, &s, "su", use, (uint64_t)max));
    for (;;) {
        TRY(sql_row(d, s, &row));
        if (!row || n == max)
            break;
        out[n++] = (struct directory_secret){sql_number(s, 0), sql_text(a, s, 1), sql_number(s, 2)};
    }
    sqlite3_reset(s);
    *out_n = n;
    return ST_OK;
}

enum st directory_secret_add(struct directory *d, struct str use, struct str value, uint64_t now_us)
{
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_SECRET_ADD, &s, "ssu", use, value, now_us));
    return sql_run(d, s, NULL);
}

enum st directory_secret_remove(struct directory *d, uint64_t id)
{
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_SECRET_REMOVE, &s, "u", id));
    return sql_run(d, s, NULL);
}

static enum st find(struct directory *d, struct str sender, uint64_t *out)
{
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_SENDER_FIND, &s, "s", sender));
    TRY(sql_row(d, s, &row));
    if (!row)
        return ST_NOTFOUND;
    *out = sql_number(s, 0);
    sqlite3_reset(s);
    return ST_OK;
}

static enum st keep(struct directory *d, struct str sender, uint64_t now_us, uint64_t *out)
{
    enum st st = find(d, sender, out);
    sqlite3_stmt *s;

    if (st == ST_NOTFOUND) {
        TRY(sql_bind(d, SQL_SENDER_TRIM, &s, "uu", now_us - MIN(now_us, DIRECTORY_SENDER_US), (uint64_t)SENDERS_MAX));
        TRY(sql_run(d, s, NULL));
        TRY(sql_bind(d, SQL_SENDER_ADD, &s, "su", sender, now_us));
        TRY(sql_run(d, s, NULL));
        return find(d, sender, out);
    }
    TRY(st);
    /* to the day: one who writes all the time costs a write a day */
    TRY(sql_bind(d, SQL_SENDER_USED, &s, "uuu", *out, now_us, now_us - MIN(now_us, (uint64_t)86400000000)));
    return sql_run(d, s, NULL);
}

enum st directory_sender_keep(struct directory *d, struct str sender, uint64_t now_us, uint64_t *out)
{
    enum st st;

    TRY(directory_begin(d));
    st = keep(d, sender, now_us, out);
    if (st == ST_OK)
        return directory_commit(d);
    directory_abort(d);
    return st;
}

enum st directory_sender_kept(struct directory *d, struct arena *a, uint64_t number, struct str *out)
{
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_SENDER_GET, &s, "u", number));
    TRY(sql_row(d, s, &row));
    if (!row)
        return FAIL(ST_NOTFOUND, "that sender is not kept any more");
    *out = sql_text(a, s, 0);
    sqlite3_reset(s);
    return ST_OK;
}
