/* Options of `domain add` and `domain set` about domains whose mail goes on to another server. */
#include "keeper/commands_inside.h"

#include "keeper/keeper.h"
#include "smtp/next_hop.h"

#define LMTP STR("lmtp:")
#define PORT_SMTP 25
#define PORT_LMTP 24 /* as everybody has it; none is registered */

enum st command_relay_to(struct arena *a, struct str word, struct str *out)
{
    bool is_lmtp = str_starts(word, LMTP);
    struct str server, host;
    uint16_t port;
    enum st st;

    if (str_eq(word, STR("none")) || str_eq(word, STR("mx"))) {
        *out = str_eq(word, STR("mx")) ? STR("mx") : STR("");
        return ST_OK;
    }
    st = next_hop_parse(a, is_lmtp ? str_from(word, LMTP.n) : word, is_lmtp ? PORT_LMTP : PORT_SMTP, &server);
    if (st != ST_OK)
        return err_context(st, "--relay is HOST or HOST:PORT, or lmtp:HOST or lmtp:HOST:PORT, or mx, or none");
    TRY(next_hop_split(server, &host, &port));
    if (is_lmtp && port == PORT_SMTP) /* RFC 2033 section 5 */
        return FAIL(ST_SYNTAX, "port 25 is that of SMTP, where LMTP is never spoken; the usual one is 24");
    *out = is_lmtp ? arena_printf(a, "lmtp:%.*s", STR_ARGS(server)) : server;
    return ST_OK;
}

static enum st one_of(struct command *c, const char *option, const char *words, struct str *io)
{
    struct str rest = str_z(words), word, v;

    if (!admin_value(&c->args, option, &v))
        return ST_OK;
    while (str_split(&rest, ' ', &word))
        if (str_eq(v, word)) {
            *io = word;
            return ST_OK;
        }
    return FAIL(ST_SYNTAX, "--%s is one of: %s", option, words);
}

enum st command_relay(struct command *c, struct str domain)
{
    struct directory_relay now;
    struct str v;

    TRY(directory_relay_find(c->directory, c->arena, domain, &now));
    if (admin_value(&c->args, "relay", &v))
        TRY(command_relay_to(c->arena, v, &now.to));
    TRY(one_of(c, "security", "may starttls tls none", &now.security));
    TRY(one_of(c, "recipients", "any listed asked", &now.recipients));
    if (!now.to.n && (admin_has(&c->args, "security") || admin_has(&c->args, "recipients")))
        return FAIL(ST_SYNTAX, "mail for %.*s stays here: --relay says where it goes", STR_ARGS(domain));
    if (str_eq(now.to, STR("mx")) && !str_eq(now.security, STR("may"))) {
        if (admin_has(&c->args, "security"))
            return FAIL(
                ST_SYNTAX,
                "--security is for a HOST: servers that the DNS names are spoken to as those of other domains are");
        now.security = STR("may");
    }
    return directory_relay_set(c->directory, domain, &now);
}
