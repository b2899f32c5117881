/* Commands about the keys that sign what leaves. Keys are made in pairs, one of each algorithm; what begins their selectors is the same. */
#include "keeper/commands_inside.h"

#include "base/clock.h"
#include "base/secret.h"
#include "keeper/dkim.h"
#include "mime/addrspec.h"
#include "policy/dkim_record.h"
#include "policy/dkim_sign.h"

#define SELECTOR_MAX 40

static struct str algorithm_of(size_t i)
{
    return i ? DKIM_ED25519 : DKIM_RSA;
}

static struct str selector_of(struct arena *a, struct str begin, size_t i)
{
    return arena_printf(a, "%.*s-%s", STR_ARGS(begin), i ? "ed25519" : "rsa");
}

bool command_dkim_makes(const struct command *c)
{
    return c->args.command->id == ADMIN_CMD_domain_add || c->args.command->id == ADMIN_CMD_dkim_add ||
           c->args.command->id == ADMIN_CMD_dkim_rotate;
}

enum st command_dkim_prepare(struct command *c)
{
    for (size_t i = ARRAY_LEN(c->dkim); i-- > 0;)
        TRY(dkim_key_make(c->arena, algorithm_of(i), &c->dkim[i].private_key, &c->dkim[i].public_key));
    return ST_OK;
}

void command_dkim_wipe(struct command *c)
{
    for (size_t i = 0; i < ARRAY_LEN(c->dkim); i++)
        if (c->dkim[i].private_key.n)
            wipe((char *)(uintptr_t)c->dkim[i].private_key.p, c->dkim[i].private_key.n);
}

/* --- selectors ---------------------------------------------------------------------------------------------------- */

static bool is_taken(struct command *c, const struct directory_dkim_key *v, size_t n, struct str begin)
{
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < ARRAY_LEN(c->dkim); i++)
            if (str_eq(v[k].selector, selector_of(c->arena, begin, i)))
                return true;
    return false;
}

static enum st check_selector(struct str s)
{
    bool ok = s.n && s.n <= SELECTOR_MAX && ascii_is_alnum(s.p[0]);

    for (size_t i = 0; ok && i < s.n; i++)
        ok = ascii_is_digit(s.p[i]) || (s.p[i] >= 'a' && s.p[i] <= 'z') || s.p[i] == '-';
    return ok ? ST_OK
              : FAIL(ST_SYNTAX, "a selector has small letters, digits and hyphens, and at most %d of them",
                     SELECTOR_MAX);
}

/* "20261123", "20261123b" when that is taken. */
static enum st pick_selector(struct command *c, struct str domain, struct str *out)
{
    struct str date = time_rfc3339(c->arena, clock_wall_us());
    struct directory_dkim_key *v;
    size_t n;

    if (admin_value(&c->args, "selector", out))
        return check_selector(*out);
    TRY(directory_dkim_list(c->directory, c->arena, domain, &v, &n));
    date = arena_printf(c->arena, "%.4s%.2s%.2s", date.p, date.p + 5, date.p + 8);
    *out = date;
    for (char letter = 'b'; letter <= 'z' && is_taken(c, v, n, *out); letter++)
        *out = arena_printf(c->arena, "%.*s%c", STR_ARGS(date), letter);
    return ST_OK;
}

enum st command_dkim_keep(struct command *c, struct str domain)
{
    struct str begin;

    TRY(pick_selector(c, domain, &begin));
    for (size_t i = 0; i < ARRAY_LEN(c->dkim); i++) {
        struct directory_dkim_key key = {.domain = domain,
                                         .selector = selector_of(c->arena, begin, i),
                                         .algorithm = algorithm_of(i),
                                         .public_key = c->dkim[i].public_key};

        TRY(directory_dkim_add(c->directory, &key, c->dkim[i].private_key));
    }
    return ST_OK;
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

static void key_json(struct command *c, const struct directory_dkim_key *k, bool with_domain)
{
    struct str name = dkim_record_name(c->arena, k->selector, k->domain);

    json_object(c->out);
    if (with_domain)
        json_kv_str(c->out, "domain", k->domain);
    json_kv_str(c->out, "selector", k->selector);
    json_kv_str(c->out, "algorithm", k->algorithm);
    json_kv_str(c->out, "created", time_rfc3339(c->arena, k->created_us));
    if (!with_domain)
        json_kv_str(c->out, "record",
                    dkim_record_line(c->arena, name, dkim_record_text(c->arena, k->algorithm, k->public_key)));
    json_object_end(c->out);
}

static enum st keys_json(struct command *c, struct str domain, bool with_domain)
{
    struct directory_dkim_key *v;
    size_t n;

    TRY(directory_dkim_list(c->directory, c->arena, domain, &v, &n));
    json_object(c->out);
    json_key(c->out, "keys");
    json_array(c->out);
    for (size_t i = 0; i < n; i++)
        key_json(c, &v[i], with_domain);
    json_array_end(c->out);
    json_object_end(c->out);
    return ST_OK;
}

/* A domain of ours. */
static enum st domain_arg(struct command *c, struct str *out)
{
    struct directory_domain d;

    TRY(domain_parse(c->arena, c->args.args[0], out));
    return directory_domain_find(c->directory, c->arena, *out, &d);
}

enum st command_dkim_list(struct command *c)
{
    struct str domain = STR_NONE;

    if (c->args.n)
        TRY(domain_arg(c, &domain));
    return keys_json(c, domain, true);
}

enum st command_dkim_show(struct command *c)
{
    struct str domain;

    TRY(domain_arg(c, &domain));
    return keys_json(c, domain, false);
}

enum st command_dkim_add(struct command *c)
{
    struct str domain;
    enum st st;

    TRY(domain_arg(c, &domain));
    TRY(directory_begin(c->directory));
    st = command_dkim_keep(c, domain);
    if (st == ST_OK)
        TRY(directory_commit(c->directory));
    else
        directory_abort(c->directory);
    return st == ST_OK ? keys_json(c, domain, false) : st;
}

enum st command_dkim_retire(struct command *c)
{
    struct str domain;

    TRY(domain_arg(c, &domain));
    TRY(directory_dkim_remove(c->directory, domain, c->args.args[1]));
    json_object(c->out);
    json_kv_str(c->out, "retired", c->args.args[1]);
    json_object_end(c->out);
    return ST_OK;
}
