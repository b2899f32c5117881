/* What gates announce that depends on the accounts: the limits of POP3 that hold for any of them, and
 * whether SCRAM may be announced: where every account that may log in has keys of each of its passwords, or the setting says so.
 * A program that finds it announced uses nothing else, and would fail with a password that has none. */
#include "keeper/keeper.h"

#include "base/log.h"

#define GATHER_MS 300   /* changes come in crowds: an import */
#define LOOK_MS 3600000 /* an account was enabled, and the like, without a change that was told */

struct offer_job {
    struct directory *directory;
    bool asks_scram, everybody;
    struct directory_pop3_own pop3;
};

static enum st look(void *arg)
{
    struct offer_job *j = arg;

    if (j->asks_scram)
        TRY(directory_scram_complete(j->directory, &j->everybody));
    return directory_pop3_own(j->directory, &j->pop3);
}

void keeper_offer_tell(const struct keeper *k, struct ipc *gate)
{
    struct msg_auth_offer m = {.scram = k->offers_scram,
                               .own_expire = k->offers_pop3.has_retention,
                               .expire_days = k->offers_pop3.expire_days,
                               .own_delay = k->offers_pop3.has_delay,
                               .delay_s = k->offers_pop3.delay_s};

    if (ipc_send(gate, MSG_auth_offer, &m, -1) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "mechanisms"), lf_err());
}

static void decide(struct keeper *k) SUSPENDS
{
    struct offer_job j = {.directory = k->directory, .asks_scram = k->set->auth_scram == SCRAM_AUTO};
    struct directory_pop3_own pop3 = k->offers_pop3;
    bool was = k->offers_scram, same;

    if (keeper_sql(k, look, &j) != ST_OK) {
        LOG(KEEPER_DIRECTORY_FAILED, lf_z("what", "what is announced"), lf_err());
        return;
    }
    k->offers_scram = k->set->auth_scram == SCRAM_YES || (k->set->auth_scram == SCRAM_AUTO && j.everybody);
    same = pop3.has_retention == j.pop3.has_retention && pop3.has_delay == j.pop3.has_delay &&
           pop3.expire_days == j.pop3.expire_days && pop3.delay_s == j.pop3.delay_s;
    k->offers_pop3 = j.pop3;
    for (unsigned i = 0; (was != k->offers_scram || !same) && i < k->n_gates; i++)
        if (k->gates[i].ipc && ipc_is_up(k->gates[i].ipc))
            keeper_offer_tell(k, k->gates[i].ipc);
}

void keeper_offer_changed(struct keeper *k)
{
    co_event_set(&k->offer_changed);
}

void keeper_offer(void *arg)
{
    struct keeper *k = arg;
    enum st st;

    do {
        decide(k);
        st = co_event_wait(&k->offer_changed, deadline_in(LOOK_MS));
        if (st == ST_OK)
            st = co_sleep(deadline_in(GATHER_MS));
    } while (st == ST_OK || st == ST_TIMEOUT);
}
