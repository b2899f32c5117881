/* Accounts. */
#include "directory/sql.h"

#include "base/clock.h"
#include "base/random.h"
#include "base/retention.h"
#include "base/uidl_format.h"

void account_read(struct arena *a, sqlite3_stmt *s, struct directory_account *out)
{
    struct str local = sql_text(a, s, 1), domain = sql_text(a, s, 2), language;

    *out = (struct directory_account){
        .id = sql_number(s, 0),
        .address = directory_address_text(a, local, domain),
        .name = sql_text(a, s, 3),
        .is_disabled = sqlite3_column_type(s, 4) != SQLITE_NULL,
        .disabled = sql_text(a, s, 4),
        .may_use_domain = sql_number(s, 5) != 0,
        .quota_bytes = sql_number(s, 6),
        .quota_messages = sql_number(s, 7),
        .created_us = sql_number(s, 8),
        .version = sql_number(s, 9),
        .keep_s = sqlite3_column_type(s, 10) == SQLITE_NULL ? KEEP_DEFAULT : (uint32_t)sql_number(s, 10),
        .domain = sql_number(s, 11),
        .domain_bytes = sql_number(s, 12),
        .domain_messages = sql_number(s, 13),
    };
    out->imap_withheld = sql_text(a, s, 15);
    out->pop3_retention = (uint32_t)sql_number(s, 16);
    out->pop3_delay = sqlite3_column_int64(s, 17) < 0 ? DIRECTORY_DELAY_DEFAULT : (uint32_t)sql_number(s, 17);
    out->pop3_uidl = sql_text(a, s, 18);
    language = sql_text(a, s, 14);
    memcpy(out->language, language.p ? language.p : "", MIN(language.n, (size_t)DIRECTORY_LANGUAGE_MAX));
}

struct account_limits directory_limits(const struct directory_account *account, uint64_t quota_default)
{
    return (struct account_limits){.bytes = account->quota_bytes ? account->quota_bytes : quota_default,
                                   .messages = account->quota_messages,
                                   .domain = account->domain,
                                   .domain_bytes = account->domain_bytes,
                                   .domain_messages = account->domain_messages,
                                   .keep_s = account->keep_s,
                                   .retention = account->pop3_retention};
}

static enum st check_change(const struct directory_change *c)
{
    if ((c->name && (c->name->n > DIRECTORY_NAME_MAX || !str_is_utf8(*c->name))) ||
        (c->disabled && (c->disabled->n > DIRECTORY_NAME_MAX || !str_is_utf8(*c->disabled))))
        return FAIL(ST_LIMIT, "a name or a reason has at most %d bytes of UTF-8", DIRECTORY_NAME_MAX);
    if ((c->quota_bytes && *c->quota_bytes > INT64_MAX) || (c->quota_messages && *c->quota_messages > INT64_MAX))
        return FAIL(ST_LIMIT, "such a quota can't be kept");
    if (c->language && c->language->n > DIRECTORY_LANGUAGE_MAX)
        return FAIL(ST_LIMIT, "the name of a language has at most %d bytes", DIRECTORY_LANGUAGE_MAX);
    if (c->imap_withheld && c->imap_withheld->n > DIRECTORY_WITHHELD_MAX)
        return FAIL(ST_LIMIT, "what is withheld has at most %d bytes of names", DIRECTORY_WITHHELD_MAX);
    if (c->pop3_uidl && c->pop3_uidl->n > UIDL_FORMAT_MAX)
        return FAIL(ST_LIMIT, "a format of unique ids has at most %d bytes", UIDL_FORMAT_MAX);
    return ST_OK;
}

/* Runs an UPDATE that is bound already; an account that isn't there shows as no row changed. */
static enum st update(struct directory *d, sqlite3_stmt *s)
{
    uint64_t changed;

    TRY(sql_run(d, s, &changed));
    return changed ? ST_OK : FAIL(ST_NOTFOUND, "there is no such account");
}

static enum st apply_pop3(struct directory *d, uint64_t id, const struct directory_change *c)
{
    sqlite3_stmt *s;

    if (c->pop3_retention) {
        TRY(sql_bind(d, SQL_ACCOUNT_POP3_RETENTION, &s, "uu", id, (uint64_t)*c->pop3_retention));
        TRY(update(d, s));
    }
    if (c->pop3_delay) {
        TRY(*c->pop3_delay == DIRECTORY_DELAY_DEFAULT
                ? sql_bind(d, SQL_ACCOUNT_POP3_DELAY_DEFAULT, &s, "u", id)
                : sql_bind(d, SQL_ACCOUNT_POP3_DELAY, &s, "uu", id, (uint64_t)*c->pop3_delay));
        TRY(update(d, s));
    }
    if (c->pop3_uidl) {
        TRY(sql_bind(d, SQL_ACCOUNT_POP3_UIDL, &s, "us", id, *c->pop3_uidl));
        TRY(update(d, s));
    }
    return ST_OK;
}

static enum st apply(struct directory *d, uint64_t id, const struct directory_change *c)
{
    sqlite3_stmt *s;

