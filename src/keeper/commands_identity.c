/* Options of `domain add` and `domain set` about what a domain's letters leave as: addresses of this machine, and the name in EHLO. */
#include "keeper/commands_inside.h"

#include "mime/addrspec.h"
#include "net/addr.h"

static bool is_in(const struct addr *a, const char *network, unsigned bits)
{
    struct addr n;

    return addr_parse(str_z(network), 0, &n) == ST_OK && n.family == a->family && addr_in(a, &n, bits);
}

/* Nothing leaves from these, whatever the machine has: no address, groups, and links, of which one has to be named. */
static bool is_no_source(const struct addr *a)
{
    return is_in(a, "0.0.0.0", 8) || is_in(a, "224.0.0.0", 3) || is_in(a, "::", 128) || is_in(a, "fe80::", 10) ||
           is_in(a, "ff00::", 8);
}

enum st command_source(struct arena *a, struct str word, struct directory_identity *io)
{
    struct str of[2] = {STR(""), STR("")}, item, rest = word;
    bool is_none = str_eq(word, STR("none"));

    while (!is_none && str_split(&rest, ',', &item)) {
        char text[ADDR_TEXT_MAX];
        struct addr addr;
        struct str *to;

        item = str_trim(item);
        if (addr_parse(item, 0, &addr) != ST_OK || is_no_source(&addr))
            return FAIL(ST_SYNTAX,
                        "\"%.*s\" is no address that letters can leave from: --source is an IPv4 or an IPv6 "
                        "address of this machine, or both with a comma between, or none",
                        (int)MIN(item.n, 60), item.p);
        to = &of[addr.family == 6];
        if (to->n)
            return FAIL(ST_SYNTAX, "--source takes one address of each family, and %.*s is the second IPv%u address",
                        STR_ARGS(item), addr.family);
        *to = arena_str(a, addr_host(&addr, text));
    }
    if (!is_none && !of[0].n && !of[1].n)
        return FAIL(ST_SYNTAX, "--source is an address of this machine, or none");
    io->source4 = of[0];
    io->source6 = of[1];
    return ST_OK;
}

/* RFC 5321 section 2.3.5: a whole name, which the DNS knows; letters, digits and hyphens only, and no address. */
static bool is_host(struct str name)
{
    struct addr addr;

    for (size_t i = 0; i < name.n; i++)
        if (!ascii_is_alnum(name.p[i]) && name.p[i] != '-' && name.p[i] != '.')
            return false;
    return str_find(name, '.') < name.n && addr_parse(name, 0, &addr) != ST_OK;
}

enum st command_ehlo(struct arena *a, struct str word, struct str *out)
{
    struct str name;

    if (str_eq(word, STR("none"))) {
        *out = STR("");
        return ST_OK;
    }
    if (domain_parse(a, word, &name) != ST_OK || !is_host(name))
        return FAIL(ST_SYNTAX, "\"%.*s\" is no name for EHLO: --ehlo is a whole name such as mail.example.org, or none",
                    (int)MIN(word.n, 60), word.p);
    *out = name;
    return ST_OK;
}

enum st command_identity(struct command *c, struct str domain)
{
    struct directory_identity now;
    struct str v;

    if (!admin_has(&c->args, "source") && !admin_has(&c->args, "ehlo"))
        return ST_OK;
    TRY(directory_identity_find(c->directory, c->arena, domain, &now));
    if (admin_value(&c->args, "source", &v))
        TRY(command_source(c->arena, v, &now));
    if (admin_value(&c->args, "ehlo", &v))
        TRY(command_ehlo(c->arena, v, &now.ehlo));
    return directory_identity_set(c->directory, domain, &now);
}

void command_identity_json(struct command *c, const struct directory_identity *identity)
{
    json_key(c->out, "source");
    json_array(c->out);
    if (identity->source4.n)
        json_str(c->out, identity->source4);
    if (identity->source6.n)
        json_str(c->out, identity->source6);
    json_array_end(c->out);
    json_kv_str(c->out, "ehlo", identity->ehlo);
}
