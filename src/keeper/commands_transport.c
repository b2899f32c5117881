/* Commands about how mail for other domains travels. */
#include "keeper/commands_inside.h"

#include "keeper/transport.h"
#include "mime/addrspec.h"
#include "policy/transport.h"

enum st command_transport_set(struct command *c)
{
    enum transport_level level;
    struct str domain, name;

    TRY(domain_parse(c->arena, c->args.args[0], &domain));
    if (!str_ieq(c->args.args[1], STR(TRANSPORT_TLS)))
        return FAIL(ST_SYNTAX, "\"%.*s\" can't be set; tls can", STR_ARGS(c->args.args[1]));
    TRY(transport_level_find(c->args.args[2], &level));
    name = str_z(transport_level_name(level));
    TRY(directory_transport_set(c->directory, domain, STR(TRANSPORT_TLS), name));
    json_object(c->out);
    json_kv_str(c->out, "domain", domain);
    json_kv_str(c->out, TRANSPORT_TLS, name);
    json_object_end(c->out);
    return ST_OK;
}

enum st command_transport_list(struct command *c)
{
    struct directory_transport *v;
    size_t n;

    TRY(directory_transport_list(c->directory, c->arena, &v, &n));
    json_object(c->out);
    json_key(c->out, "rules");
    json_array(c->out);
    for (size_t i = 0; i < n; i++) {
        json_object(c->out);
        json_kv_str(c->out, "domain", v[i].domain);
        json_kv_str(c->out, "display", domain_show(c->arena, v[i].domain));
        json_kv_str(c->out, "setting", v[i].name);
        json_kv_str(c->out, "value", v[i].value);
        json_object_end(c->out);
    }
    json_array_end(c->out);
    json_object_end(c->out);
    return ST_OK;
}

enum st command_transport_remove(struct command *c)
{
    struct str domain;

    TRY(domain_parse(c->arena, c->args.args[0], &domain));
    TRY(directory_transport_remove(c->directory, domain));
    json_object(c->out);
    json_kv_str(c->out, "removed", domain);
    json_object_end(c->out);
    return ST_OK;
}
