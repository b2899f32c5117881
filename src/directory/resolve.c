/* From an address to those who get its mail. A walk over the aliases, breadth first, each address once; what an address
 * is stands in directory.h. */
#include "directory/sql.h"

#include "base/map.h"
#include "directory/pattern.h"

struct step {
    struct str local, domain;
    const struct step *from; /* whose target it is; NULL: it is the address that was asked about */
    unsigned depth;
    struct str alias; /* that it was found to be, in its one form; empty: none */
};

struct walk {
    struct directory *d;
    struct arena *a;
    const struct directory_ways *ways;
    struct str delimiters; /* that hold in the domain of the step */
    struct step *queue, *at;
    size_t head, tail;
    struct map expanded; /* addresses whose alias has been followed */
    struct map found;    /* targets, by account or address */
    struct directory_target *targets;
    size_t n_targets;
    struct str disabled; /* what a disabled account says */
    bool saw_disabled, saw_loop, lacks_postmaster;
    struct str root; /* an alias that must not be met again; empty: none is looked for */
    bool met_root;
};

static struct str key_of(struct walk *w, struct str key, struct str domain)
{
    return directory_address_text(w->a, key, domain);
}

static enum st add_target(struct walk *w, struct str key, const struct directory_target *t)
{
    if (map_str_get(&w->found, key))
        return ST_OK;
    if (w->n_targets == DIRECTORY_TARGETS_MAX)
        return FAIL(ST_LIMIT, "the address leads to more than %d others", DIRECTORY_TARGETS_MAX);
    map_str_put(&w->found, key, w);
    w->targets[w->n_targets++] = *t;
    return ST_OK;
}

static void disable(struct walk *w, struct str says)
{
    w->saw_disabled = true;
    if (!w->disabled.n)
        w->disabled = says;
}

static enum st add_account(struct walk *w, const struct directory_account *account)
{
    const struct directory_target t = {
        .account = account->id, .address = account->address, .limits = directory_limits(account, 0)};

    if (account->is_disabled) {
        disable(w, account->disabled);
        return ST_OK;
    }
    return add_target(w, arena_printf(w->a, "%llx", (unsigned long long)account->id), &t);
}

static bool is_above(const struct step *at, struct str alias)
{
    for (; at; at = at->from)
        if (str_eq(at->alias, alias))
            return true;
    return false;
}

static enum st add_step(struct walk *w, struct str local, struct str domain)
{
    if (w->tail == DIRECTORY_STEPS_MAX || w->at->depth == DIRECTORY_DEPTH_MAX)
        return FAIL(ST_LIMIT, "the aliases of the address lead on and on");
    w->queue[w->tail++] = (struct step){.local = local, .domain = domain, .from = w->at, .depth = w->at->depth + 1};
    return ST_OK;
}

/* NOTFOUND when there is no such alias, or it has been followed already. */
static enum st follow_alias(struct walk *w, struct str key, struct str domain)
{
    struct str name = key_of(w, key, domain), says = STR_NONE;
    size_t n = 0, first = w->tail;
    bool row, is_disabled = false;
    sqlite3_stmt *s;
    enum st st = ST_OK;

    if (map_str_get(&w->expanded, name)) {
        w->met_root = w->met_root || str_eq(name, w->root);
        w->saw_loop = w->saw_loop || is_above(w->at, name);
        return ST_NOTFOUND;
    }
    TRY(sql_bind(w->d, SQL_ALIAS_TARGETS, &s, "ssu", domain, key, (uint64_t)DIRECTORY_TARGETS_MAX));
    for (;; n++) {
        TRY(sql_row(w->d, s, &row));
        if (!row)
            break;
        if (sqlite3_column_bytes(s, 1) == 0) { /* it takes no mail */
            is_disabled = true;
            says = sql_text(w->a, s, 3);
        } else {
            st = add_step(w, sql_text(w->a, s, 0), sql_text(w->a, s, 1));
        }
        if (st != ST_OK) {
            sqlite3_reset(s);
            return st;
        }
    }
    if (is_disabled) {
        w->tail = first;
        disable(w, says);
    }
    if (n) {
        map_str_put(&w->expanded, name, w);
        w->at->alias = name;
    }
    return n ? ST_OK : ST_NOTFOUND;
}

static enum st exact(struct walk *w, struct str local, struct str domain)
{
    const struct directory_address address = {local, domain};
    struct directory_account account;
    enum st st = follow_alias(w, directory_key(w->a, local), domain);

    if (st != ST_NOTFOUND)
        return st;
    TRY(directory_account_find(w->d, w->a, &address, &account));
    return add_account(w, &account);
}

typedef enum st (*finder)(struct walk *w, struct str local, struct str domain);

