/* As what letters of a domain of ours leave, for the courier. */
#include "keeper/keeper.h"

#include "base/log.h"
#include "mime/addrspec.h"

struct identity_job {
    struct directory *d;
    struct arena *a;
    struct str domain;
    struct directory_identity identity;
};

static enum st find(void *arg)
{
    struct identity_job *j = arg;
    struct str domain;

    if (domain_parse(j->a, j->domain, &domain) != ST_OK)
        return FAIL(ST_NOTFOUND, "a domain that can't be ours");
    return directory_identity_find(j->d, j->a, domain, &j->identity);
}

void keeper_identity(struct ipc_request *r)
{
    struct keeper *k = ((struct keeper_gate *)r->arg)->keeper;
    const struct msg_identity_ask *ask = r->msg;
    struct identity_job j = {.d = k->directory, .a = r->arena, .domain = ask->domain};
    struct msg_identity_answer answer = {0};

    answer.status = keeper_sql(k, find, &j);
    if (answer.status == ST_OK) {
        answer.source4 = j.identity.source4;
        answer.source6 = j.identity.source6;
        answer.ehlo = j.identity.ehlo;
    } else if (answer.status != ST_NOTFOUND) {
        LOG(KEEPER_DIRECTORY_FAILED, lf_z("what", "identity"), lf_err());
    }
    if (ipc_answer(r, MSG_identity_answer, &answer, -1) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "identity"), lf_err());
}