    if (c->name) {
        TRY(sql_bind(d, SQL_ACCOUNT_NAME, &s, "us", id, *c->name));
        TRY(update(d, s));
    }
    if (c->disabled) {
        TRY(sql_bind(d, SQL_ACCOUNT_DISABLE, &s, "us", id, *c->disabled));
        TRY(update(d, s));
    } else if (c->enable) {
        TRY(sql_bind(d, SQL_ACCOUNT_ENABLE, &s, "u", id));
        TRY(update(d, s));
    }
    if (c->may_use_domain) {
        TRY(sql_bind(d, SQL_ACCOUNT_USE_DOMAIN, &s, "ub", id, (int)*c->may_use_domain));
        TRY(update(d, s));
    }
    if (c->quota_bytes) {
        TRY(sql_bind(d, SQL_ACCOUNT_QUOTA_BYTES, &s, "uu", id, *c->quota_bytes));
        TRY(update(d, s));
    }
    if (c->quota_messages) {
        TRY(sql_bind(d, SQL_ACCOUNT_QUOTA_MESSAGES, &s, "uu", id, *c->quota_messages));
        TRY(update(d, s));
    }
    if (c->keep_s) {
        TRY(*c->keep_s == KEEP_DEFAULT ? sql_bind(d, SQL_ACCOUNT_KEEP_DEFAULT, &s, "u", id)
                                       : sql_bind(d, SQL_ACCOUNT_KEEP, &s, "uu", id, (uint64_t)*c->keep_s));
        TRY(update(d, s));
    }
    if (c->language) {
        TRY(sql_bind(d, SQL_ACCOUNT_LANGUAGE, &s, "us", id, *c->language));
        TRY(update(d, s));
    }
    if (c->imap_withheld) {
        TRY(sql_bind(d, SQL_ACCOUNT_IMAP_WITHHELD, &s, "us", id, *c->imap_withheld));
        TRY(update(d, s));
    }
    return apply_pop3(d, id, c);
}

static enum st add(struct directory *d, const struct directory_address *address, struct str key,
                   const struct directory_change *first, uint64_t *out_id)
{
    struct directory_account there;
    struct arena a = ARENA_INIT;
    sqlite3_stmt *s;
    uint64_t domain, id;
    enum st st = domain_of_addresses(d, address->domain, &domain);

    if (st == ST_OK && directory_account_find(d, &a, address, &there) == ST_OK)
        st = FAIL(ST_EXISTS, "%.*s exists already", STR_ARGS(there.address));
    arena_fini(&a);
    TRY(st);
    do
        id = random_u64();
    while (id == 0);
    TRY(sql_bind(d, SQL_ACCOUNT_ADD, &s, "uussu", id, domain, address->local, key, clock_wall_us()));
    TRY(sql_run(d, s, NULL));
    TRY(apply(d, id, first));
    *out_id = id;
    return ST_OK;
}

enum st directory_account_add(struct directory *d, const struct directory_address *address,
                              const struct directory_change *first, uint64_t *out_id)
{
    struct arena a = ARENA_INIT;
    struct sql_scope sc;
    enum st st;

    TRY(directory_address_check(address));
    if (address->local.n == 0)
        return FAIL(ST_SYNTAX, "an account needs a name before the @");
    TRY(check_change(first));
    TRY(sql_scope_begin(d, &sc));
    st = sql_scope_end(d, &sc, add(d, address, directory_key(&a, address->local), first, out_id));
    arena_fini(&a);
    return st;
}

enum st directory_account_set(struct directory *d, uint64_t id, const struct directory_change *change)
{
    struct sql_scope sc;

    TRY(check_change(change));
    TRY(sql_scope_begin(d, &sc));
    return sql_scope_end(d, &sc, apply(d, id, change));
}

/* --- another address --------------------------------------------------------------------------------- */

static enum st retarget(struct directory *d, struct arena *a, const struct directory_address *from,
                        const struct directory_address *to)
{
    struct str old = directory_key(a, from->local);
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_ALIAS_RETARGET, &s, "sssss", old, from->domain, directory_key(a, to->local), to->local,
                 to->domain));
    TRY(sql_run(d, s, NULL));
    TRY(sql_bind(d, SQL_ALIAS_UNTARGET, &s, "ss", old, from->domain));
    return sql_run(d, s, NULL);
}

static enum st give_address(struct directory *d, struct arena *a, uint64_t id, const struct directory_address *to,
                            bool keep_old)
{
    struct directory_account account, there;
    struct directory_address from;
    uint64_t domain;
    sqlite3_stmt *s;

    TRY(directory_account_by_id(d, a, id, &account));
    from.local = str_sub(account.address, 0, str_rfind(account.address, '@'));
    from.domain = str_from(account.address, from.local.n + 1);
    TRY(domain_of_addresses(d, to->domain, &domain));
    if (directory_account_find(d, a, to, &there) == ST_OK && there.id != id)
        return FAIL(ST_EXISTS, "%.*s exists already", STR_ARGS(there.address));
    TRY(sql_bind(d, SQL_ACCOUNT_RENAME, &s, "uuss", id, domain, to->local, directory_key(a, to->local)));
    TRY(update(d, s));
    if (str_eq(directory_key(a, from.local), directory_key(a, to->local)) && str_eq(from.domain, to->domain))
        return ST_OK; /* only written in another way */
    TRY(retarget(d, a, &from, to));
    return keep_old ? directory_alias_add(d, &from, to) : ST_OK;
}