static enum st without_tag(struct walk *w, struct str local, struct str domain, finder find)
{
    if (local.n == 0 || local.p[0] == '"')
        return ST_NOTFOUND;
    for (size_t n = local.n; n-- > 1;)
        if (str_find(w->delimiters, local.p[n]) < w->delimiters.n) {
            enum st st = find(w, str_sub(local, 0, n), domain);

            if (st != ST_NOTFOUND)
                return st;
        }
    return ST_NOTFOUND;
}

/* The first pattern that fits; they are read before any is followed, since that uses the directory too. */
static enum st by_pattern(struct walk *w, struct str local, struct str domain)
{
    struct str key = pattern_bare(w->a, directory_key(w->a, local)), found = STR_NONE;
    sqlite3_stmt *s;
    bool row = true;

    TRY(sql_bind(w->d, SQL_ALIAS_PATTERNS, &s, "su", domain, (uint64_t)DIRECTORY_PATTERNS_MAX));
    while (!found.n) {
        TRY(sql_row(w->d, s, &row));
        if (!row)
            return ST_NOTFOUND;
        if (pattern_matches(str_n((const char *)sqlite3_column_text(s, 0), (size_t)sqlite3_column_bytes(s, 0)), key))
            found = sql_text(w->a, s, 0);
    }
    sqlite3_reset(s);
    return follow_alias(w, found, domain);
}

/* Where the settings send what is for the postmaster. NOTFOUND: nowhere that there is. */
static enum st named_postmaster(struct walk *w)
{
    const struct directory_ways ways = {.separators = w->ways->separators};
    size_t at = str_rfind(w->ways->postmaster, '@'), n;
    struct directory_address address = {str_sub(w->ways->postmaster, 0, at), str_from(w->ways->postmaster, at + 1)};
    struct directory_target *targets;
    enum st st;

    if (!address.local.n || !address.domain.n)
        return ST_NOTFOUND;
    st = directory_resolve(w->d, w->a, &address, &ways, &targets, &n);
    for (size_t i = 0; st == ST_OK && i < n; i++)
        st = add_target(w,
                        targets[i].account ? arena_printf(w->a, "%llx", (unsigned long long)targets[i].account)
                                           : targets[i].address,
                        &targets[i]);
    return st == ST_DENIED || st == ST_LIMIT || st == ST_LOOP || st == ST_TRYLATER ? ST_NOTFOUND : st;
}

/* RFC 5321 4.5.1, RFC 2142 */
static enum st postmaster(struct walk *w, struct str local, struct str domain)
{
    struct directory_account account;
    sqlite3_stmt *s;
    enum st st;
    bool row;

    if (!str_ieq(local, STR("postmaster")) && !str_ieq(local, STR("abuse")))
        return ST_NOTFOUND;
    st = named_postmaster(w);
    if (st != ST_NOTFOUND)
        return st;
    TRY(sql_bind(w->d, SQL_ACCOUNT_OLDEST, &s, "s", domain));
    TRY(sql_row(w->d, s, &row));
    if (!row) {
        w->lacks_postmaster = true;
        return ST_NOTFOUND;
    }
    account_read(w->a, s, &account);
    sqlite3_reset(s);
    return add_account(w, &account);
}

/* --- domains that go on to another server ---------------------------------------------------------------------- */

static enum st add_relayed(struct walk *w, struct step at, bool is_asked)
{
    const struct directory_target t = {
        .address = key_of(w, at.local, at.domain), .is_relayed = true, .is_asked = is_asked};

    return add_target(w, t.address, &t);
}

/* Does an alias name its own address? */
static enum st lists_itself(struct walk *w, struct str local, struct str domain, bool *out)
{
    struct str key = directory_key(w->a, local);
    sqlite3_stmt *s;

    TRY(sql_bind(w->d, SQL_ALIAS_IS_TARGET, &s, "sss", domain, key, key));
    TRY(sql_row(w->d, s, out));
    if (*out)
        sqlite3_reset(s);
    return ST_OK;
}

/* With the tag: the next server may know what it means. */
static enum st listed_with_tag(struct walk *w, struct step at)
{
    bool is_listed = false;

    if (at.local.n == 0 || at.local.p[0] == '"')
        return ST_NOTFOUND;
    for (size_t n = at.local.n; n-- > 1 && !is_listed;)
        if (str_find(w->delimiters, at.local.p[n]) < w->delimiters.n)
            TRY(lists_itself(w, str_sub(at.local, 0, n), at.domain, &is_listed));
    return is_listed ? add_relayed(w, at, false) : ST_NOTFOUND;
}

/* Aliases of many addresses. */
static enum st many(struct walk *w, struct step at)
{
    enum st st = by_pattern(w, at.local, at.domain);

