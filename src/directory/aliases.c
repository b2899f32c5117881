/* Aliases: an address, all that match a pattern, or all that nobody else has in a domain, and where its mail goes. A row a target; one without a target says
 * that it takes no mail. */
#include "directory/sql.h"

#include "base/clock.h"
#include "directory/pattern.h"

bool directory_is_pattern(struct str local)
{
    return pattern_weight(local) != 0;
}

/* Each pattern costs a comparison for each address that nobody has. */
static enum st check_pattern(struct directory *d, struct arena *a, const struct directory_address *alias)
{
    struct str key = directory_key(a, alias->local);
    bool row = true, is_there = false;
    sqlite3_stmt *s;
    size_t n = 0;

    if (!directory_is_pattern(alias->local))
        return ST_OK;
    if (pattern_weight(alias->local) == 1)
        return FAIL(ST_SYNTAX, "a star alone is all that nobody else has: write @%.*s", STR_ARGS(alias->domain));
    if (pattern_stars(alias->local) > DIRECTORY_STARS_MAX)
        return FAIL(ST_SYNTAX, "no more than %d stars in an alias", DIRECTORY_STARS_MAX);
    TRY(sql_bind(d, SQL_ALIAS_PATTERNS, &s, "su", alias->domain, (uint64_t)DIRECTORY_PATTERNS_MAX));
    while (row) {
        TRY(sql_row(d, s, &row));
        is_there = is_there || (row && str_eq(key, sql_text(a, s, 0)));
        n += row;
    }
    return is_there || n < DIRECTORY_PATTERNS_MAX
               ? ST_OK
               : FAIL(ST_LIMIT, "no more than %d patterns in a domain", DIRECTORY_PATTERNS_MAX);
}

/* With an empty target: mail for it is refused, in the words of `says`. */
static enum st put(struct directory *d, struct arena *a, const struct directory_address *alias,
                   const struct directory_address *target, struct str says)
{
    sqlite3_stmt *s;
    uint64_t domain;

    TRY(directory_address_check(alias));
    TRY(domain_of_addresses(d, alias->domain, &domain));
    TRY(check_pattern(d, a, alias));
    TRY(sql_bind(d, SQL_ALIAS_ADD, &s, "usssssusu", domain, directory_key(a, alias->local), alias->local,
                 directory_key(a, target->local), target->local, target->domain, clock_wall_us(), says,
                 (uint64_t)pattern_weight(alias->local)));
    return sql_run(d, s, NULL);
}

enum st directory_alias_add(struct directory *d, const struct directory_address *alias,
                            const struct directory_address *target)
{
    struct arena a = ARENA_INIT;
    enum st st;

    TRY(directory_address_check(target));
    if (target->local.n == 0)
        return FAIL(ST_SYNTAX, "the target of an alias needs a name before the @");
    st = put(d, &a, alias, target, STR_NONE);
    arena_fini(&a);
    if (st == ST_EXISTS)
        return FAIL(ST_EXISTS, "that alias has that target already");
    return st;
}

static enum st disable(struct directory *d, const struct directory_address *alias, const struct str *says)
{
    const struct directory_address nowhere = {STR(""), STR("")};
    struct arena a = ARENA_INIT;
    enum st st = directory_alias_remove(d, alias, &nowhere);

    if (says && (st == ST_OK || st == ST_NOTFOUND))
        st = put(d, &a, alias, &nowhere, *says);
    arena_fini(&a);
    return st;
}

enum st directory_alias_disable(struct directory *d, const struct directory_address *alias, const struct str *says)
{
    struct sql_scope sc;
    enum st st;

    if (says && (says->n > DIRECTORY_NAME_MAX || !str_is_utf8(*says)))
        return FAIL(ST_LIMIT, "a reason has at most %d bytes of UTF-8", DIRECTORY_NAME_MAX);
    TRY(sql_scope_begin(d, &sc));
    st = sql_scope_end(d, &sc, disable(d, alias, says));
    if (st == ST_NOTFOUND && !says)
        return FAIL(ST_NOTFOUND, "that address is not disabled");
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
    struct directory_alias found = {0};
    bool row, any = false;

    TRY(sql_bind(d, SQL_ALIAS_TARGETS, &s, "ssu", domain, key, (uint64_t)DIRECTORY_TARGETS_MAX));
    for (;;) {
        TRY(sql_row(d, s, &row));
        if (!row || n == DIRECTORY_TARGETS_MAX)
            break;
        if (!any)
            local = sql_text(a, s, 2);
        any = true;
        if (sqlite3_column_bytes(s, 1) == 0) {
            found.is_disabled = true;
            found.says = sql_text(a, s, 3);
            continue;
        }
        targets[n++] = directory_address_text(a, sql_text(a, s, 0), sql_text(a, s, 1));
    }
    sqlite3_reset(s);
    if (!any)
        return FAIL(ST_NOTFOUND, "there is no such alias");
    found.is_pattern = directory_is_pattern(local);
    found.address = directory_address_text(a, local, domain);
    found.targets = ARENA_ARRAY(a, struct str, n);
    memcpy(found.targets, targets, n * sizeof(*targets));
    found.n_targets = n;
    *out = found;
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
