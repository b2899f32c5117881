/* Addresses elsewhere that an account's letters have come back from, since nobody is there. */
#include "directory/sql.h"

#include "base/must.h"

#define ROWS_MAX 100000u /* of one answer */

static enum st bind_address(struct directory *d, struct arena *a, enum sql_statement which, uint64_t account,
                            const struct directory_address *address, sqlite3_stmt **out)
{
    TRY(sql_bind(d, which, out, "uss", account, address->domain, directory_key(a, address->local)));
    return ST_OK;
}

static void read_row(struct arena *a, sqlite3_stmt *s, struct directory_suppressed *out)
{
    struct str local = sql_text(a, s, 1), domain = sql_text(a, s, 2);

    *out = (struct directory_suppressed){.account = sql_number(s, 0),
                                         .address = directory_address_text(a, local, domain),
                                         .failures = (uint32_t)sql_number(s, 3),
                                         .first_us = sql_number(s, 4),
                                         .last_us = sql_number(s, 5),
                                         .by_hand = sql_number(s, 6) != 0,
                                         .reason = sql_text(a, s, 7)};
}

enum st directory_suppressed_find(struct directory *d, struct arena *a, uint64_t account,
                                  const struct directory_address *address, struct directory_suppressed *out)
{
    sqlite3_stmt *s;
    bool row;

    TRY(bind_address(d, a, SQL_SUPPRESSED_FIND, account, address, &s));
    TRY(sql_row(d, s, &row));
    if (!row)
        return FAIL(ST_NOTFOUND, "%.*s@%.*s is not suppressed", STR_ARGS(address->local), STR_ARGS(address->domain));
    read_row(a, s, out);
    sqlite3_reset(s);
    return ST_OK;
}

static enum st put(struct directory *d, const struct directory_address *address, const struct directory_suppressed *v)
{
    struct arena a = ARENA_INIT;
    sqlite3_stmt *s;
    enum st st = sql_bind(d, SQL_SUPPRESSED_PUT, &s, "usssuuubs", v->account, address->domain,
                          directory_key(&a, address->local), address->local, (uint64_t)v->failures, v->first_us,
                          v->last_us, (int)v->by_hand, str_sub(v->reason, 0, DIRECTORY_REASON_MAX));

    if (st == ST_OK)
        st = sql_run(d, s, NULL);
    arena_fini(&a);
    return st;
}

/* What is too old, and when the account has too many, some of the oldest; what an administrator has put there stays. */
static enum st trim(struct directory *d, uint64_t account, uint64_t since_us)
{
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_SUPPRESSED_OLD, &s, "u", since_us));
    TRY(sql_run(d, s, NULL));
    TRY(sql_bind(d, SQL_SUPPRESSED_MANY, &s, "uu", account, (uint64_t)DIRECTORY_SUPPRESSED_MAX));
    return sql_run(d, s, NULL);
}

static enum st note(struct directory *d, struct arena *a, uint64_t account, const struct directory_address *address,
                    struct str reason, uint64_t now_us, uint64_t since_us)
{
    struct directory_suppressed v = {.account = account, .first_us = now_us};
    enum st st;

    TRY(trim(d, account, since_us));
    st = directory_suppressed_find(d, a, account, address, &v);
    if (st != ST_OK && st != ST_NOTFOUND)
        return st;
    if (v.by_hand)
        return ST_OK;
    v.failures += v.failures < UINT32_MAX;
    v.last_us = now_us;
    v.reason = reason;
    return put(d, address, &v);
}

enum st directory_suppressed_note(struct directory *d, uint64_t account, const struct directory_address *address,
                                  struct str reason, uint64_t now_us, uint64_t since_us)
{
    struct arena a = ARENA_INIT;
    enum st st = directory_begin(d);

    if (st == ST_OK) {
        st = note(d, &a, account, address, reason, now_us, since_us);
        if (st == ST_OK)
            st = directory_commit(d);
        else
            directory_abort(d);
    }
    arena_fini(&a);
    return st;
}

enum st directory_suppressed_add(struct directory *d, uint64_t account, const struct directory_address *address,
                                 struct str reason, uint64_t now_us)
{
    return put(d, address,
               &(struct directory_suppressed){
                   .account = account, .first_us = now_us, .last_us = now_us, .by_hand = true, .reason = reason});
}

enum st directory_suppressed_lift(struct directory *d, uint64_t account, const struct directory_address *address,
                                  uint64_t *out_n)
{
    struct arena a = ARENA_INIT;
    sqlite3_stmt *s;
    enum st st = address ? bind_address(d, &a, SQL_SUPPRESSED_LIFT, account, address, &s)
                         : sql_bind(d, SQL_SUPPRESSED_LIFT_ALL, &s, "u", account);

    if (st == ST_OK)
        st = sql_run(d, s, out_n);
    arena_fini(&a);
    return st;
}

enum st directory_suppressed_list(struct directory *d, struct arena *a, uint64_t account,
                                  struct directory_suppressed **out, size_t *out_n)
{
    struct directory_suppressed *v = NULL;
    size_t n = 0, cap = 0;
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_SUPPRESSED_LIST, &s, "uu", account, (uint64_t)ROWS_MAX));
    for (;;) {
        TRY(sql_row(d, s, &row));
        if (!row)
            break;
        if (n == cap) {
            struct directory_suppressed *more = ARENA_ARRAY(a, struct directory_suppressed, cap = cap ? cap * 2 : 16);

            if (n)
                memcpy(more, v, n * sizeof *v);
            v = more;
        }
        read_row(a, s, &v[n++]);
    }
    *out = v;
    *out_n = n;
    return ST_OK;
}

enum st directory_suppressed_accounts(struct directory *d, struct arena *a, uint64_t **out, size_t *out_n)
{
    uint64_t *v = NULL;
    size_t n = 0, cap = 0;
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_SUPPRESSED_ACCOUNTS, &s, ""));
    for (;;) {
        TRY(sql_row(d, s, &row));
        if (!row)
            break;
        if (n == cap) {
            uint64_t *more = ARENA_ARRAY(a, uint64_t, cap = cap ? cap * 2 : 64);

            if (n)
                memcpy(more, v, n * sizeof *v);
            v = more;
        }
        v[n++] = sql_number(s, 0);
    }
    *out = v;
    *out_n = n;
    return ST_OK;
}
