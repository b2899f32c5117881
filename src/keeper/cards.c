#include "keeper/cards.h"

static const struct {
    enum config_protocol protocol;
    const char *use, *name;
} uses[] = {
    {PROTOCOL_SUBMISSION, "sending", "smtp"},
    {PROTOCOL_IMAP, "receiving", "imap"},
    {PROTOCOL_POP3, "receiving", "pop3"},
};

static const enum config_security order[] = {SECURITY_TLS, SECURITY_STARTTLS, SECURITY_NONE}; /* RFC 8314 section 3 */

static uint16_t port_of(const struct config_listener *l)
{
    const struct config_addr *a = &l->address.v[0]; /* all of them have the same port */

    return a->sa.sa_family == AF_INET6 ? ntohs(a->in6.sin6_port) : ntohs(a->in.sin_port);
}

void card_json(const struct settings *set, struct str user, struct json *out)
{
    json_object(out);
    json_kv_str(out, "user", user);
    json_kv_str(out, "host", set->host_for_users.n ? set->host_for_users : set->host_name);
    json_key(out, "services");
    json_array(out);
    for (size_t i = 0; i < ARRAY_LEN(uses); i++)
        for (size_t k = 0; k < ARRAY_LEN(order); k++)
            for (size_t j = 0; j < set->listener_count; j++) {
                const struct config_listener *l = &set->listeners[j];

                if (l->protocol != uses[i].protocol || l->security != order[k])
                    continue;
                json_object(out);
                json_kv_str(out, "use", str_z(uses[i].use));
                json_kv_str(out, "protocol", str_z(uses[i].name));
                json_kv_u64(out, "port", port_of(l));
                json_kv_str(out, "security", str_z(config_security_name(l->security)));
                json_object_end(out);
            }
    json_array_end(out);
    json_object_end(out);
}
