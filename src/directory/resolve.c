/* From an address to those who get its mail. A walk over the aliases, breadth first, each address once; what an address
 * is stands in directory.h. */
#include "directory/sql.h"

#include "base/map.h"

struct step {
    struct str local, domain;
};

struct walk {
    struct directory *d;
    struct arena *a;
    struct str delimiters;
    struct step *queue;
    size_t head, tail;
    struct map expanded; /* addresses whose alias has been followed */
    struct map found;    /* targets, by account or address */
    struct directory_target *targets;
    size_t n_targets;
    struct str disabled; /* what a disabled account says */
    bool saw_disabled;
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

static enum st add_account(struct walk *w, const struct directory_account *account)
{
    const struct directory_target t = {
        .account = account->id, .address = account->address, .limits = directory_limits(account, 0)};

    if (account->is_disabled) {
        w->saw_disabled = true;
        w->disabled = account->disabled;
        return ST_OK;
    }
    return add_target(w, arena_printf(w->a, "%llx", (unsigned long long)account->id), &t);
}

/* NOTFOUND when there is no such alias, or it has been followed already. */
static enum st follow_alias(struct walk *w, struct str key, struct str domain)
{
    struct str name = key_of(w, key, domain);
    sqlite3_stmt *s;
    size_t n = 0;
    bool row;

    if (map_str_get(&w->expanded, name)) {
        w->met_root = w->met_root || str_eq(name, w->root);
        return ST_NOTFOUND;
    }
    TRY(sql_bind(w->d, SQL_ALIAS_TARGETS, &s, "ssu", domain, key, (uint64_t)DIRECTORY_TARGETS_MAX));
    for (;; n++) {
        TRY(sql_row(w->d, s, &row));
        if (!row)
            break;
        if (w->tail == DIRECTORY_STEPS_MAX) {
            sqlite3_reset(s);
            return FAIL(ST_LIMIT, "the aliases of the address lead on and on");
        }
        w->queue[w->tail++] = (struct step){sql_text(w->a, s, 0), sql_text(w->a, s, 1)};
    }
    if (n)
        map_str_put(&w->expanded, name, w);
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

static enum st without_tag(struct walk *w, struct str local, struct str domain)
{
    if (local.n == 0 || local.p[0] == '"')
        return ST_NOTFOUND;
    for (size_t n = local.n; n-- > 1;)
        if (str_find(w->delimiters, local.p[n]) < w->delimiters.n) {
            enum st st = exact(w, str_sub(local, 0, n), domain);

            if (st != ST_NOTFOUND)
                return st;
        }
    return ST_NOTFOUND;
}

/* RFC 5321 4.5.1, RFC 2142 */
static enum st postmaster(struct walk *w, struct str local, struct str domain)
{
    struct directory_account account;
    sqlite3_stmt *s;
    bool row;

    if (!str_ieq(local, STR("postmaster")) && !str_ieq(local, STR("abuse")))
        return ST_NOTFOUND;
    TRY(sql_bind(w->d, SQL_ACCOUNT_OLDEST, &s, "s", domain));
    TRY(sql_row(w->d, s, &row));
    if (!row)
        return ST_NOTFOUND;
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

/* What an alias leads to has been listed with it. */
static enum st visit_relayed(struct walk *w, struct step at, const struct directory_relay *relay, bool is_first)
{
    enum st st = exact(w, at.local, at.domain);

    if (st == ST_NOTFOUND)
        st = listed_with_tag(w, at);
    if (st == ST_NOTFOUND)
        st = without_tag(w, at.local, at.domain);
    if (st == ST_NOTFOUND && is_first)
        st = follow_alias(w, STR(""), at.domain);
    if (st != ST_NOTFOUND)
        return st;
    if (is_first && str_eq(relay->recipients, STR("listed")))
        return ST_OK;
    return add_relayed(w, at, is_first && str_eq(relay->recipients, STR("asked")));
}

static enum st visit(struct walk *w, struct step at, bool is_first)
{
    struct directory_relay relay;
    enum st st = directory_relay_find(w->d, w->a, at.domain, &relay);

    if (st == ST_NOTFOUND) {
        const struct directory_target t = {.address = key_of(w, at.local, at.domain)};

        return add_target(w, t.address, &t);
    }
    TRY(st);
    if (relay.to.n)
        return visit_relayed(w, at, &relay, is_first);
    st = exact(w, at.local, at.domain);
    if (st == ST_NOTFOUND)
        st = without_tag(w, at.local, at.domain);
    if (st == ST_NOTFOUND)
        st = postmaster(w, at.local, at.domain);
    if (st == ST_NOTFOUND)
        st = follow_alias(w, STR(""), at.domain);
    return st == ST_NOTFOUND ? ST_OK : st; /* a dead end among others */
}

static enum st outcome(const struct walk *w, const struct directory_address *address)
{
    if (w->n_targets)
        return ST_OK;
    if (w->saw_disabled)
        return FAIL(ST_DENIED, "%.*s", STR_ARGS(w->disabled.n ? w->disabled : STR("this account is disabled")));
    return FAIL(ST_NOTFOUND, "there is no %.*s@%.*s here", STR_ARGS(address->local), STR_ARGS(address->domain));
}

static enum st walk_from(struct walk *w, const struct directory_address *address)
{
    enum st st = ST_OK;

    w->queue = mem_new(DIRECTORY_STEPS_MAX * sizeof(*w->queue));
    w->targets = mem_new(DIRECTORY_TARGETS_MAX * sizeof(*w->targets));
    w->queue[w->tail++] = (struct step){address->local, address->domain};
    for (; st == ST_OK && w->head < w->tail; w->head++)
        st = visit(w, w->queue[w->head], w->head == 0);
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
                          struct str delimiters, struct directory_target **out, size_t *out_n)
{
    struct walk w = {.d = d, .a = a, .delimiters = delimiters};
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

enum st directory_alias_loops(struct directory *d, const struct directory_address *alias, struct str delimiters,
                              bool *out)
{
    struct arena a = ARENA_INIT;
    struct walk w = {.d = d, .a = &a, .delimiters = delimiters};
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

enum st directory_may_send_as(struct directory *d, uint64_t account, const struct directory_address *address,
                              struct str delimiters)
{
    struct arena a = ARENA_INIT;
    struct directory_account own;
    struct directory_target *targets = NULL;
    size_t n = 0;
    bool may = false;
    enum st st = directory_account_by_id(d, &a, account, &own);

    if (st == ST_OK)
        st = has_right(d, &a, &own, address, delimiters, &may);
    if (st == ST_OK && !may)
        st = directory_resolve(d, &a, address, delimiters, &targets, &n);
    for (size_t i = 0; st == ST_OK && i < n; i++)
        may = may || targets[i].account == account;
    arena_fini(&a);
    if (st != ST_OK && st != ST_NOTFOUND && st != ST_DENIED && st != ST_LIMIT)
        return st;
    return may ? ST_OK
               : FAIL(ST_DENIED, "this account may not send as %.*s@%.*s", STR_ARGS(address->local),
                      STR_ARGS(address->domain));
}
