/* The domains that are ours. */
#include "directory/sql.h"

#include "base/clock.h"

#define DOMAINS_MAX 100000

enum st domain_id(struct directory *d, struct str name, uint64_t *out)
{
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_DOMAIN_ID, &s, "s", name));
    TRY(sql_row(d, s, &row));
    if (!row)
        return FAIL(ST_NOTFOUND, "%.*s is not a domain of this server", STR_ARGS(name));
    *out = sql_number(s, 0);
    sqlite3_reset(s);
    return ST_OK;
}

static enum st one_name(struct directory *d, struct arena *a, enum sql_statement which, struct str name,
                        struct str *out)
{
    sqlite3_stmt *s;
    bool row;

    *out = STR_NONE;
    TRY(sql_bind(d, which, &s, "s", name));
    TRY(sql_row(d, s, &row));
    if (row) {
        *out = sql_text(a, s, 0);
        sqlite3_reset(s);
    }
    return ST_OK;
}

enum st domain_of_addresses(struct directory *d, struct str name, uint64_t *out)
{
    struct arena a = ARENA_INIT;
    struct str other;
    enum st st = one_name(d, &a, SQL_DOMAIN_ALIAS_OF, name, &other);

    if (st == ST_OK && other.n)
        st = FAIL(ST_EXISTS, "%.*s has no addresses of its own: they are those of %.*s", STR_ARGS(name),
                  STR_ARGS(other));
    arena_fini(&a);
    TRY(st);
    return domain_id(d, name, out);
}

enum st directory_domain_meant(struct directory *d, struct arena *a, struct str name, struct str *out)
{
    struct str other;
    uint64_t id;

    TRY(domain_id(d, name, &id));
    TRY(one_name(d, a, SQL_DOMAIN_ALIAS_OF, name, &other));
    *out = other.n ? other : name;
    return ST_OK;
}

/* No chains: what a domain stands for has addresses of its own. */
static enum st check_alias_of(struct directory *d, struct arena *a, const struct directory_domain *domain,
                              struct str of)
{
    struct directory_domain target;
    struct str by;

    if (domain->accounts || domain->aliases)
        return FAIL(ST_BUSY, "%.*s still has %llu accounts and %llu aliases of its own; remove those first",
                    STR_ARGS(domain->name), (unsigned long long)domain->accounts, (unsigned long long)domain->aliases);
    if (domain->relay.to.n)
        return FAIL(ST_BUSY, "mail for %.*s goes on to another server: --relay none first", STR_ARGS(domain->name));
    if (str_eq(domain->name, of))
        return FAIL(ST_EXISTS, "%.*s can't stand for itself", STR_ARGS(of));
    TRY(one_name(d, a, SQL_DOMAIN_ALIASED, domain->name, &by));
    if (by.n)
        return FAIL(ST_EXISTS, "%.*s stands for %.*s already, and no domain stands for another by way of a third",
                    STR_ARGS(by), STR_ARGS(domain->name));
    TRY(directory_domain_find(d, a, of, &target));
    if (target.alias_of.n)
        return FAIL(ST_EXISTS, "%.*s stands for %.*s itself: name that one", STR_ARGS(of), STR_ARGS(target.alias_of));
    return ST_OK;
}

enum st directory_domain_set_alias(struct directory *d, struct str name, struct str of)
{
    struct arena a = ARENA_INIT;
    struct directory_domain domain;
    sqlite3_stmt *s;
    enum st st = directory_domain_find(d, &a, name, &domain);

    if (st == ST_OK && of.n)
        st = check_alias_of(d, &a, &domain, of);
    if (st == ST_OK)
        st = sql_bind(d, SQL_DOMAIN_ALIAS_SET, &s, "ss", name, of);
    if (st == ST_OK)
        st = sql_run(d, s, NULL);
    arena_fini(&a);
    return st;
}

/* RFC 5321 section 4.1.2: what may stand in a local part without quotes; a dot would make two addresses of one. */
static bool is_separator(char c)
{
    return c > ' ' && c < 127 && !ascii_is_alnum(c) &&
           str_find(STR("()<>[]:;@\\,.\"*"), c) == sizeof "()<>[]:;@\\,.\"*" - 1;
}

enum st directory_domain_set_separators(struct directory *d, struct str name, const struct str *separators)
{
    uint64_t changed;
    sqlite3_stmt *s;

