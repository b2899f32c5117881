/* Who is that: for the box, where mailboxes are shared by address. A removed account is nobody; one that is disabled still is somebody. */
#include "keeper/keeper.h"

#include "base/log.h"
#include "sasl/prep.h"

struct who_job {
    struct directory *d;
    struct arena *a;
    const struct msg_who_ask *ask;
    struct directory_account account;
};

static enum st find(void *arg)
{
    struct who_job *j = arg;
    struct directory_address address;
    struct str name;

    if (j->ask->account)
        return directory_account_by_id(j->d, j->a, j->ask->account, &j->account);
    if (sasl_prep(j->a, j->ask->name, false, &name) != ST_OK ||
        keeper_address(j->d, j->a, name, true, &address) != ST_OK)
        return FAIL(ST_NOTFOUND, "no address");
    return directory_account_find(j->d, j->a, &address, &j->account);
}

void keeper_who(struct ipc_request *r)
{
    struct keeper *k = r->arg;
    struct who_job j = {.d = k->directory, .a = r->arena, .ask = r->msg};
    struct msg_who_answer answer = {.status = keeper_sql(k, find, &j)};

    if (answer.status == ST_OK) {
        answer.account = j.account.id;
        answer.is_disabled = j.account.is_disabled;
        answer.name = j.account.address;
        answer.limits = directory_limits(&j.account, k->set->quota_default);
    } else if (answer.status != ST_NOTFOUND) {
        LOG(KEEPER_DIRECTORY_FAILED, lf_z("what", "a name"), lf_err());
    }
    if (ipc_answer(r, MSG_who_answer, &answer, -1) != ST_OK)
        LOG(KEEPER_BOX_NOT_TOLD, lf_z("what", "a name"), lf_err());
}
