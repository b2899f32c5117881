/* Where letters go instead of to the servers that the DNS names, and the passwords for there: in hexadecimal among the secrets, so that backups seal them with those. */
#include "directory/sql.h"

#include "base/codec.h"
#include "base/secret.h"

#define PASSWORD_MAX 1024

static enum st count(struct directory *d, uint64_t *out)
{
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_ROUTE_COUNT, &s, ""));
    TRY(sql_row(d, s, &row));
    *out = row ? sql_number(s, 0) : 0;
    sqlite3_reset(s);
    return ST_OK;
}

static enum st add_password(struct directory *d, uint64_t id, struct str password, uint64_t now_us)
{
    struct arena a = ARENA_INIT;
    struct str hex = hex_of(&a, (const unsigned char *)password.p, password.n);
    sqlite3_stmt *s;
    enum st st = sql_bind(d, SQL_ROUTE_SECRET_ADD, &s, "usu", id, hex, now_us);

    if (st == ST_OK)
        st = sql_run(d, s, NULL);
    wipe((char *)(uintptr_t)hex.p, hex.n);
    arena_fini(&a);
    return st;
}

static enum st add(struct directory *d, const struct directory_route *r, struct str password, uint64_t *out_id)
{
    sqlite3_stmt *s;
    uint64_t n;
    bool row;
    enum st st;

    TRY(count(d, &n));
    if (n >= DIRECTORY_ROUTES_MAX)
        return FAIL(ST_LIMIT, "there are %d routes already", DIRECTORY_ROUTES_MAX);
    TRY(sql_bind(d, SQL_ROUTE_ADD, &s, "bssussssuu", r->is_fallback, r->kind, r->name, r->account, r->host, r->security,
                 r->user, r->codes, r->after_s, r->created_us));
    st = sql_row(d, s, &row);
    if (st == ST_EXISTS)
        return FAIL(ST_EXISTS, "there is a %s for the same already: remove it first",
                    r->is_fallback ? "fallback" : "route");
    TRY(st);
    *out_id = sql_number(s, 0);
    sqlite3_reset(s);
    return r->user.n ? add_password(d, *out_id, password, r->created_us) : ST_OK;
}

enum st directory_route_add(struct directory *d, const struct directory_route *r, struct str password, uint64_t *out_id)
{
    enum st st;

    if (r->name.n > DIRECTORY_DOMAIN_MAX || r->host.n > DIRECTORY_DOMAIN_MAX + 10 || r->user.n > DIRECTORY_NAME_MAX ||
        password.n > PASSWORD_MAX || r->codes.n > DIRECTORY_REASON_MAX)
        return FAIL(ST_SYNTAX, "a name or a password that is too long");
    if ((r->user.n != 0) != (password.n != 0))
        return FAIL(ST_SYNTAX, "a login has a user and a password");
    TRY(directory_begin(d));
    st = add(d, r, password, out_id);
    if (st == ST_OK)
        return directory_commit(d);
    directory_abort(d);
    return st;
}

enum st directory_route_list(struct directory *d, struct arena *a, uint64_t after, struct directory_route *out,
                             size_t max, size_t *out_n)
{
    sqlite3_stmt *s;
    size_t n = 0;
    bool row;

    TRY(sql_bind(d, SQL_ROUTE_LIST, &s, "uu", after, (uint64_t)max));
    for (;;) {
        TRY(sql_row(d, s, &row));
        if (!row || n == max)
            break;
        out[n++] = (struct directory_route){.id = sql_number(s, 0),
                                            .is_fallback = sql_number(s, 1) != 0,
                                            .kind = sql_text(a, s, 2),
                                            .name = sql_text(a, s, 3),
                                            .account = sql_number(s, 4),
                                            .host = sql_text(a, s, 5),
                                            .security = sql_text(a, s, 6),
                                            .user = sql_text(a, s, 7),
                                            .codes = sql_text(a, s, 8),
                                            .after_s = sql_number(s, 9),
                                            .created_us = sql_number(s, 10)};
    }
    sqlite3_reset(s);
    *out_n = n;
    return ST_OK;
}

enum st directory_route_remove(struct directory *d, uint64_t id)
{
    uint64_t changed;
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_ROUTE_REMOVE, &s, "u", id));
    TRY(sql_run(d, s, &changed));
    return changed ? ST_OK : FAIL(ST_NOTFOUND, "there is no route %llu", (unsigned long long)id);
}

enum st directory_route_login(struct directory *d, struct arena *a, uint64_t id, struct str *out_user,
                              struct str *out_password)
{
    struct str user, hex;
    sqlite3_stmt *s;
    bool row;
    enum st st;

    TRY(sql_bind(d, SQL_ROUTE_SECRET, &s, "u", id));
    TRY(sql_row(d, s, &row));
    if (!row)
        return FAIL(ST_NOTFOUND, "there is no such route any more");
    user = sql_text(a, s, 0);
    hex = sql_text(a, s, 1);
    sqlite3_reset(s);
    if (!hex.n)
        return FAIL(
            ST_NOTFOUND,
            "its password is not here: it was restored without keys, perhaps. Remove the route and add it again");
    st = hex_decode(a, hex, out_password);
    wipe((char *)(uintptr_t)hex.p, hex.n);
    TRY(st);
    *out_user = user;
    return ST_OK;
}
