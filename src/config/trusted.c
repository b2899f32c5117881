/* Networks by name, and those that need no login: which of them an address is in, and who may be the sender there. */
#include "config/settings.h"

static bool is_in(const struct config_network *n, uint8_t family, const uint8_t *bytes)
{
    unsigned whole = n->bits / 8, rest = n->bits % 8;

    if (n->family != family || memcmp(n->bytes, bytes, whole) != 0)
        return false;
    return rest == 0 || (bytes[whole] & (0xff << (8 - rest)) & 0xff) == n->bytes[whole];
}

bool config_networks_have(const struct config_networks *list, uint8_t family, const uint8_t *bytes)
{
    for (size_t i = 0; i < list->n; i++)
        if (is_in(&list->v[i], family, bytes))
            return true;
    return false;
}

const struct config_trusted *config_trusted_find(const struct settings *set, uint8_t family, const uint8_t *bytes)
{
    const struct config_trusted *best = NULL;
    unsigned bits = 0;

    for (size_t i = 0; i < set->trusted_count; i++)
        for (size_t k = 0; k < set->trusted[i].network.n; k++) {
            const struct config_network *n = &set->trusted[i].network.v[k];

            if (is_in(n, family, bytes) && (!best || n->bits > bits)) {
                best = &set->trusted[i];
                bits = n->bits;
            }
        }
    return best;
}

bool config_trusted_sender(const struct config_trusted *t, struct str address)
{
    struct str rest = t->senders, item, domain = str_from(address, str_rfind(address, '@'));

    while (str_split(&rest, ',', &item)) {
        item = str_trim(item);
        if (str_eq(item, STR("any")) || (item.n && str_ieq(item, item.p[0] == '@' ? domain : address)))
            return true;
    }
    return false;
}
