/* Which domains are ours, and how mail for those goes on that another server has, for the courier. */
#include "keeper/keeper.h"

#include "base/log.h"

struct relay_job {
    struct directory *d;
    struct arena *a;
    struct str domain;
    struct directory_relay relay;
};

static enum st find(void *arg)
{
    struct relay_job *j = arg;

    TRY(directory_relay_find(j->d, j->a, j->domain, &j->relay));
    return j->relay.to.n ? ST_OK : FAIL(ST_NOTFOUND, "mail for %.*s stays here", STR_ARGS(j->domain));
}

void keeper_relay(struct ipc_request *r)
{
    struct keeper *k = ((struct keeper_gate *)r->arg)->keeper;
    const struct msg_relay_ask *ask = r->msg;
    struct relay_job j = {.d = k->directory, .a = r->arena, .domain = ask->domain};
    struct msg_relay_answer answer = {0};

    answer.status = keeper_sql(k, find, &j);
    if (answer.status == ST_OK) {
        answer.to = j.relay.to;
        answer.security = j.relay.security;
    } else if (answer.status != ST_NOTFOUND) {
        LOG(KEEPER_DIRECTORY_FAILED, lf_z("what", "relay domain"), lf_err());
    }
    if (ipc_answer(r, MSG_relay_answer, &answer, -1) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "relay domain"), lf_err());
}

/* --- which domains have nothing to do with us --------------------------------------------------------------------- */

struct ours_job {
    struct directory *d;
    const struct settings *set; /* a reference: a reload may come while the thread works */
    struct arena *a;
    struct str domain;
};

/* As a recipient there is looked up (addresses.c); what the server's own name leads to depends on who asks. */
static enum st find_ours(void *arg)
{
    struct ours_job *j = arg;
    struct directory_address address;
    bool ours;

    TRY(keeper_address(j->d, j->a, arena_printf(j->a, "x@%.*s", STR_ARGS(j->domain)), false, &address));
    if (str_ieq(address.domain, j->set->host_name))
        return ST_OK;
    TRY(directory_is_ours(j->d, address.domain, &ours));
    return ours ? ST_OK : FAIL(ST_FOREIGN, "%.*s is not a domain of this server", STR_ARGS(address.domain));
}

void keeper_ours(struct ipc_request *r)
{
    struct keeper *k = ((struct keeper_gate *)r->arg)->keeper;
    const struct msg_ours_ask *ask = r->msg;
    struct ours_job j = {.d = k->directory, .set = config_ref(k->set), .a = r->arena, .domain = ask->domain};
    struct msg_ours_answer answer = {0};

    answer.status = keeper_sql(k, find_ours, &j);
    if (answer.status != ST_OK && answer.status != ST_FOREIGN && answer.status != ST_SYNTAX)
        LOG(KEEPER_DIRECTORY_FAILED, lf_z("what", "domain"), lf_err());
    if (ipc_answer(r, MSG_ours_answer, &answer, -1) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "domain"), lf_err());
    config_unref(j.set);
}
