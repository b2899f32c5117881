/* Who has come back: so that a restart does not ask everybody again. */
#include "directory/sql.h"

enum st directory_grey_put(struct directory *d, const struct directory_grey *g)
{
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_GREY_PUT, &s, "suuu", g->key, g->first_us, g->last_us, (uint64_t)g->passes));
    return sql_run(d, s, NULL);
}

enum st directory_grey_trim(struct directory *d, uint64_t before_us)
{
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_GREY_TRIM, &s, "u", before_us));
    return sql_run(d, s, NULL);
}

enum st directory_grey_list(struct directory *d, struct arena *a, uint64_t since_us, size_t most,
                            struct directory_grey **out, size_t *out_n)
{
    struct directory_grey *v = NULL;
    size_t n = 0, cap = 0;
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_GREY_LIST, &s, "uu", since_us, (uint64_t)most));
    for (;;) {
        TRY(sql_row(d, s, &row));
        if (!row)
            break;
        if (n == cap) {
            struct directory_grey *more = ARENA_ARRAY(a, struct directory_grey, cap = cap ? cap * 2 : 16);

            if (n)
                memcpy(more, v, n * sizeof *v);
            v = more;
        }
        v[n++] = (struct directory_grey){.key = sql_text(a, s, 0),
                                         .first_us = sql_number(s, 1),
                                         .last_us = sql_number(s, 2),
                                         .passes = (uint32_t)sql_number(s, 3)};
    }
    *out = v;
    *out_n = n;
    return ST_OK;
}
