/* Commands about aliases: addresses that lead elsewhere, patterns, all that nobody else has, and addresses that take no mail. */
#include "keeper/commands_inside.h"

#include "keeper/keeper.h"
#include "mime/addrspec.h"

static void alias_json(struct command *c, const struct directory_alias *alias)
{
    json_object(c->out);
    json_kv_str(c->out, "alias", alias->address);
    json_key(c->out, "targets");
    json_array(c->out);
    for (size_t i = 0; i < alias->n_targets; i++)
        json_str(c->out, alias->targets[i]);
    json_array_end(c->out);
    if (alias->is_pattern)
        json_kv_bool(c->out, "pattern", true);
    if (alias->is_disabled) {
        json_kv_bool(c->out, "disabled", true);
        json_kv_str(c->out, "reason", alias->says);
    }
    json_object_end(c->out);
}

static enum st alias_show_one(struct command *c, const struct directory_address *address)
{
    struct directory_alias alias;

    TRY(directory_alias_find(c->directory, c->arena, address, &alias));
    alias_json(c, &alias);
    return ST_OK;
}

/* An account's mail is not taken away unless that is meant, and no alias leads back to itself. */
static enum st check_alias(struct command *c, const struct directory_address *alias)
{
    struct directory_ways ways = keeper_ways(c->set, c->arena);
    struct directory_account account;
    bool loops = false, diverts;
    enum st st;

    if (alias->local.n) /* of a catch-all a target that does not exist yet would be one */
        TRY(directory_alias_loops(c->directory, alias, &ways, &loops));
    if (loops)
        return FAIL(ST_EXISTS, "that alias would lead back to itself, and there is no account of its address");
    st = directory_account_find(c->directory, c->arena, alias, &account);
    if (st != ST_OK)
        return st == ST_NOTFOUND ? ST_OK : st;
    TRY(directory_alias_diverts(c->directory, alias, &diverts));
    if (diverts && !admin_has(&c->args, "divert"))
        return FAIL(ST_EXISTS,
                    "%.*s@%.*s is an account, which would get no mail any more: make it a target too, or say --divert",
                    STR_ARGS(alias->local), STR_ARGS(alias->domain));
    return ST_OK;
}

static enum st change_targets(struct command *c, const struct directory_address *alias, bool add)
{
    for (size_t i = 1; i < c->args.n; i++) {
        struct directory_address target;

        TRY(command_address_arg(c, i, &target));
        if (add)
            TRY(directory_alias_add(c->directory, alias, &target));
        else
            TRY(directory_alias_remove(c->directory, alias, &target));
    }
    return ST_OK;
}

/* Is the alias' own address, at which an account keeps its copy, among the targets named? */
static bool takes_own(struct command *c, const struct directory_address *alias)
{
    for (size_t i = 1; i < c->args.n; i++) {
        struct directory_address target;

        if (command_address_arg(c, i, &target) == ST_OK && str_eq(target.domain, alias->domain) &&
            str_ieq(target.local, alias->local))
            return true;
    }
    return false;
}

static enum st change_alias(struct command *c, const struct directory_address *alias, bool add)
{
    enum st st;

    TRY(directory_begin(c->directory));
    st = change_targets(c, alias, add);
    if (st == ST_OK && (add || takes_own(c, alias)))
        st = check_alias(c, alias);
    if (st == ST_OK)
        return directory_commit(c->directory);
    directory_abort(c->directory);
    return st;
}

enum st command_alias_add(struct command *c)
{
    struct directory_address alias;

    TRY(command_address_or_domain(c, 0, &alias));
    TRY(change_alias(c, &alias, true));
    return alias_show_one(c, &alias);
}

enum st command_alias_list(struct command *c)
{
    struct arena page = ARENA_INIT, last = ARENA_INIT;
    struct directory_address after, *behind = NULL;
    struct directory_alias *v;
    struct str domain;
    size_t n = 0;
    enum st st;

    TRY(command_list_domain(c, &domain));
    json_object(c->out);
    json_key(c->out, "aliases");
    json_array(c->out);
    do {
        arena_reset(&page);
        st = directory_alias_list(c->directory, &page, domain, behind, COMMAND_PAGE, &v, &n);
        for (size_t i = 0; st == ST_OK && i < n; i++)
            alias_json(c, &v[i]);
        if (st == ST_OK && n) {
            arena_reset(&last);
            after = command_address_of(arena_str(&last, v[n - 1].address));
            behind = &after;
        }
    } while (st == ST_OK && n == COMMAND_PAGE);
    json_array_end(c->out);
    json_object_end(c->out);
    arena_fini(&page);
    arena_fini(&last);
    return st;
}

enum st command_alias_show(struct command *c)
{
    struct directory_address alias;

    TRY(command_address_or_domain(c, 0, &alias));
    return alias_show_one(c, &alias);
}

enum st command_alias_remove(struct command *c)
{
    struct directory_address alias;
    enum st st;

    TRY(command_address_or_domain(c, 0, &alias));
    if (c->args.n > 1)
        TRY(change_alias(c, &alias, false));
    else
        TRY(directory_alias_remove(c->directory, &alias, NULL));
    st = c->args.n > 1 ? alias_show_one(c, &alias) : ST_NOTFOUND;
    if (st != ST_NOTFOUND)
        return st;
    json_object(c->out);
    json_kv_str(c->out, "removed", c->args.args[0]);
    json_object_end(c->out);
    return ST_OK;
}