    for (size_t i = 0; separators && i < separators->n; i++)
        if (!is_separator(separators->p[i]) || separators->n > DIRECTORY_SEPARATORS_MAX)
            return FAIL(ST_SYNTAX, "separators are up to %d of ! # $ %% & ' + - / = ? ^ _ ` { | } ~",
                        DIRECTORY_SEPARATORS_MAX);
    if (separators)
        TRY(sql_bind(d, SQL_DOMAIN_SEPARATORS_SET, &s, "ss", name, *separators));
    else
        TRY(sql_bind(d, SQL_DOMAIN_SEPARATORS_DEFAULT, &s, "s", name));
    TRY(sql_run(d, s, &changed));
    return changed ? ST_OK : FAIL(ST_NOTFOUND, "%.*s is not a domain of this server", STR_ARGS(name));
}

enum st directory_domain_name(struct directory *d, struct arena *a, uint64_t id, struct str *out)
{
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_DOMAIN_NAME, &s, "u", id));
    TRY(sql_row(d, s, &row));
    if (!row)
        return FAIL(ST_NOTFOUND, "there is no such domain any more");
    *out = sql_text(a, s, 0);
    sqlite3_reset(s);
    return ST_OK;
}

enum st directory_is_ours(struct directory *d, struct str domain, bool *out)
{
    uint64_t id;
    enum st st = domain_id(d, domain, &id);

    if (st != ST_OK && st != ST_NOTFOUND)
        return st;
    *out = st == ST_OK;
    return ST_OK;
}

enum st directory_relay_find(struct directory *d, struct arena *a, struct str domain, struct directory_relay *out)
{
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_DOMAIN_RELAY, &s, "s", domain));
    TRY(sql_row(d, s, &row));
    if (!row)
        return FAIL(ST_NOTFOUND, "%.*s is not a domain of this server", STR_ARGS(domain));
    *out = (struct directory_relay){sql_text(a, s, 0), sql_text(a, s, 1), sql_text(a, s, 2)};
    sqlite3_reset(s);
    return ST_OK;
}

enum st directory_relay_set(struct directory *d, struct str domain, const struct directory_relay *relay)
{
    uint64_t ignored;

    uint64_t changed;
    sqlite3_stmt *s;

    if (relay->to.n)
        TRY(domain_of_addresses(d, domain, &ignored));
    TRY(sql_bind(d, SQL_DOMAIN_RELAY_SET, &s, "ssss", domain, relay->to, relay->security, relay->recipients));
    TRY(sql_run(d, s, &changed));
    return changed ? ST_OK : FAIL(ST_NOTFOUND, "%.*s is not a domain of this server", STR_ARGS(domain));
}

enum st directory_identity_find(struct directory *d, struct arena *a, struct str domain, struct directory_identity *out)
{
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_DOMAIN_IDENTITY, &s, "s", domain));
    TRY(sql_row(d, s, &row));
    if (!row)
        return FAIL(ST_NOTFOUND, "%.*s is not a domain of this server", STR_ARGS(domain));
    *out = (struct directory_identity){sql_text(a, s, 0), sql_text(a, s, 1), sql_text(a, s, 2)};
    sqlite3_reset(s);
    return ST_OK;
}

enum st directory_identity_set(struct directory *d, struct str domain, const struct directory_identity *identity)
{
    uint64_t changed;
    sqlite3_stmt *s;

    if (identity->source4.n > DIRECTORY_SOURCE_MAX || identity->source6.n > DIRECTORY_SOURCE_MAX ||
        identity->ehlo.n > DIRECTORY_DOMAIN_MAX)
        return FAIL(ST_LIMIT, "an address or a name that is too long");
    TRY(sql_bind(d, SQL_DOMAIN_IDENTITY_SET, &s, "ssss", domain, identity->source4, identity->source6, identity->ehlo));
    TRY(sql_run(d, s, &changed));
    return changed ? ST_OK : FAIL(ST_NOTFOUND, "%.*s is not a domain of this server", STR_ARGS(domain));
}

enum st directory_domain_add(struct directory *d, struct str name)
{
    sqlite3_stmt *s;
    enum st st;

    if (name.n == 0 || name.n > DIRECTORY_DOMAIN_MAX)
        return FAIL(ST_LIMIT, "a domain has 1 to %d bytes", DIRECTORY_DOMAIN_MAX);
    TRY(sql_bind(d, SQL_DOMAIN_ADD, &s, "su", name, clock_wall_us()));
    st = sql_run(d, s, NULL);
    if (st == ST_EXISTS)
        return FAIL(ST_EXISTS, "%.*s exists already", STR_ARGS(name));
    return st;
}

static enum st set_number(struct directory *d, enum sql_statement which, struct str name, uint64_t number)
{
    uint64_t changed;
    sqlite3_stmt *s;

    if (number > INT64_MAX)
        return FAIL(ST_LIMIT, "such a quota can't be kept");
    TRY(sql_bind(d, which, &s, "su", name, number));
    TRY(sql_run(d, s, &changed));
    return changed ? ST_OK : FAIL(ST_NOTFOUND, "%.*s is not a domain of this server", STR_ARGS(name));
}

