/* Addresses that an account may send as though their mail goes elsewhere: another account's, an alias', a list's, or all of a domain. Triggers (migrations.def) keep
 * them in step: they go with either account, and follow the address when it is renamed. */
#include "directory/sql.h"

#include "base/clock.h"

#define ROWS_MAX 100000u /* of one answer */

static enum st bind_address(struct directory *d, struct arena *a, enum sql_statement which, uint64_t account,
                            const struct directory_address *address, sqlite3_stmt **out)
{
    return sql_bind(d, which, out, "uss", account, address->domain, directory_key(a, address->local));
}

static enum st count(struct directory *d, uint64_t account, uint64_t *out)
{
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_DELEGATE_COUNT, &s, "u", account));
    TRY(sql_row(d, s, &row));
    *out = row ? sql_number(s, 0) : 0;
    sqlite3_reset(s);
    return ST_OK;
}

enum st directory_delegate_add(struct directory *d, uint64_t account, const struct directory_address *address)
{
    struct arena a = ARENA_INIT;
    sqlite3_stmt *s;
    uint64_t id, n;
    enum st st;

    TRY(domain_id(d, address->domain, &id));
    TRY(count(d, account, &n));
    if (n >= DIRECTORY_DELEGATES_MAX)
        return FAIL(ST_LIMIT, "an account may send as at most %d addresses of others", DIRECTORY_DELEGATES_MAX);
    st = sql_bind(d, SQL_DELEGATE_ADD, &s, "usssu", account, address->domain, directory_key(&a, address->local),
                  address->local, clock_wall_us());
    if (st == ST_OK)
        st = sql_run(d, s, NULL);
    arena_fini(&a);
    if (st == ST_EXISTS)
        return FAIL(ST_EXISTS, "that account may send as %.*s@%.*s already", STR_ARGS(address->local),
                    STR_ARGS(address->domain));
    return st;
}

enum st directory_delegate_remove(struct directory *d, uint64_t account, const struct directory_address *address,
                                  uint64_t *out_n)
{
    struct arena a = ARENA_INIT;
    sqlite3_stmt *s;
    enum st st = address ? bind_address(d, &a, SQL_DELEGATE_REMOVE, account, address, &s)
                         : sql_bind(d, SQL_DELEGATE_REMOVE_ALL, &s, "u", account);

    if (st == ST_OK)
        st = sql_run(d, s, out_n);
    arena_fini(&a);
    return st;
}

enum st directory_delegate_list(struct directory *d, struct arena *a, uint64_t account, struct directory_delegate **out,
                                size_t *out_n)
{
    struct directory_delegate *v = NULL;
    size_t n = 0, cap = 0;
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_DELEGATE_LIST, &s, "uu", account, (uint64_t)ROWS_MAX));
    for (;;) {
        TRY(sql_row(d, s, &row));
        if (!row)
            break;
        if (n == cap) {
            struct directory_delegate *more = ARENA_ARRAY(a, struct directory_delegate, cap = cap ? cap * 2 : 16);

            if (n)
                memcpy(more, v, n * sizeof *v);
            v = more;
        }
        v[n++] = (struct directory_delegate){.account = sql_text(a, s, 0),
                                             .address = directory_address_text(a, sql_text(a, s, 1), sql_text(a, s, 2)),
                                             .created_us = sql_number(s, 3)};
    }
    *out = v;
    *out_n = n;
    return ST_OK;
}

static enum st has_row(struct directory *d, uint64_t account, const struct directory_address *address, bool *out)
{
    struct arena a = ARENA_INIT;
    sqlite3_stmt *s;
    enum st st = bind_address(d, &a, SQL_DELEGATE_FIND, account, address, &s);

    if (st == ST_OK)
        st = sql_row(d, s, out);
    if (st == ST_OK && *out)
        sqlite3_reset(s);
    arena_fini(&a);
    return st;
}

enum st directory_delegate_has(struct directory *d, uint64_t account, const struct directory_address *address,
                               struct str delimiters, bool *out)
{
    struct str local = address->local;
    uint64_t n;
    bool is = false;

    TRY(count(d, account, &n));
    if (n)
        TRY(has_row(d, account, &(struct directory_address){STR(""), address->domain}, &is));
    for (size_t i = local.n; n && !is && i > 0; i--)
        if (i == local.n || (local.p[0] != '"' && str_find(delimiters, local.p[i]) < delimiters.n))
            TRY(has_row(d, account, &(struct directory_address){str_sub(local, 0, i), address->domain}, &is));
    *out = is;
    return ST_OK;
}
