/* Policies of other domains. Their text is opaque here. */
#include "directory/sql.h"

enum st directory_sts_get(struct directory *d, struct arena *a, struct str domain, uint64_t now_us,
                          struct directory_sts *out)
{
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_STS_GET, &s, "su", domain, now_us));
    TRY(sql_row(d, s, &row));
    if (!row)
        return FAIL(ST_NOTFOUND, "no policy of %.*s is known", STR_ARGS(domain));
    *out = (struct directory_sts){.domain = domain,
                                  .id = sql_text(a, s, 0),
                                  .policy = sql_text(a, s, 1),
                                  .fetched_us = sql_number(s, 2),
                                  .tried_us = sql_number(s, 3)};
    sqlite3_reset(s);
    return ST_OK;
}

static enum st put(struct directory *d, const struct directory_sts *p, uint64_t now_us)
{
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_STS_PUT, &s, "sssuuu", p->domain, p->id, p->policy, p->fetched_us, p->expires_us, p->used_us));
    TRY(sql_run(d, s, NULL));
    TRY(sql_bind(d, SQL_STS_TRIM, &s, "uu", now_us, (uint64_t)DIRECTORY_STS_MAX));
    return sql_run(d, s, NULL);
}

enum st directory_sts_put(struct directory *d, const struct directory_sts *p, uint64_t now_us)
{
    enum st st;

    if (p->domain.n > DIRECTORY_DOMAIN_MAX || p->policy.n > DIRECTORY_STS_POLICY_MAX)
        return FAIL(ST_LIMIT, "a policy of %zu bytes", p->policy.n);
    TRY(directory_begin(d));
    st = put(d, p, now_us);
    if (st == ST_OK)
        return directory_commit(d);
    directory_abort(d);
    return st;
}

enum st directory_sts_note(struct directory *d, struct str domain, uint64_t tried_us, uint64_t used_us)
{
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_STS_NOTE, &s, "suu", domain, tried_us, used_us));
    return sql_run(d, s, NULL);
}

enum st directory_sts_remove(struct directory *d, struct str domain)
{
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_STS_REMOVE, &s, "s", domain));
    return sql_run(d, s, NULL);
}

enum st directory_sts_due(struct directory *d, struct arena *a, uint64_t now_us, uint64_t tried_us, uint64_t used_us,
                          size_t most, struct str *out, size_t *out_n)
{
    sqlite3_stmt *s;
    size_t n = 0;
    bool row;

    TRY(sql_bind(d, SQL_STS_DUE, &s, "uuuu", tried_us, now_us, used_us, (uint64_t)most));
    for (;;) {
        TRY(sql_row(d, s, &row));
        if (!row)
            break;
        out[n++] = sql_text(a, s, 0);
    }
    *out_n = n;
    return ST_OK;
}
