#include "keeper/transport.h"

#include "base/log.h"
#include "keeper/keeper.h"

struct transport_job {
    struct keeper *k;
    struct arena *a;
    struct str domain, tls;
};

static enum st find_rule(void *arg)
{
    struct transport_job *j = arg;

    return directory_transport_get(j->k->directory, j->a, j->domain, STR(TRANSPORT_TLS), &j->tls);
}

void keeper_transport(struct ipc_request *r)
{
    struct keeper *k = ((struct keeper_gate *)r->arg)->keeper;
    const struct msg_transport_ask *ask = r->msg;
    struct transport_job j = {.k = k, .a = r->arena, .domain = ask->domain};
    struct msg_transport_answer answer = {0};

    answer.status = keeper_sql(k, find_rule, &j);
    if (answer.status == ST_OK)
        answer.tls = j.tls;
    else if (answer.status != ST_NOTFOUND)
        LOG(KEEPER_DIRECTORY_FAILED, lf_z("what", "transport"), lf_err());
    if (ipc_answer(r, MSG_transport_answer, &answer, -1) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "transport"), lf_err());
}
