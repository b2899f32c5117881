/* What the web is told of the directory: by the first label of the host's name and the path. */
#include "keeper/keeper.h"

#include "base/log.h"
#include "mime/addrspec.h"
#include "policy/sts_ours.h"

struct web_job {
    struct keeper *k;
    const struct settings *set; /* a reference: a reload may come while the thread works */
    struct arena *a;
    struct str domain; /* what is behind the label */
    enum st (*make)(struct web_job *j, const struct directory_domain *d);
    struct msg_web_answer answer;
};

static enum st mta_sts(struct web_job *j, const struct directory_domain *d)
{
    struct sts_policy policy;
    enum sts_mode mode;

    TRY(sts_mode_parse(d->mta_sts, &mode));
    sts_ours(j->a, mode, j->set->host_name, &policy);
    j->answer.type = STR("text/plain"); /* RFC 8461 section 3.2 */
    j->answer.body = sts_policy_text(j->a, &policy);
    return ST_OK;
}

static const struct {
    struct str label, path;
    enum st (*make)(struct web_job *j, const struct directory_domain *d);
} places[] = {
    {{"mta-sts.", 8}, {"/.well-known/mta-sts.txt", 24}, mta_sts},
};

static enum st find(void *arg)
{
    struct web_job *j = arg;
    struct directory_domain d;
    struct str name;

    if (domain_parse(j->a, j->domain, &name) != ST_OK)
        return FAIL(ST_NOTFOUND, "no domain");
    TRY(directory_domain_find(j->k->directory, j->a, name, &d));
    return j->make(j, &d);
}

static enum st answer_of(struct web_job *j, const struct msg_web_ask *ask) SUSPENDS
{
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        if (!str_istarts(ask->host, places[i].label) || !str_eq(ask->path, places[i].path))
            continue;
        j->domain = str_from(ask->host, places[i].label.n);
        j->make = places[i].make;
        return keeper_sql(j->k, find, j);
    }
    return FAIL(ST_NOTFOUND, "nothing is there");
}

void keeper_web(struct ipc_request *r)
{
    struct keeper_gate *g = r->arg;
    struct web_job j = {.k = g->keeper, .set = config_ref(g->keeper->set), .a = r->arena};

    j.answer.status = answer_of(&j, r->msg);
    if (j.answer.status != ST_OK && j.answer.status != ST_NOTFOUND)
        LOG(KEEPER_DIRECTORY_FAILED, lf_z("what", "web"), lf_err());
    if (ipc_answer(r, MSG_web_answer, &j.answer, -1) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "web"), lf_err());
    config_unref(j.set);
}

/* --- whether there is an answer at all: of the directory, and by way of its thread --------------------------- */

struct health_job {
    struct directory *directory;
    struct arena *arena;
};

static enum st look(void *arg)
{
    struct health_job *j = arg;
    struct str name;
    uint64_t count;
    enum st st = directory_first_domain(j->directory, j->arena, &name, &count);

    return st == ST_NOTFOUND ? ST_OK : st; /* it is new */
}

void keeper_health(struct ipc_request *r)
{
    const struct keeper_gate *g = r->arg;
    struct health_job j = {g->keeper->directory, r->arena};
    struct msg_health_answer answer = {.status = (uint8_t)keeper_sql(g->keeper, look, &j)};

    IGNORE(ipc_answer(r, MSG_health_answer, &answer, -1)); /* who has gone needs no answer */
}
