/* Commands about accounts whose letters are held. They change the directory; the caller tells the running keeper. */
#include "keeper/commands_inside.h"

#include "base/clock.h"
#include "policy/brake.h"

enum st command_brake_list(struct command *c)
{
    struct directory_brake *v;
    size_t n;

    TRY(directory_brake_list(c->directory, c->arena, &v, &n));
    json_object(c->out);
    json_key(c->out, "brakes");
    json_array(c->out);
    for (size_t i = 0; i < n; i++) {
        json_object(c->out);
        json_kv_str(c->out, "account", v[i].address);
        json_kv_str(c->out, "since", time_rfc3339(c->arena, v[i].since_us));
        json_kv_str(c->out, "sign", v[i].sign);
        json_kv_u64(c->out, "value", v[i].value);
        json_kv_str(c->out, "from_afar", v[i].from_afar);
        json_kv_bool(c->out, "told", v[i].is_told);
        json_object_end(c->out);
    }
    json_array_end(c->out);
    json_object_end(c->out);
    return ST_OK;
}

static void answer(struct command *c, const char *what, const struct directory_account *account)
{
    json_object(c->out);
    json_kv_str(c->out, what, account->address);
    json_object_end(c->out);
}

/* What the keeper has pulled and not written yet is lifted, too. */
enum st command_brake_lift(struct command *c)
{
    struct directory_account account;
    bool was;

    TRY(command_account(c, &account));
    TRY(directory_brake_remove(c->directory, account.id, &was));
    c->unbrakes = account.id;
    c->braked_address = account.address;
    answer(c, "lifted", &account);
    return ST_OK;
}

enum st command_brake_set(struct command *c)
{
    struct directory_account account;

    TRY(command_account(c, &account));
    c->brakes = account.id;
    c->braked_address = account.address;
    answer(c, "held", &account);
    return ST_OK;
}
