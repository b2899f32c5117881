/* Commands about networks that are not let in. What they change holds at once: the caller tells the gates. */
#include "keeper/commands_inside.h"

#include "base/clock.h"
#include "keeper/keeper.h"

#define BITS4_LEAST 8 /* wider ones would be most of the world */
#define BITS6_LEAST 16

static void ban_json(struct command *c, const struct directory_ban *b)
{
    json_object(c->out);
    json_kv_str(c->out, "network", b->network);
    json_kv_str(c->out, "since", time_rfc3339(c->arena, b->since_us));
    json_kv_str(c->out, "until", b->until_us ? time_rfc3339(c->arena, b->until_us) : STR("lifted"));
    json_kv_bool(c->out, "by_hand", b->by_hand);
    json_kv_str(c->out, "reason", b->reason);
    json_object_end(c->out);
}

enum st command_bans_list(struct command *c)
{
    uint64_t now_us = clock_wall_us();
    struct directory_ban *v;
    size_t n;

    TRY(directory_ban_list(c->directory, c->arena, &v, &n));
    json_object(c->out);
    json_key(c->out, "bans");
    json_array(c->out);
    for (size_t i = 0; i < n; i++)
        if (!v[i].until_us || v[i].until_us > now_us)
            ban_json(c, &v[i]);
    json_array_end(c->out);
    json_object_end(c->out);
    return ST_OK;
}

/* Whoever would be spared anyway is told so, rather than believe in a ban. */
static enum st check_wide(const struct addr *network, unsigned bits, struct str word)
{
    if (bits < (network->family == 4 ? BITS4_LEAST : BITS6_LEAST))
        return FAIL(ST_DENIED, "%.*s is too wide: at least /%d of IPv4, /%d of IPv6", STR_ARGS(word), BITS4_LEAST,
                    BITS6_LEAST);
    return ST_OK;
}

static enum st network_arg(struct command *c, size_t i, struct command_ban *out)
{
    struct str word = c->args.args[i];
    char text[ADDR_TEXT_MAX];
    struct ban *ban = &out->ban;

    TRY(addr_network_parse(word, &ban->network, &ban->bits));
    if (ban->network.family == 6 && str_find(word, '/') == word.n) { /* who has one address there has the /64 */
        ban->bits = 64;
        ban->network = addr_network(&ban->network, 32, 64);
    }
    out->text = arena_str(c->arena, addr_network_text(&ban->network, ban->bits, text));
    return ST_OK;
}

enum st command_bans_add(struct command *c)
{
    struct str reason = STR("by an administrator"), word;
    uint64_t now_us = clock_wall_us(), seconds = 0;

    admin_value(&c->args, "reason", &reason);
    if (admin_value(&c->args, "for", &word))
        TRY(admin_duration(word, &seconds));
    c->bans = ARENA_ARRAY(c->arena, struct command_ban, c->args.n);
    json_object(c->out);
    json_key(c->out, "bans");
    json_array(c->out);
    for (size_t i = 0; i < c->args.n; i++) {
        struct command_ban *b = &c->bans[i];
        struct directory_ban row = {.since_us = now_us, .by_hand = true};

        TRY(network_arg(c, i, b));
        TRY(check_wide(&b->ban.network, b->ban.bits, c->args.args[i]));
        if (!keeper_may_ban(c->set, &b->ban.network))
            return FAIL(ST_DENIED, "%.*s is private, trusted or never banned", STR_ARGS(c->args.args[i]));
        b->ban.since_us = now_us;
        b->ban.until_us = seconds ? now_us + seconds * 1000000 : BAN_FOR_EVER;
        b->ban.by_hand = true;
        ban_set_reason(&b->ban, reason);
        row.network = b->text;
        row.until_us = seconds ? b->ban.until_us : 0;
        row.reason = ban_reason(&b->ban);
        TRY(directory_ban_put(c->directory, &row, now_us));
        c->n_bans++;
        ban_json(c, &row);
    }
    json_array_end(c->out);
    json_object_end(c->out);
    return ST_OK;
}

static enum st lift(struct command *c, struct command_ban *b)
{
    b->is_lifted = true;
    TRY(directory_ban_lift(c->directory, b->text));
    c->n_bans++;
    return ST_OK;
}

/* The one that the word is about is told, where it is a wider one. */
static enum st explain(struct command *c, const struct command_ban *b)
{
    struct directory_ban *v;
    size_t n;

    TRY(directory_ban_list(c->directory, c->arena, &v, &n));
    for (size_t i = 0; i < n; i++) {
        struct addr network;
        unsigned bits;

        if (addr_network_parse(v[i].network, &network, &bits) == ST_OK && network.family == b->ban.network.family &&
            bits < b->ban.bits && addr_in(&b->ban.network, &network, bits))
            return FAIL(ST_NOTFOUND, "%.*s is not banned by itself, but with %.*s", STR_ARGS(b->text),
                        STR_ARGS(v[i].network));
    }
    return FAIL(ST_NOTFOUND, "%.*s is not banned", STR_ARGS(b->text));
}

static enum st lift_all(struct command *c)
{
    struct directory_ban *v;
    size_t n;

    TRY(directory_ban_list(c->directory, c->arena, &v, &n));
    c->bans = ARENA_ARRAY(c->arena, struct command_ban, n + 1);
    for (size_t i = 0; i < n; i++) {
        struct command_ban *b = &c->bans[c->n_bans];

        *b = (struct command_ban){.text = v[i].network};
        IGNORE(addr_network_parse(v[i].network, &b->ban.network, &b->ban.bits)); /* what is none goes all the same */
        TRY(lift(c, b));
    }
    return ST_OK;
}

enum st command_bans_lift(struct command *c)
{
    bool all = admin_has(&c->args, "all");

    if (all == (c->args.n > 0))
        return FAIL(ST_SYNTAX, "name the networks, or say --all");
    c->bans = ARENA_ARRAY(c->arena, struct command_ban, c->args.n + 1);
    for (size_t i = 0; i < c->args.n; i++) {
        struct command_ban *b = &c->bans[c->n_bans];
        enum st st;

        TRY(network_arg(c, i, b));
        st = lift(c, b);
        if (st == ST_NOTFOUND)
            return explain(c, b);
        TRY(st);
    }
    if (all)
        TRY(lift_all(c));
    json_object(c->out);
    json_kv_u64(c->out, "lifted", c->n_bans);
    json_object_end(c->out);
    return ST_OK;
}
