/* Keys of domains, which sign what leaves. The text of a private key is opaque here. */
#include "directory/sql.h"

#include "base/clock.h"

static enum st list(struct directory *d, struct arena *a, struct str domain, size_t most,
                    struct directory_dkim_key **out, size_t *out_n)
{
    struct directory_dkim_key *v = NULL;
    size_t n = 0, cap = 0;
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_DKIM_LIST, &s, "s", domain));
    for (;;) {
        TRY(sql_row(d, s, &row));
        if (!row || n == most)
            break;
        if (n == cap) {
            struct directory_dkim_key *more = ARENA_ARRAY(a, struct directory_dkim_key, cap = cap ? cap * 2 : 8);

            if (n)
                memcpy(more, v, n * sizeof(*v));
            v = more;
        }
        v[n++] = (struct directory_dkim_key){.id = sql_number(s, 0),
                                             .domain = sql_text(a, s, 1),
                                             .selector = sql_text(a, s, 2),
                                             .algorithm = sql_text(a, s, 3),
                                             .public_key = sql_text(a, s, 4),
                                             .created_us = sql_number(s, 5)};
    }
    sqlite3_reset(s);
    *out = v;
    *out_n = n;
    return ST_OK;
}

enum st directory_dkim_list(struct directory *d, struct arena *a, struct str domain, struct directory_dkim_key **out,
                            size_t *out_n)
{
    return list(d, a, domain, domain.n ? DIRECTORY_DKIM_MAX : SIZE_MAX, out, out_n);
}

static enum st count(struct directory *d, struct str domain, size_t *out)
{
    struct arena a = ARENA_INIT;
    struct directory_dkim_key *v;
    enum st st = directory_dkim_list(d, &a, domain, &v, out);

    arena_fini(&a);
    return st;
}

enum st directory_dkim_add(struct directory *d, const struct directory_dkim_key *key, struct str private_key)
{
    uint64_t domain;
    sqlite3_stmt *s;
    size_t n;
    enum st st;

    TRY(domain_id(d, key->domain, &domain));
    TRY(count(d, key->domain, &n));
    if (n == DIRECTORY_DKIM_MAX)
        return FAIL(ST_LIMIT, "%.*s has %d keys already: retire old ones first", STR_ARGS(key->domain),
                    DIRECTORY_DKIM_MAX);
    TRY(sql_bind(d, SQL_DKIM_ADD, &s, "ussssu", domain, key->selector, key->algorithm, private_key, key->public_key,
                 clock_wall_us()));
    st = sql_run(d, s, NULL);
    if (st == ST_EXISTS)
        return FAIL(ST_EXISTS, "%.*s has a key with the selector %.*s already", STR_ARGS(key->domain),
                    STR_ARGS(key->selector));
    return st;
}

enum st directory_dkim_remove(struct directory *d, struct str domain, struct str selector)
{
    uint64_t id, changed;
    sqlite3_stmt *s;

    TRY(domain_id(d, domain, &id));
    TRY(sql_bind(d, SQL_DKIM_REMOVE, &s, "us", id, selector));
    TRY(sql_run(d, s, &changed));
    return changed ? ST_OK
                   : FAIL(ST_NOTFOUND, "%.*s has no key with the selector %.*s", STR_ARGS(domain), STR_ARGS(selector));
}

enum st directory_dkim_private(struct directory *d, struct arena *a, struct str domain, uint64_t id,
                               struct str *out_algorithm, struct str *out_private)
{
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_DKIM_PRIVATE, &s, "us", id, domain));
    TRY(sql_row(d, s, &row));
    if (!row)
        return FAIL(ST_NOTFOUND, "%.*s has no such key", STR_ARGS(domain));
    *out_algorithm = sql_text(a, s, 0);
    *out_private = sql_text(a, s, 1);
    sqlite3_reset(s);
    return ST_OK;
}
