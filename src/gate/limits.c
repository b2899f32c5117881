/* What networks of the world may do: how many connections at a time and in an hour, letters, errors, recipients that there are not; and
 * which of them are banned. An IPv4 address or an IPv6 /64 is counted, and an IPv4 /24 or an IPv6 /48 with it. This house, and what
 * the settings trust, is neither: there a mistake of ours would lock out those who have to mend it. */
#include "gate/gate.h"
#include "config/config.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

/* --- pages ---------------------------------------------------------------------------------------------------- */

static void *map_page(int fd, int rights)
{
    void *page = fd < 0 ? MAP_FAILED : mmap(NULL, TALLY_BYTES, rights, MAP_SHARED, fd, 0);

    return page == MAP_FAILED ? NULL : page;
}

enum st limits_open(struct gate *g, const struct role *r)
{
    void *page = map_page(role_file_fd(r, "tally"), PROT_READ | PROT_WRITE);

    bans_init(&g->bans);
    if (!page)
        return FAIL_ERRNO("the page that networks are counted on");
    tally_attach(&g->tally, page);
    for (unsigned i = 0; i < r->gates; i++) {
        char name[32];

        snprintf(name, sizeof name, "tally/%u", i);
        page = map_page(role_file_fd(r, name), PROT_READ);
        if (page)
            tally_read(&g->tally, page);
    }
    return ST_OK;
}

/* --- coming and going ----------------------------------------------------------------------------------------- */

bool limits_apply(const struct settings *set, const struct addr *peer)
{
    return !addr_is_house(peer) && !config_trusted_find(set, peer->family, peer->bytes) &&
           !config_networks_have(&set->never_banned, peer->family, peer->bytes);
}

static bool holds(const struct ban *ban, const struct conn *c)
{
    return !ban->only_smtp || c->row->protocol == PROTOCOL_SMTP;
}

static enum st check_ban(const struct conn *c)
{
    const struct ban *ban = bans_find(&c->gate->bans, &c->peer, clock_wall_us());
    struct arena a = ARENA_INIT;
    struct str until;

    if (!ban || !holds(ban, c))
        return ST_OK;
    until = ban->until_us == BAN_FOR_EVER ? STR_NONE : time_rfc3339(&a, ban->until_us);
    IGNORE(FAIL(ST_DENIED, "Your network is banned here%s%.*s: %.*s", until.n ? " until " : "", STR_ARGS(until),
                STR_ARGS(ban_reason(ban))));
    arena_fini(&a);
    return ST_DENIED;
}

static enum st check_open(struct conn *c, uint64_t address, uint64_t network)
{
    const struct tally *t = &c->gate->tally;

    if (c->row->max_connections_per_address && tally_open(t, address) >= c->row->max_connections_per_address)
        return FAIL(ST_LIMIT, "Too many connections from your address, try again later");
    if (c->row->max_connections_per_network && tally_open(t, network) >= c->row->max_connections_per_network)
        return FAIL(ST_LIMIT, "Too many connections from your network, try again later");
    return ST_OK;
}

static const char *const names[TALLY_COUNT] = {[TALLY_CONNECTIONS] = "connections",
                                               [TALLY_LETTERS] = "letters",
                                               [TALLY_ERRORS] = "errors",
                                               [TALLY_UNKNOWN] = "unknown recipients"};

static uint32_t most(const struct settings *set, enum tally_what what)
{
    switch (what) {
    case TALLY_CONNECTIONS: return set->smtp_hour_connections;
    case TALLY_LETTERS: return set->smtp_hour_letters;
    case TALLY_ERRORS: return set->smtp_hour_errors;
    case TALLY_UNKNOWN: return set->smtp_hour_unknown_recipients;
    case TALLY_COUNT: break;
    }
    never("nothing that is counted");
}

/* A server of others that carries many letters meets mistakes too: what is mostly letters is no harvest. */
static bool is_over(const struct tally *t, uint64_t key, enum tally_what what, uint64_t max)
{
    uint32_t n;

    if (!max || (n = tally_hour(t, key, what)) < max)
        return false;
    return (what != TALLY_ERRORS && what != TALLY_UNKNOWN) || n > tally_hour(t, key, TALLY_LETTERS);
}

static enum st check_hour(const struct conn *c, enum tally_what what)
{
    const struct settings *set = c->set;
    const struct tally *t = &c->gate->tally;
    uint64_t max = most(set, what), of_network = max * set->smtp_hour_network;

    if (is_over(t, tally_address(&c->peer), what, max))
        return FAIL(ST_LIMIT, "Too many %s from your address within an hour, try again later", names[what]);
    if (is_over(t, tally_network(&c->peer), what, of_network))
        return FAIL(ST_LIMIT, "Too many %s from your network within an hour, try again later", names[what]);
    return ST_OK;
}