    if (st == ST_NOTFOUND)
        st = without_tag(w, at.local, at.domain, by_pattern);
    return st == ST_NOTFOUND ? follow_alias(w, STR(""), at.domain) : st;
}

/* What an alias leads to has been listed with it. */
static enum st visit_relayed(struct walk *w, struct step at, struct str recipients, bool is_first)
{
    enum st st = exact(w, at.local, at.domain);

    if (st == ST_NOTFOUND)
        st = listed_with_tag(w, at);
    if (st == ST_NOTFOUND)
        st = without_tag(w, at.local, at.domain, exact);
    if (st == ST_NOTFOUND && is_first)
        st = many(w, at);
    if (st != ST_NOTFOUND)
        return st;
    if (is_first && str_eq(recipients, STR("listed")))
        return ST_OK;
    return add_relayed(w, at, is_first && str_eq(recipients, STR("asked")));
}

struct rules {
    struct str domain; /* that is meant */
    bool is_relayed;
    struct str recipients, separators;
};

/* NOTFOUND: not a domain of ours. */
static enum st find_rules(struct walk *w, struct str domain, struct rules *out)
{
    sqlite3_stmt *s;
    bool row;

    TRY(sql_bind(w->d, SQL_DOMAIN_RULES, &s, "s", domain));
    TRY(sql_row(w->d, s, &row));
    if (!row)
        return ST_NOTFOUND;
    *out = (struct rules){.domain = sql_text(w->a, s, 0),
                          .is_relayed = sqlite3_column_bytes(s, 1) > 0,
                          .recipients = sql_text(w->a, s, 2),
                          .separators = sql_number(s, 3) ? sql_text(w->a, s, 4) : w->ways->separators};
    sqlite3_reset(s);
    return ST_OK;
}

static enum st visit(struct walk *w, struct step at, bool is_first)
{
    struct rules rules;
    enum st st = find_rules(w, at.domain, &rules);

    if (st == ST_NOTFOUND) {
        const struct directory_target t = {.address = key_of(w, at.local, at.domain)};

        return add_target(w, t.address, &t);
    }
    TRY(st);
    at.domain = rules.domain;
    w->delimiters = rules.separators;
    if (rules.is_relayed)
        return visit_relayed(w, at, rules.recipients, is_first);
    st = exact(w, at.local, at.domain);
    if (st == ST_NOTFOUND)
        st = without_tag(w, at.local, at.domain, exact);
    if (st == ST_NOTFOUND)
        st = postmaster(w, at.local, at.domain);
    if (st == ST_NOTFOUND)
        st = many(w, at);
    return st == ST_NOTFOUND ? ST_OK : st; /* a dead end among others */
}

static enum st outcome(const struct walk *w, const struct directory_address *address)
{
    if (w->n_targets)
        return ST_OK;
    if (w->saw_disabled)
        return FAIL(ST_DENIED, "%.*s", STR_ARGS(w->disabled));
    if (w->saw_loop)
        return FAIL(ST_LOOP, "the alias %.*s@%.*s leads back to itself", STR_ARGS(address->local),
                    STR_ARGS(address->domain));
    if (w->lacks_postmaster)
        return FAIL(ST_TRYLATER, "nobody can read mail for %.*s@%.*s: this server has no account yet",
                    STR_ARGS(address->local), STR_ARGS(address->domain));
    return FAIL(ST_NOTFOUND, "there is no %.*s@%.*s here", STR_ARGS(address->local), STR_ARGS(address->domain));
}

static enum st walk_from(struct walk *w, const struct directory_address *address)
{
    enum st st = ST_OK;

    w->queue = mem_new(DIRECTORY_STEPS_MAX * sizeof(*w->queue));
    w->targets = mem_new(DIRECTORY_TARGETS_MAX * sizeof(*w->targets));
    w->queue[w->tail++] = (struct step){.local = address->local, .domain = address->domain};
    for (; st == ST_OK && w->head < w->tail; w->head++) {
        w->at = &w->queue[w->head];
        st = visit(w, *w->at, w->head == 0);
    }
    return st;
}

static void walk_fini(struct walk *w)
{
    map_fini(&w->expanded);
    map_fini(&w->found);
    mem_free(w->queue);
    mem_free(w->targets);
}

enum st directory_resolve(struct directory *d, struct arena *a, const struct directory_address *address,
                          const struct directory_ways *ways, struct directory_target **out, size_t *out_n)
{
    struct walk w = {.d = d, .a = a, .ways = ways};
    enum st st = walk_from(&w, address);

    if (st == ST_OK)
        st = outcome(&w, address);
    if (st == ST_OK) {
        *out = ARENA_ARRAY(a, struct directory_target, w.n_targets);
        memcpy(*out, w.targets, w.n_targets * sizeof(**out));
        *out_n = w.n_targets;
    }
    walk_fini(&w);
    return st;
}

