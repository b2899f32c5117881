/* Users of this machine who count as an account when they hand in letters. */
#include "directory/sql.h"

#define NAME_MAX_BYTES 32 /* as useradd has it */

bool directory_is_local_user(struct str name)
{
    bool fits = name.n > 0 && name.n <= NAME_MAX_BYTES && name.p[0] != '.' && name.p[name.n - 1] != '.';

    for (size_t i = 0; fits && i < name.n; i++)
        fits = ascii_is_alnum(name.p[i]) || name.p[i] == '_' || name.p[i] == '-' ||
               (name.p[i] == '.' && name.p[i - 1] != '.');
    return fits;
}

static enum st add(struct directory *d, uint64_t account, struct str name)
{
    sqlite3_stmt *s;
    enum st st;

    if (!directory_is_local_user(name))
        return FAIL(ST_SYNTAX, "\"%.*s\" is no name of a user", (int)MIN(name.n, (size_t)60), name.p);
    TRY(sql_bind(d, SQL_LOCAL_USER_ADD, &s, "su", name, account));
    st = sql_run(d, s, NULL);
    if (st == ST_EXISTS)
        return FAIL(ST_EXISTS, "the user %.*s has another account already, or is named twice", STR_ARGS(name));
    return st;
}

static enum st replace(struct directory *d, uint64_t account, const struct str *names, size_t n)
{
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_LOCAL_USER_REMOVE_ALL, &s, "u", account));
    TRY(sql_run(d, s, NULL));
    for (size_t i = 0; i < n; i++)
        TRY(add(d, account, names[i]));
    return ST_OK;
}

enum st directory_local_users_set(struct directory *d, uint64_t account, const struct str *names, size_t n)
{
    bool own = !d->in_transaction;
    enum st st;

    if (n > DIRECTORY_LOCAL_USERS_MAX)
        return FAIL(ST_LIMIT, "an account has at most %d users of this machine", DIRECTORY_LOCAL_USERS_MAX);
    if (own)
        TRY(directory_begin(d));
    st = replace(d, account, names, n);
    if (own && st == ST_OK)
        return directory_commit(d);
    if (own)
        directory_abort(d);
    return st;
}

enum st directory_local_users_list(struct directory *d, struct arena *a, uint64_t account, struct str **out,
                                   size_t *out_n)
{
    struct str *v = ARENA_ARRAY(a, struct str, DIRECTORY_LOCAL_USERS_MAX);
    size_t n = 0;
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_LOCAL_USER_LIST, &s, "uu", account, (uint64_t)DIRECTORY_LOCAL_USERS_MAX));
    for (;;) {
        TRY(sql_row(d, s, &row));
        if (!row || n == DIRECTORY_LOCAL_USERS_MAX)
            break;
        v[n++] = sql_text(a, s, 0);
    }
    sqlite3_reset(s);
    *out = v;
    *out_n = n;
    return ST_OK;
}

enum st directory_local_user_find(struct directory *d, struct arena *a, struct str name, struct directory_account *out)
{
    sqlite3_stmt *s;
    uint64_t id;
    bool row;

    TRY(sql_bind(d, SQL_LOCAL_USER_FIND, &s, "s", name));
    TRY(sql_row(d, s, &row));
    if (!row)
        return FAIL(ST_NOTFOUND, "the user %.*s has no account", STR_ARGS(name));
    id = sql_number(s, 0);
    sqlite3_reset(s);
    return directory_account_by_id(d, a, id, out);
}
