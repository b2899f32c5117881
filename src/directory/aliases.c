/* Aliases: an address, or all that nobody else has in a domain, and where its mail goes. A row a target. */
#include "directory/sql.h"

#include "base/clock.h"

enum st directory_alias_add(struct directory *d, const struct directory_address *alias,
                            const struct directory_address *target)
{
    struct arena a = ARENA_INIT;
    sqlite3_stmt *s;
    uint64_t domain;
    enum st st;

    TRY(directory_address_check(alias));
    TRY(directory_address_check(target));
    if (target->local.n == 0)
        return FAIL(ST_SYNTAX, "the target of an alias needs a name before the @");
    TRY(domain_id(d, alias->domain, &domain));
    st = sql_bind(d, SQL_ALIAS_ADD, &s, "usssssu", domain, directory_key(&a, alias->local), alias->local,
                  directory_key(&a, target->local), target->local, target->domain, clock_wall_us());
    if (st == ST_OK)
        st = sql_run(d, s, NULL);
    arena_fini(&a);
    if (st == ST_EXISTS)
        return FAIL(ST_EXISTS, "that alias has that target already");
    return st;
}

enum st directory_alias_remove(struct directory *d, const struct directory_address *alias,
                               const struct directory_address *target)
{
    struct arena a = ARENA_INIT;
    uint64_t changed = 0;
    sqlite3_stmt *s;
    enum st st;

    if (target)
        st = sql_bind(d, SQL_ALIAS_REMOVE_ONE, &s, "ssss", alias->domain, directory_key(&a, alias->local),
                      directory_key(&a, target->local), target->domain);
    else
        st = sql_bind(d, SQL_ALIAS_REMOVE, &s, "ss", alias->domain, directory_key(&a, alias->local));
    if (st == ST_OK)
        st = sql_run(d, s, &changed);
    arena_fini(&a);
    TRY(st);
    return changed ? ST_OK : FAIL(ST_NOTFOUND, "there is no such alias");
}

static enum st find(struct directory *d, struct arena *a, struct str key, struct str domain,
                    struct directory_alias *out)
{
    struct str targets[DIRECTORY_TARGETS_MAX], local = STR_NONE;
    size_t n = 0;
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_ALIAS_TARGETS, &s, "ssu", domain, key, (uint64_t)DIRECTORY_TARGETS_MAX));
    for (;;) {
        TRY(sql_row(d, s, &row));
        if (!row || n == DIRECTORY_TARGETS_MAX)
            break;
        if (n == 0)
            local = sql_text(a, s, 2);
        targets[n++] = directory_address_text(a, sql_text(a, s, 0), sql_text(a, s, 1));
    }
    sqlite3_reset(s);
    if (n == 0)
        return FAIL(ST_NOTFOUND, "there is no such alias");
    out->address = directory_address_text(a, local, domain);
    out->targets = ARENA_ARRAY(a, struct str, n);
    memcpy(out->targets, targets, n * sizeof(*targets));
    out->n_targets = n;
    return ST_OK;
}

enum st directory_alias_find(struct directory *d, struct arena *a, const struct directory_address *alias,
                             struct directory_alias *out)
{
    return find(d, a, directory_key(a, alias->local), alias->domain, out);
}

enum st directory_alias_list(struct directory *d, struct arena *a, struct str domain,
                             const struct directory_address *after, size_t max, struct directory_alias **out,
                             size_t *out_n)
{
    struct directory_alias *v = ARENA_ARRAY(a, struct directory_alias, max);
    struct directory_address *names = ARENA_ARRAY(a, struct directory_address, max);
    size_t n = 0;
    sqlite3_stmt *s;
    bool row;

    /* behind (domain, key): a catch-all's key is empty and comes first, so that "no after" is below every domain */
    TRY(sql_bind(d, SQL_ALIAS_LIST, &s, "sssu", domain, after ? after->domain : STR_NONE,
                 after ? directory_key(a, after->local) : STR_NONE, (uint64_t)max));
    for (;;) {
        TRY(sql_row(d, s, &row));
        if (!row || n == max)
            break;
        names[n++] = (struct directory_address){sql_text(a, s, 0), sql_text(a, s, 1)};
    }
    sqlite3_reset(s);
    for (size_t i = 0; i < n; i++)
        TRY(find(d, a, names[i].local, names[i].domain, &v[i]));
    *out = v;
    *out_n = n;
    return ST_OK;
}

enum st directory_alias_diverts(struct directory *d, const struct directory_address *address, bool *out)
{
    struct arena a = ARENA_INIT;
    struct str own = directory_address_text(&a, directory_key(&a, address->local), address->domain);
    struct directory_alias alias = {0};
    bool keeps = false;
    enum st st = directory_alias_find(d, &a, address, &alias);

    for (size_t i = 0; i < alias.n_targets; i++) {
        size_t at = str_rfind(alias.targets[i], '@');
        struct str key = directory_key(&a, str_sub(alias.targets[i], 0, at));

        keeps = keeps || str_eq(own, directory_address_text(&a, key, str_from(alias.targets[i], at + 1)));
    }
    arena_fini(&a);
    if (st == ST_OK || st == ST_NOTFOUND)
        *out = st == ST_OK && !keeps;
    return st == ST_NOTFOUND ? ST_OK : st;
}
