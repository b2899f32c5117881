/* Networks that are not let in, and why: they outlive the server. */
#include "directory/sql.h"

enum st directory_ban_put(struct directory *d, const struct directory_ban *b, uint64_t now_us)
{
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_BAN_TRIM, &s, "uu", now_us, (uint64_t)(DIRECTORY_BANS_MAX - 1)));
    TRY(sql_run(d, s, NULL));
    TRY(sql_bind(d, SQL_BAN_PUT, &s, "suubs", b->network, b->since_us, b->until_us, (int)b->by_hand,
                 str_sub(b->reason, 0, DIRECTORY_REASON_MAX)));
    return sql_run(d, s, NULL);
}

enum st directory_ban_lift(struct directory *d, struct str network)
{
    sqlite3_stmt *s;
    uint64_t changed;

    TRY(sql_bind(d, SQL_BAN_LIFT, &s, "s", network));
    TRY(sql_run(d, s, &changed));
    return changed ? ST_OK : FAIL(ST_NOTFOUND, "%.*s is not banned", STR_ARGS(network));
}

enum st directory_ban_list(struct directory *d, struct arena *a, struct directory_ban **out, size_t *out_n)
{
    struct directory_ban *v = NULL;
    size_t n = 0, cap = 0;
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_BAN_LIST, &s, "u", (uint64_t)(2 * DIRECTORY_BANS_MAX)));
    for (;;) {
        TRY(sql_row(d, s, &row));
        if (!row)
            break;
        if (n == cap) {
            struct directory_ban *more = ARENA_ARRAY(a, struct directory_ban, cap = cap ? cap * 2 : 16);

            if (n)
                memcpy(more, v, n * sizeof *v);
            v = more;
        }
        v[n++] = (struct directory_ban){.network = sql_text(a, s, 0),
                                        .since_us = sql_number(s, 1),
                                        .until_us = sql_number(s, 2),
                                        .by_hand = sql_number(s, 3) != 0,
                                        .reason = sql_text(a, s, 4)};
    }
    *out = v;
    *out_n = n;
    return ST_OK;
}
