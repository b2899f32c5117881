/* How mail for other domains travels, where the administrator says more than the DNS does: named values of a domain, which is most often none of ours. */
#include "directory/sql.h"

enum st directory_transport_set(struct directory *d, struct str domain, struct str name, struct str value)
{
    sqlite3_stmt *s;

    if (!domain.n || domain.n > DIRECTORY_DOMAIN_MAX || value.n > DIRECTORY_NAME_MAX)
        return FAIL(ST_SYNTAX, "a domain or a value that is too long");
    TRY(sql_bind(d, SQL_TRANSPORT_SET, &s, "sss", domain, name, value));
    return sql_run(d, s, NULL);
}

enum st directory_transport_get(struct directory *d, struct arena *a, struct str domain, struct str name,
                                struct str *out)
{
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_TRANSPORT_GET, &s, "ss", domain, name));
    TRY(sql_row(d, s, &row));
    if (!row)
        return FAIL(ST_NOTFOUND, "there is no rule for %.*s", STR_ARGS(domain));
    *out = sql_text(a, s, 0);
    sqlite3_reset(s);
    return ST_OK;
}

enum st directory_transport_remove(struct directory *d, struct str domain)
{
    uint64_t changed;
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_TRANSPORT_REMOVE, &s, "s", domain));
    TRY(sql_run(d, s, &changed));
    return changed ? ST_OK : FAIL(ST_NOTFOUND, "there is no rule for %.*s", STR_ARGS(domain));
}

enum st directory_transport_list(struct directory *d, struct arena *a, struct directory_transport **out, size_t *out_n)
{
    struct directory_transport *v = NULL;
    size_t n = 0, cap = 0;
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_TRANSPORT_LIST, &s, ""));
    for (;;) {
        TRY(sql_row(d, s, &row));
        if (!row)
            break;
        if (n == cap) {
            struct directory_transport *more = ARENA_ARRAY(a, struct directory_transport, cap = cap ? cap * 2 : 8);

            if (n)
                memcpy(more, v, n * sizeof *v);
            v = more;
        }
        v[n++] = (struct directory_transport){
            .domain = sql_text(a, s, 0), .name = sql_text(a, s, 1), .value = sql_text(a, s, 2)};
    }
    *out = v;
    *out_n = n;
    return ST_OK;
}