enum st directory_domain_set(struct directory *d, struct str name, const uint64_t *quota_bytes,
                             const uint64_t *quota_messages)
{
    if (quota_bytes)
        TRY(set_number(d, SQL_DOMAIN_QUOTA_BYTES, name, *quota_bytes));
    return quota_messages ? set_number(d, SQL_DOMAIN_QUOTA_MESSAGES, name, *quota_messages) : ST_OK;
}

enum st directory_domain_set_sharing(struct directory *d, struct str name, bool shares)
{
    return set_number(d, SQL_DOMAIN_SHARE, name, shares);
}

enum st directory_domain_set_sts(struct directory *d, struct str name, struct str mode)
{
    uint64_t changed;
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_DOMAIN_STS, &s, "ss", name, mode));
    TRY(sql_run(d, s, &changed));
    return changed ? ST_OK : FAIL(ST_NOTFOUND, "%.*s is not a domain of this server", STR_ARGS(name));
}

enum st directory_domain_remove(struct directory *d, struct str name)
{
    struct arena a = ARENA_INIT;
    struct directory_domain found;
    sqlite3_stmt *s;
    struct str by = STR_NONE;
    enum st st = directory_domain_find(d, &a, name, &found);

    if (st == ST_OK)
        st = one_name(d, &a, SQL_DOMAIN_ALIASED, name, &by);
    if (st == ST_OK && by.n)
        st = FAIL(ST_BUSY, "%.*s stands for %.*s: remove that first", STR_ARGS(by), STR_ARGS(name));
    arena_fini(&a);
    TRY(st);
    if (found.accounts || found.aliases)
        return FAIL(ST_BUSY, "%.*s still has %llu accounts and %llu aliases; remove those first", STR_ARGS(name),
                    (unsigned long long)found.accounts, (unsigned long long)found.aliases);
    TRY(sql_bind(d, SQL_DOMAIN_REMOVE, &s, "s", name));
    return sql_run(d, s, NULL);
}

static enum st list(struct directory *d, struct arena *a, struct str name, struct directory_domain **out, size_t *out_n)
{
    struct directory_domain *v = NULL;
    size_t n = 0, cap = 0;
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_DOMAIN_LIST, &s, "s", name));
    for (;;) {
        TRY(sql_row(d, s, &row));
        if (!row || n == DOMAINS_MAX)
            break;
        if (n == cap) {
            struct directory_domain *more = ARENA_ARRAY(a, struct directory_domain, cap = cap ? cap * 2 : 8);

            if (n)
                memcpy(more, v, n * sizeof(*v));
            v = more;
        }
        v[n++] = (struct directory_domain){.name = sql_text(a, s, 0),
                                           .created_us = sql_number(s, 1),
                                           .accounts = sql_number(s, 2),
                                           .aliases = sql_number(s, 3),
                                           .id = sql_number(s, 4),
                                           .quota_bytes = sql_number(s, 5),
                                           .quota_messages = sql_number(s, 6),
                                           .mta_sts = sql_text(a, s, 7),
                                           .relay = {sql_text(a, s, 8), sql_text(a, s, 9), sql_text(a, s, 10)},
                                           .identity = {sql_text(a, s, 11), sql_text(a, s, 12), sql_text(a, s, 13)},
                                           .shares_senders = sql_number(s, 14) != 0,
                                           .alias_of = sql_text(a, s, 15),
                                           .has_separators = sql_number(s, 16) != 0,
                                           .separators = sql_text(a, s, 17)};
    }
    sqlite3_reset(s);
    *out = v;
    *out_n = n;
    return ST_OK;
}

enum st directory_domain_list(struct directory *d, struct arena *a, struct directory_domain **out, size_t *out_n)
{
    return list(d, a, STR_NONE, out, out_n);
}

enum st directory_domain_find(struct directory *d, struct arena *a, struct str name, struct directory_domain *out)
{
    struct directory_domain *v;
    size_t n = 0;

    if (name.n)
        TRY(list(d, a, name, &v, &n));
    if (n == 0)
        return FAIL(ST_NOTFOUND, "%.*s is not a domain of this server", STR_ARGS(name));
    *out = v[0];
    return ST_OK;
}

enum st directory_first_domain(struct directory *d, struct arena *a, struct str *out_name, uint64_t *out_count)
{
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_DOMAIN_FIRST, &s, ""));
    TRY(sql_row(d, s, &row));
    if (!row)
        return FAIL(ST_NOTFOUND, "this server has no domain yet");
    *out_name = sql_text(a, s, 0);
    *out_count = sql_number(s, 1);
    sqlite3_reset(s);
    return ST_OK;
}
