/* Commands about where letters go instead of to the servers that the DNS names. */
#include "keeper/commands_inside.h"

#include "base/clock.h"
#include "keeper/keeper.h"
#include "mime/addrspec.h"
#include "policy/routing.h"
#include "smtp/next_hop.h"

#define PORT_SMTP 25
#define PORT_SUBMISSION 587
#define PORT_SUBMISSIONS 465
#define PAGE 100

/* --- words to a row ----------------------------------------------------------------------------------------------- */

static enum st account_of(struct command *c, struct str word, struct directory_route *r)
{
    struct directory_address address;
    struct directory_account account;

    TRY(keeper_address(c->directory, c->arena, word, true, &address));
    if (directory_account_find(c->directory, c->arena, &address, &account) != ST_OK)
        return err_get()->st == ST_NOTFOUND ? (enum st)FAIL(ST_NOTFOUND, "there is no account %.*s", STR_ARGS(word))
                                            : err_get()->st;
    r->account = account.id;
    r->name = STR("");
    return ST_OK;
}

static enum st domain_of_ours(struct command *c, struct str word, struct directory_route *r)
{
    bool is_ours;

    TRY(domain_parse(c->arena, word, &r->name));
    TRY(directory_is_ours(c->directory, r->name, &is_ours));
    return is_ours ? ST_OK : FAIL(ST_NOTFOUND, "%.*s is no domain of ours", STR_ARGS(word));
}

static enum st destination(struct command *c, struct str word, struct directory_route *r)
{
    struct str below;

    if (str_eq(word, ROUTING_ANY)) {
        r->name = ROUTING_ANY;
        return ST_OK;
    }
    if (!str_starts(word, STR(".")))
        return domain_parse(c->arena, word, &r->name);
    TRY(domain_parse(c->arena, str_from(word, 1), &below));
    r->name = arena_printf(c->arena, ".%.*s", STR_ARGS(below));
    return ST_OK;
}

static enum st match_arg(struct command *c, struct directory_route *r)
{
    struct str word = c->args.args[1];
    enum routing_by by;

    TRY(routing_by_find(c->args.args[0], &by));
    r->kind = str_z(routing_by_word(by));
    if (r->is_fallback && by != ROUTING_BY_DESTINATION)
        return FAIL(ST_SYNTAX, "a fallback is for destinations: route add to NAME");
    if (by == ROUTING_BY_ACCOUNT)
        return account_of(c, word, r);
    return by == ROUTING_BY_SENDER ? domain_of_ours(c, word, r) : destination(c, word, r);
}

static enum st security_arg(struct command *c, struct directory_route *r)
{
    struct str rest = STR("starttls tls may none"), word;

    r->security = STR("starttls");
    if (!admin_value(&c->args, "security", &r->security))
        return ST_OK;
    while (str_split(&rest, ' ', &word))
        if (str_eq(r->security, word))
            return ST_OK;
    return FAIL(ST_SYNTAX, "--security is one of: starttls tls may none");
}

static bool is_verified(const struct directory_route *r)
{
    return str_eq(r->security, STR("starttls")) || str_eq(r->security, STR("tls"));
}

static enum st login_arg(struct command *c, struct directory_route *r)
{
    r->user = STR("");
    if (!admin_value(&c->args, "user", &r->user))
        return c->input.n ? FAIL(ST_SYNTAX, "a password without a user") : ST_OK;
    if (!r->user.n || !c->input.n)
        return FAIL(ST_SYNTAX, "a login has a user and a password");
    for (size_t i = 0; i < r->user.n; i++)
        if ((unsigned char)r->user.p[i] < 32)
            return FAIL(ST_SYNTAX, "a user's name has no control characters");
    return is_verified(r) ? ST_OK : FAIL(ST_SYNTAX, "a password is sent under TLS only: --security starttls or tls");
}

static enum st host_arg(struct command *c, struct directory_route *r)
{
    struct str word = c->args.args[2];
    uint16_t port = !r->user.n ? PORT_SMTP : str_eq(r->security, STR("tls")) ? PORT_SUBMISSIONS : PORT_SUBMISSION;