static void add(struct conn *c, enum tally_what what)
{
    tally_add(&c->gate->tally, tally_address(&c->peer), what);
    tally_add(&c->gate->tally, tally_network(&c->peer), what);
}

enum st limits_admit(struct conn *c)
{
    uint64_t address = tally_address(&c->peer), network = tally_network(&c->peer);

    if (c->is_local || c->row->protocol == PROTOCOL_METRICS || !limits_apply(c->set, &c->peer))
        return ST_OK;
    TRY(check_ban(c));
    TRY(check_open(c, address, network));
    if (c->row->protocol == PROTOCOL_SMTP) {
        for (enum tally_what what = 0; what < TALLY_COUNT; what++)
            TRY(check_hour(c, what));
        add(c, TALLY_CONNECTIONS);
    }
    if (!tally_take(&c->gate->tally, address))
        return ST_OK;
    c->is_counted = tally_take(&c->gate->tally, network);
    if (!c->is_counted)
        tally_give(&c->gate->tally, address);
    return ST_OK;
}

void limits_leave(struct conn *c)
{
    if (!c->is_counted)
        return;
    c->is_counted = false;
    tally_give(&c->gate->tally, tally_address(&c->peer));
    tally_give(&c->gate->tally, tally_network(&c->peer));
}

enum st limits_move(struct conn *c, const struct addr *peer)
{
    limits_leave(c);
    c->peer = *peer;
    return limits_admit(c);
}

/* Who tries addresses is not to go on with that for another hour. The keeper tells all gates. */
static void ask_for_ban(const struct conn *c, enum tally_what what)
{
    struct addr network = addr_network(&c->peer, 32, 64);
    char text[ADDR_TEXT_MAX];
    const struct msg_ban_note m = {.network = addr_network_text(&network, network.family == 4 ? 32 : 64, text),
                                   .for_ms = c->set->smtp_ban,
                                   .reason = ban_reason_text(what == TALLY_UNKNOWN ? BAN_UNKNOWN : BAN_ERRORS)};

    if (c->set->smtp_ban && ipc_send(c->gate->keeper, MSG_ban_note, &m, -1) != ST_OK)
        return; /* the count is still there, and refuses him as long */
}

enum st limits_count(struct conn *c, enum tally_what what)
{
    enum st st;

    if (c->is_local || !limits_apply(c->set, &c->peer))
        return ST_OK;
    add(c, what);
    st = check_hour(c, what);
    if (st == ST_LIMIT && (what == TALLY_ERRORS || what == TALLY_UNKNOWN) &&
        is_over(&c->gate->tally, tally_address(&c->peer), what, most(c->set, what)))
        ask_for_ban(c, what);
    return st;
}

/* --- what the keeper says ------------------------------------------------------------------------------------- */

static bool in_network(const struct conn *c, const struct ban *ban)
{
    return c->peer.family == ban->network.family && addr_in(&c->peer, &ban->network, ban->bits);
}

/* Who is there already and has not logged in goes. */
static void end_strangers(struct gate *g, const struct ban *ban)
{
    LIST_EACH_SAFE(pos, tmp, &g->conns) {
        struct conn *c = LIST_ITEM(pos, struct conn, link);

        if (!c->is_local && c->from && !c->login.n && c->row->protocol != PROTOCOL_METRICS && in_network(c, ban) &&
            holds(ban, c) && limits_apply(g->set, &c->peer))
            conn_ban(c);
    }
}

void limits_ban_begin(struct ipc_request *r)
{
    bans_fini(&((struct gate *)r->arg)->bans);
}

void limits_ban_put(struct ipc_request *r)
{
    const struct msg_ban_put *m = r->msg;
    struct ban ban = {.until_us = m->until_us, .by_hand = m->by_hand != 0};
    struct gate *g = r->arg;

    if (addr_network_parse(m->network, &ban.network, &ban.bits) != ST_OK)
        return;
    ban_set_reason(&ban, m->reason);
    if (bans_put(&g->bans, &ban, clock_wall_us()) == ST_OK && m->fresh)
        end_strangers(g, &ban);
}

/* What led to it is forgotten too, or it would come again at once. */
void limits_ban_lift(struct ipc_request *r)
{
    const struct msg_ban_lift *m = r->msg;
    struct gate *g = r->arg;
    struct addr network;
    unsigned bits;

    if (addr_network_parse(m->network, &network, &bits) != ST_OK)
        return;
    (void)bans_lift(&g->bans, &network, bits);
    tally_forget(&g->tally, &network, bits);
}
