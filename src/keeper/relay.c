/* How mail for domains of ours goes on that another server has, for the courier. */
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