enum st directory_account_rename(struct directory *d, uint64_t id, const struct directory_address *to, bool keep_old)
{
    struct arena a = ARENA_INIT;
    struct sql_scope sc;
    enum st st;

    TRY(directory_address_check(to));
    if (to->local.n == 0)
        return FAIL(ST_SYNTAX, "an account needs a name before the @");
    TRY(sql_scope_begin(d, &sc));
    st = sql_scope_end(d, &sc, give_address(d, &a, id, to, keep_old));
    arena_fini(&a);
    return st;
}

/* --- the end of one ---------------------------------------------------------------------------------- */

static enum st remove_all(struct directory *d, uint64_t id)
{
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_ACCOUNT_REMOVE, &s, "uu", id, clock_wall_us()));
    TRY(update(d, s));
    TRY(sql_bind(d, SQL_CREDENTIAL_REMOVE_ALL, &s, "u", id));
    TRY(sql_run(d, s, NULL));
    TRY(sql_bind(d, SQL_LOCAL_USER_REMOVE_ALL, &s, "u", id));
    return sql_run(d, s, NULL);
}

enum st directory_account_remove(struct directory *d, uint64_t id)
{
    struct sql_scope sc;

    TRY(sql_scope_begin(d, &sc));
    return sql_scope_end(d, &sc, remove_all(d, id));
}

static enum st one(struct directory *d, struct arena *a, sqlite3_stmt *s, struct directory_account *out)
{
    bool row;

    TRY(sql_row(d, s, &row));
    if (!row)
        return FAIL(ST_NOTFOUND, "there is no such account");
    account_read(a, s, out);
    sqlite3_reset(s);
    return ST_OK;
}

enum st directory_account_find(struct directory *d, struct arena *a, const struct directory_address *address,
                               struct directory_account *out)
{
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_ACCOUNT_BY_ADDRESS, &s, "ss", directory_key(a, address->local), address->domain));
    return one(d, a, s, out);
}

enum st directory_account_by_id(struct directory *d, struct arena *a, uint64_t id, struct directory_account *out)
{
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_ACCOUNT_BY_ID, &s, "u", id));
    return one(d, a, s, out);
}

enum st directory_pop3_own(struct directory *d, struct directory_pop3_own *out)
{
    struct directory_pop3_own own = {0};
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_POP3_OWN, &s, ""));
    TRY(sql_row(d, s, &row));
    if (row) {
        uint64_t shortest = sql_number(s, 0); /* 0: NULL */

        own.has_retention = sql_number(s, 2) != 0;
        own.expire_days = shortest ? retention_expire_days((uint32_t)shortest) : RETAIN_NEVER_EXPIRES;
        if (sql_number(s, 1))
            own.expire_days = MIN(own.expire_days, retention_expire_days(RETAIN_NEWEST));
        own.has_delay = sqlite3_column_type(s, 3) != SQLITE_NULL;
        own.delay_s = (uint32_t)sql_number(s, 3);
    }
    sqlite3_reset(s);
    *out = own;
    return ST_OK;
}

enum st directory_account_list(struct directory *d, struct arena *a, struct str domain,
                               const struct directory_address *after, size_t max, struct directory_account **out,
                               size_t *out_n)
{
    struct directory_account *v = ARENA_ARRAY(a, struct directory_account, max);
    size_t n = 0;
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_ACCOUNT_LIST, &s, "sssu", domain, after ? after->domain : STR_NONE,
                 after ? directory_key(a, after->local) : STR_NONE, (uint64_t)max));
    for (;;) {
        TRY(sql_row(d, s, &row));
        if (!row || n == max)
            break;
        account_read(a, s, &v[n++]);
    }
    sqlite3_reset(s);
    *out = v;
    *out_n = n;
    return ST_OK;
}

enum st directory_removed_list(struct directory *d, struct arena *a, size_t max, uint64_t **out_ids, size_t *out_n)
{
    uint64_t *v = ARENA_ARRAY(a, uint64_t, max);
    size_t n = 0;
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(d, SQL_REMOVED_LIST, &s, "u", (uint64_t)max));
    for (;;) {
        TRY(sql_row(d, s, &row));
        if (!row || n == max)
            break;
        v[n++] = sql_number(s, 0);
    }
    sqlite3_reset(s);
    *out_ids = v;
    *out_n = n;
    return ST_OK;
}

enum st directory_removed_purged(struct directory *d, uint64_t id)
{
    sqlite3_stmt *s;

    TRY(sql_bind(d, SQL_REMOVED_PURGED, &s, "u", id));
    return update(d, s);
}