    if (!str_eq(word, STR("mx")))
        return next_hop_parse(c->arena, word, port, &r->host);
    r->host = word;
    if (r->is_fallback || r->user.n || admin_has(&c->args, "security"))
        return FAIL(ST_SYNTAX, "mx are the servers that the DNS names: no fallback, and no --security or --user");
    r->security = STR("may");
    return ST_OK;
}

/* Without codes and a time a fallback is for what servers say of our address most often. */
static enum st fallback_arg(struct command *c, struct directory_route *r)
{
    bool has_codes = admin_value(&c->args, "codes", &r->codes), has_after = admin_has(&c->args, "after");
    struct str v;

    r->after_s = ROUTING_NEVER;
    if (!r->is_fallback) {
        r->codes = STR("");
        return has_codes || has_after ? FAIL(ST_SYNTAX, "--codes and --after are about a --fallback") : ST_OK;
    }
    if (has_after) {
        IGNORE(admin_value(&c->args, "after", &v));
        TRY(admin_duration(v, &r->after_s));
    }
    if (!has_codes)
        r->codes = has_after ? STR("") : STR(ROUTING_CODES);
    if (str_eq(r->name, ROUTING_ANY) && (has_after || !has_codes || !r->codes.n))
        return FAIL(ST_SYNTAX,
                    "a fallback for all domains is for refusals with --codes that are named, and for those only");
    if (!r->codes.n && !has_after)
        return FAIL(ST_SYNTAX, "a fallback is for refusals with --codes, or --after some time out of reach");
    return routing_codes_check(r->codes);
}

/* --- the commands ------------------------------------------------------------------------------------------------- */

static void route_json(struct command *c, const struct directory_route *r)
{
    json_object(c->out);
    json_kv_u64(c->out, "id", r->id);
    json_kv_str(c->out, "for", arena_printf(c->arena, "%.*s %.*s", STR_ARGS(r->kind), STR_ARGS(r->name)));
    json_kv_str(c->out, "host", r->host);
    json_kv_str(c->out, "security", str_eq(r->host, STR("mx")) ? STR("") : r->security);
    json_kv_str(c->out, "user", r->user);
    json_kv_bool(c->out, "fallback", r->is_fallback);
    json_kv_str(c->out, "codes", r->codes);
    json_kv_str(c->out, "after",
                r->after_s == ROUTING_NEVER ? STR("")
                                            : arena_printf(c->arena, "%llus", (unsigned long long)r->after_s));
    json_object_end(c->out);
}

enum st command_route_add(struct command *c)
{
    struct directory_route r = {.is_fallback = admin_has(&c->args, "fallback"), .created_us = clock_wall_us()};

    TRY(match_arg(c, &r));
    TRY(security_arg(c, &r));
    TRY(login_arg(c, &r));
    TRY(host_arg(c, &r));
    TRY(fallback_arg(c, &r));
    TRY(directory_route_add(c->directory, &r, c->input, &r.id));
    if (r.account)
        r.name = c->args.args[1];
    route_json(c, &r);
    return ST_OK;
}

enum st command_route_list(struct command *c)
{
    struct directory_route *v = ARENA_ARRAY(c->arena, struct directory_route, PAGE);
    uint64_t after = 0;
    size_t n;

    json_object(c->out);
    json_key(c->out, "routes");
    json_array(c->out);
    do {
        TRY(directory_route_list(c->directory, c->arena, after, v, PAGE, &n));
        for (size_t i = 0; i < n; i++)
            route_json(c, &v[i]);
        after = n ? v[n - 1].id : after;
    } while (n == PAGE);
    json_array_end(c->out);
    json_object_end(c->out);
    return ST_OK;
}

enum st command_route_remove(struct command *c)
{
    uint64_t id;

    if (str_u64(c->args.args[0], UINT64_MAX, &id) != ST_OK)
        return FAIL(ST_SYNTAX, "\"%.*s\" is no route's number, as `route list` shows them",
                    (int)MIN(c->args.args[0].n, (size_t)40), c->args.args[0].p);
    TRY(directory_route_remove(c->directory, id));
    json_object(c->out);
    json_kv_u64(c->out, "removed", id);
    json_object_end(c->out);
    return ST_OK;
}
