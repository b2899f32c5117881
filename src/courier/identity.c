#include "courier/identity.h"

#include "base/base.h"
#include "config/settings.h"

#include <stdio.h>
#include <string.h>

struct identity identity_default(const struct settings *set)
{
    struct identity id = {0};

    for (size_t i = 0; i < set->courier_source.n; i++) {
        const struct config_addr *from = &set->courier_source.v[i];
        struct addr addr = addr_from_sockaddr(&from->sa, from->len);
        struct addr *to = addr.family == 6 ? &id.source6 : &id.source4;

        if (!to->family)
            *to = addr;
    }
    snprintf(id.ehlo, sizeof id.ehlo, "%.*s", STR_ARGS(set->courier_ehlo));
    return id;
}

bool identity_eq(const struct identity *a, const struct identity *b)
{
    return addr_eq(&a->source4, &b->source4) && addr_eq(&a->source6, &b->source6) && strcmp(a->ehlo, b->ehlo) == 0;
}

static struct str text_of(const struct addr *addr, char *out)
{
    return addr->family ? addr_host(addr, out) : STR("-");
}

struct str identity_key(const struct identity *id, struct arena *a)
{
    char four[ADDR_TEXT_MAX], six[ADDR_TEXT_MAX];

    if (!id->source4.family && !id->source6.family && !id->ehlo[0])
        return STR("");
    return arena_printf(a, "%.*s %.*s %s", STR_ARGS(text_of(&id->source4, four)), STR_ARGS(text_of(&id->source6, six)),
                        id->ehlo);
}

struct addr identity_source(const struct identity *id, const struct addr *to)
{
    return to->family == 6 ? id->source6 : id->source4;
}
