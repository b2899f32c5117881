/* Commands about who may send as whom. */
#include "keeper/commands_inside.h"

#include "base/clock.h"

enum st command_delegates_json(struct command *c, uint64_t account)
{
    struct directory_delegate *v;
    size_t n;

    TRY(directory_delegate_list(c->directory, c->arena, account, &v, &n));
    json_key(c->out, "may_send_as");
    json_array(c->out);
    for (size_t i = 0; i < n; i++)
        json_str(c->out, v[i].address);
    json_array_end(c->out);
    return ST_OK;
}

enum st command_delegate_list(struct command *c)
{
    struct directory_account account = {0};
    struct directory_delegate *v;
    size_t n;

    if (c->args.n)
        TRY(command_account(c, &account));
    TRY(directory_delegate_list(c->directory, c->arena, account.id, &v, &n));
    json_object(c->out);
    json_key(c->out, "delegates");
    json_array(c->out);
    for (size_t i = 0; i < n; i++) {
        json_object(c->out);
        json_kv_str(c->out, "account", v[i].account);
        json_kv_str(c->out, "may_send_as", v[i].address);
        json_kv_str(c->out, "since", time_rfc3339(c->arena, v[i].created_us));
        json_object_end(c->out);
    }
    json_array_end(c->out);
    json_object_end(c->out);
    return ST_OK;
}

static enum st show(struct command *c, const struct directory_account *account)
{
    json_object(c->out);
    json_kv_str(c->out, "account", account->address);
    TRY(command_delegates_json(c, account->id));
    json_object_end(c->out);
    return ST_OK;
}

static enum st add_all(struct command *c, uint64_t account)
{
    for (size_t i = 1; i < c->args.n; i++) {
        struct directory_address address;

        TRY(command_address_or_domain(c, i, &address));
        TRY(directory_delegate_add(c->directory, account, &address));
    }
    return ST_OK;
}

static enum st remove_all(struct command *c, uint64_t account)
{
    uint64_t n;

    if (admin_has(&c->args, "all"))
        return directory_delegate_remove(c->directory, account, NULL, &n);
    for (size_t i = 1; i < c->args.n; i++) {
        struct directory_address address;

        TRY(command_address_or_domain(c, i, &address));
        TRY(directory_delegate_remove(c->directory, account, &address, &n));
        if (!n)
            return FAIL(ST_NOTFOUND, "that account has no right of its own to send as %.*s", STR_ARGS(c->args.args[i]));
    }
    return ST_OK;
}

/* All or nothing. */
static enum st change(struct command *c, enum st (*how)(struct command *c, uint64_t account))
{
    struct directory_account account;
    enum st st;

    TRY(command_account(c, &account));
    TRY(directory_begin(c->directory));
    st = how(c, account.id);
    if (st == ST_OK)
        TRY(directory_commit(c->directory));
    else
        directory_abort(c->directory);
    return st == ST_OK ? show(c, &account) : st;
}

enum st command_delegate_add(struct command *c)
{
    return change(c, add_all);
}

enum st command_delegate_remove(struct command *c)
{
    if (admin_has(&c->args, "all") == (c->args.n > 1))
        return FAIL(ST_SYNTAX, "name the addresses, or say --all");
    return change(c, remove_all);
}