enum st command_alias_disable(struct command *c)
{
    struct directory_address alias;
    struct str says = STR("");

    TRY(command_address_or_domain(c, 0, &alias));
    admin_value(&c->args, "reason", &says);
    TRY(directory_alias_disable(c->directory, &alias, &says));
    return alias_show_one(c, &alias);
}

enum st command_alias_enable(struct command *c)
{
    struct directory_address alias;
    enum st st;

    TRY(command_address_or_domain(c, 0, &alias));
    TRY(directory_alias_disable(c->directory, &alias, NULL));
    st = alias_show_one(c, &alias);
    if (st != ST_NOTFOUND)
        return st;
    json_object(c->out);
    json_kv_str(c->out, "enabled", c->args.args[0]);
    json_object_end(c->out);
    return ST_OK;
}

/* --- what can't work ------------------------------------------------------------------------------------------- */

#define PROBLEMS_MAX 1000

struct checking {
    struct command *c;
    struct directory_ways ways;
    size_t n;
};

static void problem(struct checking *k, struct str what, struct str target, const char *why)
{
    struct json *j = k->c->out;

    if (k->n++ >= PROBLEMS_MAX)
        return;
    json_object(j);
    json_kv_str(j, "what", what);
    json_kv_str(j, "target", target);
    json_kv_str(j, "problem", str_z(why));
    json_object_end(j);
}

/* Why mail for that address reaches nobody; NULL: it does. */
static enum st why_not(struct checking *k, struct arena *a, struct str address, const char **out)
{
    struct directory_address at = command_address_of(address);
    struct directory_target *targets;
    size_t n;
    enum st st = directory_resolve(k->c->directory, a, &at, &k->ways, &targets, &n);

    *out = NULL;
    switch (st) {
    case ST_OK: return ST_OK;
    case ST_NOTFOUND: *out = "there is nobody of that address"; return ST_OK;
    case ST_DENIED: *out = "it is disabled"; return ST_OK;
    case ST_LOOP: *out = "it leads back to itself"; return ST_OK;
    case ST_LIMIT: *out = "it leads to too many others, or on and on"; return ST_OK;
    case ST_TRYLATER: *out = "there is no account yet"; return ST_OK;
    default: return st;
    }
}

static enum st check_targets(struct checking *k, struct arena *a, const struct directory_alias *alias)
{
    const char *why;

    for (size_t i = 0; i < alias->n_targets && !alias->is_disabled; i++) {
        if (str_ieq(alias->targets[i], alias->address)) { /* the account of that address, or another server's */
            TRY(why_not(k, a, alias->address, &why));
        } else {
            TRY(why_not(k, a, alias->targets[i], &why));
        }
        if (why)
            problem(k, alias->address, alias->targets[i], why);
    }
    return ST_OK;
}

static enum st check_aliases(struct checking *k, struct str domain)
{
    struct arena page = ARENA_INIT, last = ARENA_INIT;
    struct directory_address after, *behind = NULL;
    struct directory_alias *v;
    size_t n = 0;
    enum st st;

    do {
        arena_reset(&page);
        st = directory_alias_list(k->c->directory, &page, domain, behind, COMMAND_PAGE, &v, &n);
        for (size_t i = 0; st == ST_OK && i < n; i++)
            st = check_targets(k, &page, &v[i]);
        if (st == ST_OK && n) {
            arena_reset(&last);
            after = command_address_of(arena_str(&last, v[n - 1].address));
            behind = &after;
        }
    } while (st == ST_OK && n == COMMAND_PAGE);
    arena_fini(&page);
    arena_fini(&last);
    return st;
}

/* RFC 5321 section 4.5.1: somebody reads what is for the postmaster, in each domain whose mail stays here. */
static enum st check_postmasters(struct checking *k, struct str only)
{
    struct arena *a = k->c->arena;
    struct directory_domain *v;
    const char *why = NULL;
    size_t n;

    if (k->c->set->postmaster.n && !k->ways.postmaster.n)
        why = "it is no address";
    else if (k->ways.postmaster.n)
        TRY(why_not(k, a, k->ways.postmaster, &why));
    if (why)
        problem(k, STR("setting postmaster"), k->c->set->postmaster, why);
    TRY(directory_domain_list(k->c->directory, a, &v, &n));
    for (size_t i = 0; i < n; i++) {
        struct str address = arena_printf(a, "postmaster@%.*s", STR_ARGS(v[i].name));

        if (v[i].relay.to.n || (only.n && !str_eq(only, v[i].name)))
            continue;
        TRY(why_not(k, a, address, &why));
        if (why)
            problem(k, v[i].name, address, why);
    }
    return ST_OK;
}

enum st command_alias_check(struct command *c)
{
    struct checking k = {.c = c, .ways = keeper_ways(c->set, c->arena)};
    struct str domain;

    TRY(command_list_domain(c, &domain));
    json_object(c->out);
    json_key(c->out, "problems");
    json_array(c->out);
    TRY(check_postmasters(&k, domain));
    TRY(check_aliases(&k, domain));
    json_array_end(c->out);
    json_kv_u64(c->out, "found", k.n);
    json_object_end(c->out);
    return ST_OK;
}
