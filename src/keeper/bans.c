/* The list of bans: in memory as the gates have it, in the directory so that it outlives this process. */
#include "keeper/keeper.h"

#include "base/log.h"
#include "config/config.h"

struct ban_job {
    struct keeper *k;
    struct directory_ban row;
};

/* --- what counts ---------------------------------------------------------------------------------------------- */

bool keeper_may_ban(const struct settings *set, const struct addr *a)
{
    return !addr_is_house(a) && !config_trusted_find(set, a->family, a->bytes) &&
           !config_networks_have(&set->never_banned, a->family, a->bytes);
}

bool keeper_may_ban_peer(const struct settings *set, struct str peer, char *room, struct str *out_network)
{
    struct addr a;

    return failures_network(peer, room, out_network) && addr_parse(*out_network, 0, &a) == ST_OK &&
           keeper_may_ban(set, &a);
}

const struct ban *keeper_ban_of(struct keeper *k, struct str network)
{
    struct addr a;

    return addr_parse(network, 0, &a) == ST_OK ? bans_find(&k->bans, &a, clock_wall_us()) : NULL;
}

/* --- gates ---------------------------------------------------------------------------------------------------- */

static void tell(struct ipc *gate, enum msg_kind kind, const void *m)
{
    if (gate && ipc_is_up(gate) && ipc_send(gate, kind, m, -1) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "bans"), lf_err());
}

static void tell_one(struct ipc *gate, const struct ban *ban, bool fresh)
{
    char text[ADDR_TEXT_MAX];
    const struct msg_ban_put m = {.network = addr_network_text(&ban->network, ban->bits, text),
                                  .until_us = ban->until_us,
                                  .by_hand = ban->by_hand,
                                  .fresh = fresh,
                                  .reason = ban_reason(ban)};

    tell(gate, MSG_ban_put, &m);
}

void keeper_bans_tell(const struct keeper *k, struct ipc *gate)
{
    const struct msg_ban_begin begin = {0};

    tell(gate, MSG_ban_begin, &begin);
    for (const struct ban *b = bans_next(&k->bans, NULL); b; b = bans_next(&k->bans, b))
        tell_one(gate, b, false);
}

/* --- changes -------------------------------------------------------------------------------------------------- */

enum st keeper_ban_hold(struct keeper *k, const struct ban *ban)
{
    TRY(bans_put(&k->bans, ban, clock_wall_us()));
    for (unsigned i = 0; i < k->n_gates; i++)
        tell_one(k->gates[i].ipc, ban, true);
    return ST_OK;
}

void keeper_ban_lifted(struct keeper *k, const struct addr *network, unsigned bits)
{
    char text[ADDR_TEXT_MAX];
    const struct msg_ban_lift m = {.network = addr_network_text(network, bits, text)};

    (void)bans_lift(&k->bans, network, bits);
    failures_forget(&k->failures, network, bits);
    for (unsigned i = 0; i < k->n_gates; i++)
        tell(k->gates[i].ipc, MSG_ban_lift, &m);
}

static enum st write_down(void *arg)
{
    struct ban_job *j = arg;

    return directory_ban_put(j->k->directory, &j->row, j->row.since_us);
}

void keeper_ban(struct keeper *k, const struct addr *address, uint64_t for_ms, struct str reason)
{
    unsigned bits = address->family == 4 ? 32 : 64;
    uint64_t now_us = clock_wall_us();
    struct ban ban = {
        .network = addr_network(address, 32, 64), .bits = bits, .since_us = now_us, .until_us = now_us + for_ms * 1000};
    char text[ADDR_TEXT_MAX];
    struct ban_job j = {.k = k};
    const struct ban *is = bans_find(&k->bans, address, now_us);

    ban_set_reason(&ban, reason);
    /* One for all ports is not replaced by one for port 25, nor is the latter enough where the former is due. */
    if (is && (is->only_smtp == ban.only_smtp ? is->until_us >= ban.until_us : ban.only_smtp))
        return;
    j.row = (struct directory_ban){.network = addr_network_text(&ban.network, bits, text),
                                   .since_us = now_us,
                                   .until_us = ban.until_us,
                                   .reason = ban_reason(&ban)};
    LOG(KEEPER_NETWORK_BANNED, lf_str("network", j.row.network), lf_u64("for_ms", for_ms), lf_str("reason", reason));
    if (keeper_ban_hold(k, &ban) != ST_OK || keeper_sql(k, write_down, &j) != ST_OK)
        LOG(KEEPER_BAN_FAILED, lf_str("network", j.row.network), lf_err());
}

/* A gate has counted. What it says may be wrong about whom it names; never about this house. */
void keeper_ban_note(struct ipc_request *r)
{
    const struct keeper_gate *g = r->arg;
    const struct msg_ban_note *m = r->msg;
    struct keeper *k = g->keeper;
    struct addr network;
    unsigned bits;

    if (addr_network_parse(m->network, &network, &bits) == ST_OK && network.family &&
        keeper_may_ban(k->set, &network) && m->for_ms)
        keeper_ban(k, &network, MIN(m->for_ms, k->set->smtp_ban), m->reason);
}

enum st keeper_bans_load(struct keeper *k)
{
    uint64_t now_us = clock_wall_us();
    struct arena a = ARENA_INIT;
    struct directory_ban *v;
    size_t n = 0;
    enum st st = directory_ban_list(k->directory, &a, &v, &n);

    for (size_t i = 0; st == ST_OK && i < n; i++) {
        struct ban ban = {.since_us = v[i].since_us,
                          .until_us = v[i].until_us ? v[i].until_us : BAN_FOR_EVER,
                          .by_hand = v[i].by_hand};

        if (ban.until_us <= now_us || addr_network_parse(v[i].network, &ban.network, &ban.bits) != ST_OK)
            continue;
        ban_set_reason(&ban, v[i].reason);
        st = bans_put(&k->bans, &ban, now_us);
    }
    arena_fini(&a);
    return st;
}
