/* Many accounts at once: entries with passwords or with hashes that are there already, each for itself; one that can't be
 * made is told with its line, and the others are. */
#include "keeper/commands_inside.h"

#include "keeper/keeper.h"

enum st command_import_take(struct command *c)
{
    struct admin_entry *list;

    TRY(admin_entries_get(c->input, c->arena, &list, &c->n_entries));
    c->entries = ARENA_ARRAY(c->arena, struct import_entry, c->n_entries);
    for (size_t i = 0; i < c->n_entries; i++)
        c->entries[i].is = list[i];
    return ST_OK;
}

/* A hash that is there already costs nothing; those of passwords are made one at a time. */
void command_import_prepare(struct command *c)
{
    while (c->prepared < c->n_entries) {
        struct import_entry *e = &c->entries[c->prepared++];
        enum st st = ST_OK;

        if (e->is.hash.n)
            st = password_import(e->is.hash, e->made);
        else if (e->is.password.n)
            st = password_hash(secret_of(e->is.password), keeper_cost(c->set), e->made);
        if (st != ST_OK)
            e->bad = arena_cstr(c->arena, str_z(err_get()->text));
        if (!e->is.hash.n && e->is.password.n)
            return;
    }
}

static enum st import_one(struct command *c, const struct import_entry *e, bool update, bool *out_added)
{
    struct directory_address address;
    struct directory_account account;
    struct {
        struct directory_change change;
        struct str name;
        uint64_t bytes, messages;
    } ch = {.name = e->is.name};
    uint64_t id;
    enum st st;

    if (e->bad)
        return FAIL(ST_SYNTAX, "%s", e->bad);
    TRY(keeper_address(c->directory, c->arena, e->is.address, false, &address));
    if (e->is.name.n)
        ch.change.name = &ch.name;
    if (e->is.quota.n) {
        TRY(admin_size(e->is.quota, &ch.bytes));
        ch.change.quota_bytes = &ch.bytes;
    }
    if (e->is.quota_messages.n) {
        TRY(command_messages(e->is.quota_messages, &ch.messages));
        ch.change.quota_messages = &ch.messages;
    }
    st = directory_account_find(c->directory, c->arena, &address, &account);
    if (st == ST_OK && !update)
        return FAIL(ST_EXISTS, "%.*s exists already", STR_ARGS(account.address));
    if (st != ST_OK && st != ST_NOTFOUND)
        return st;
    *out_added = st == ST_NOTFOUND;
    if (st == ST_OK) {
        id = account.id;
        TRY(directory_account_set(c->directory, id, &ch.change));
    } else {
        if (!e->made[0])
            return FAIL(ST_SYNTAX, "a new account needs a password or a hash");
        TRY(command_check_account(c, &address));
        TRY(directory_account_add(c->directory, &address, &ch.change, &id));
    }
    if (!e->made[0])
        return ST_OK;
    if (st == ST_OK)
        command_revoke(c, id, "the password was changed");
    return directory_password_set(c->directory, id, str_z(e->made));
}

static bool is_of_the_line(enum st st)
{
    return st == ST_SYNTAX || st == ST_EXISTS || st == ST_NOTFOUND || st == ST_LIMIT;
}

enum st command_import_run(struct command *c)
{
    bool update = admin_has(&c->args, "update"), is_new;
    uint64_t added = 0, changed = 0;
    enum st st = ST_OK;

    json_object(c->out);
    json_key(c->out, "failed");
    json_array(c->out);
    TRY(directory_begin(c->directory));
    for (size_t i = 0; i < c->n_entries; i++) {
        st = import_one(c, &c->entries[i], update, &is_new);
        if (st == ST_OK) {
            added += is_new;
            changed += !is_new;
        } else if (is_of_the_line(st)) {
            json_object(c->out);
            json_kv_u64(c->out, "line", c->entries[i].is.line);
            json_kv_str(c->out, "address", c->entries[i].is.address);
            json_kv_str(c->out, "error", arena_str(c->arena, str_z(err_get()->text)));
            json_object_end(c->out);
        } else {
            directory_abort(c->directory);
            return st;
        }
    }
    TRY(directory_commit(c->directory));
    json_array_end(c->out);
    json_kv_u64(c->out, "added", added);
    json_kv_u64(c->out, "changed", changed);
    json_object_end(c->out);
    return ST_OK;
}