enum st directory_alias_loops(struct directory *d, const struct directory_address *alias,
                              const struct directory_ways *ways, bool *out)
{
    struct arena a = ARENA_INIT;
    struct walk w = {.d = d, .a = &a, .ways = ways};
    struct directory_relay relay = {0};
    struct directory_account account;
    enum st st;

    w.root = key_of(&w, directory_key(&a, alias->local), alias->domain);
    st = walk_from(&w, alias);
    if (st == ST_OK && w.met_root)
        st = directory_relay_find(d, &a, alias->domain, &relay);
    if (st == ST_OK && relay.to.n) /* it goes on from there */
        w.met_root = false;
    if (st == ST_OK && w.met_root)
        st = directory_account_find(d, &a, alias, &account);
    if (st == ST_OK || st == ST_NOTFOUND)
        *out = w.met_root && st == ST_NOTFOUND;
    walk_fini(&w);
    arena_fini(&a);
    return st == ST_NOTFOUND ? ST_OK : st;
}

/* Whatever alias stands in front of his account: where his mail goes takes nothing away from who he is. */
static bool is_own(struct arena *a, const struct directory_account *own, const struct directory_address *address,
                   struct str delimiters)
{
    size_t at = str_rfind(own->address, '@');
    struct str key = directory_key(a, str_sub(own->address, 0, at)), local = address->local;

    if (!str_eq(str_from(own->address, at + 1), address->domain))
        return false;
    for (size_t n = local.n; n > 0; n--) {
        bool ends = n == local.n || (local.p[0] != '"' && str_find(delimiters, local.p[n]) < delimiters.n);

        if (ends && str_eq(directory_key(a, str_sub(local, 0, n)), key))
            return true;
    }
    return false;
}

/* All of its own domain: by a right of the account, or since the domain has it so. */
static enum st may_use_domain(struct directory *d, const struct directory_account *own,
                              const struct directory_address *address, bool *out)
{
    sqlite3_stmt *s;
    bool row;

    *out = false;
    if (!str_eq(str_from(own->address, str_rfind(own->address, '@') + 1), address->domain))
        return ST_OK;
    *out = own->may_use_domain;
    if (*out)
        return ST_OK;
    TRY(sql_bind(d, SQL_DOMAIN_SHARES, &s, "s", address->domain));
    TRY(sql_row(d, s, &row));
    *out = row && sql_number(s, 0) != 0;
    sqlite3_reset(s);
    return ST_OK;
}

static enum st has_right(struct directory *d, struct arena *a, const struct directory_account *own,
                         const struct directory_address *address, struct str delimiters, bool *out)
{
    *out = is_own(a, own, address, delimiters);
    if (!*out)
        TRY(may_use_domain(d, own, address, out));
    return *out ? ST_OK : directory_delegate_has(d, own->id, address, delimiters, out);
}

/* Of the domain that is meant, with the separators that hold there. */
static enum st find_own(struct directory *d, struct arena *a, const struct directory_account *own,
                        const struct directory_address *address, const struct directory_ways *ways, bool *out)
{
    struct walk w = {.d = d, .a = a, .ways = ways};
    struct rules rules = {.domain = address->domain, .separators = ways->separators};
    enum st st = find_rules(&w, address->domain, &rules);

    if (st != ST_OK && st != ST_NOTFOUND)
        return st;
    TRY(has_right(d, a, own, &(struct directory_address){address->local, rules.domain}, rules.separators, out));
    return *out || str_eq(rules.domain, address->domain)
               ? ST_OK
               : directory_delegate_has(d, own->id, address, rules.separators, out);
}

enum st directory_may_send_as(struct directory *d, uint64_t account, const struct directory_address *address,
                              const struct directory_ways *ways)
{
    struct arena a = ARENA_INIT;
    struct directory_account own;
    struct directory_target *targets = NULL;
    size_t n = 0;
    bool may = false;
    enum st st = directory_account_by_id(d, &a, account, &own);

    if (st == ST_OK)
        st = find_own(d, &a, &own, address, ways, &may);
    if (st == ST_OK && !may)
        st = directory_resolve(d, &a, address, ways, &targets, &n);
    for (size_t i = 0; st == ST_OK && i < n; i++)
        may = may || targets[i].account == account;
    arena_fini(&a);
    if (st != ST_OK && st != ST_NOTFOUND && st != ST_DENIED && st != ST_LIMIT && st != ST_LOOP)
        return st;
    return may ? ST_OK
               : FAIL(ST_DENIED, "this account may not send as %.*s@%.*s", STR_ARGS(address->local),
                      STR_ARGS(address->domain));
}
