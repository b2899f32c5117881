/* Commands about addresses that an account's letters are not sent to any more. */
#include "keeper/commands_inside.h"

#include "base/clock.h"
#include "keeper/keeper.h"

static enum st account_of(struct command *c, uint64_t *out)
{
    struct directory_address address;
    struct directory_account account;
    enum st st;

    TRY(keeper_address(c->directory, c->arena, c->args.args[0], true, &address));
    st = directory_account_find(c->directory, c->arena, &address, &account);
    if (st == ST_NOTFOUND)
        return FAIL(ST_NOTFOUND, "there is no account %.*s", STR_ARGS(c->args.args[0]));
    TRY(st);
    *out = account.id;
    return ST_OK;
}

/* `account`: of the row before, most often this one's too. */
static enum st row_json(struct command *c, const struct directory_suppressed *v, struct directory_account *account)
{
    if (account->id != v->account)
        TRY(directory_account_by_id(c->directory, c->arena, v->account, account));
    json_object(c->out);
    json_kv_str(c->out, "account", account->address);
    json_kv_str(c->out, "address", v->address);
    json_kv_bool(c->out, "refused", keeper_is_refused(c->set, v, clock_wall_us()));
    json_kv_u64(c->out, "failures", v->failures);
    json_kv_str(c->out, "since", time_rfc3339(c->arena, v->first_us));
    json_kv_str(c->out, "last", time_rfc3339(c->arena, v->last_us));
    json_kv_str(c->out, "until",
                v->by_hand ? STR("lifted") : time_rfc3339(c->arena, v->last_us + c->set->suppress_time * 1000));
    json_kv_str(c->out, "reason", v->reason);
    json_object_end(c->out);
    return ST_OK;
}

enum st command_suppress_list(struct command *c)
{
    struct directory_suppressed *v;
    struct directory_account last = {0};
    uint64_t account = 0;
    size_t n;

    if (c->args.n)
        TRY(account_of(c, &account));
    TRY(directory_suppressed_list(c->directory, c->arena, account, &v, &n));
    json_object(c->out);
    json_key(c->out, "suppressed");
    json_array(c->out);
    for (size_t i = 0; i < n; i++) {
        enum st st = row_json(c, &v[i], &last);

        if (st != ST_OK && st != ST_NOTFOUND) /* of an account that is being removed */
            return st;
    }
    json_array_end(c->out);
    json_object_end(c->out);
    return ST_OK;
}

static void answer(struct command *c, const char *what, uint64_t n)
{
    json_object(c->out);
    json_kv_u64(c->out, what, n);
    json_object_end(c->out);
}

enum st command_suppress_lift(struct command *c)
{
    bool all = admin_has(&c->args, "all");
    uint64_t account, lifted = 0;

    if (all == (c->args.n > 1))
        return FAIL(ST_SYNTAX, "name the addresses, or say --all");
    TRY(account_of(c, &account));
    if (all)
        TRY(directory_suppressed_lift(c->directory, account, NULL, &lifted));
    for (size_t i = 1; i < c->args.n; i++) {
        struct directory_address address;
        uint64_t n;

        TRY(keeper_address(c->directory, c->arena, c->args.args[i], true, &address));
        TRY(directory_suppressed_lift(c->directory, account, &address, &n));
        if (!n)
            return FAIL(ST_NOTFOUND, "%.*s is not on the list of that account", STR_ARGS(c->args.args[i]));
        lifted += n;
    }
    answer(c, "lifted", lifted);
    return ST_OK;
}

enum st command_suppress_add(struct command *c)
{
    struct str reason = STR("by an administrator");
    uint64_t account;

    TRY(account_of(c, &account));
    admin_value(&c->args, "reason", &reason);
    for (size_t i = 1; i < c->args.n; i++) {
        struct directory_address address;

        TRY(keeper_address(c->directory, c->arena, c->args.args[i], true, &address));
        TRY(directory_suppressed_add(c->directory, account, &address, reason, clock_wall_us()));
    }
    answer(c, "added", c->args.n - 1);
    return ST_OK;
}
