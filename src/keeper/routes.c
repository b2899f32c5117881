/* Where letters go instead, for the courier: the rules, and the password of one when it is about to log in. */
#include "keeper/keeper.h"

#include "base/log.h"
#include "base/secret.h"
#include "policy/routing.h"

#define PAGE 50 /* fits a frame, however long they are */

struct routes_job {
    struct directory *d;
    struct arena *a;
    uint64_t id;
    struct directory_route v[PAGE];
    size_t n;
    struct str user, password;
};

static enum st list(void *arg)
{
    struct routes_job *j = arg;

    return directory_route_list(j->d, j->a, j->id, j->v, PAGE, &j->n);
}

static enum st login(void *arg)
{
    struct routes_job *j = arg;

    return directory_route_login(j->d, j->a, j->id, &j->user, &j->password);
}

static struct routes_job *job_of(struct ipc_request *r, uint64_t id)
{
    struct routes_job *j = ARENA_NEW(r->arena, struct routes_job);

    j->d = ((struct keeper_gate *)r->arg)->keeper->directory;
    j->a = r->arena;
    j->id = id;
    return j;
}

/* A word that this version does not know makes a rule that is for nobody. */
static size_t rules_of(const struct routes_job *j, struct routing_rule *out)
{
    size_t n = 0;

    for (size_t i = 0; i < j->n; i++) {
        const struct directory_route *r = &j->v[i];

        out[n] = (struct routing_rule){.id = r->id,
                                       .account = r->account,
                                       .name = r->account ? STR("") : r->name,
                                       .to = r->host,
                                       .security = r->security,
                                       .has_login = r->user.n != 0,
                                       .is_fallback = r->is_fallback,
                                       .codes = r->codes,
                                       .after_s = r->after_s};
        n += routing_by_find(r->kind, &out[n].by) == ST_OK;
    }
    return n;
}

void keeper_routes(struct ipc_request *r)
{
    const struct msg_routes_ask *ask = r->msg;
    struct routes_job *j = job_of(r, ask->after);
    struct routing_rule rules[PAGE];
    struct msg_routes_answer answer = {0};
    struct buf list_of;

    answer.status = (uint8_t)keeper_sql(((struct keeper_gate *)r->arg)->keeper, list, j);
    buf_init(&list_of, 60000);
    if (answer.status == ST_OK) {
        routing_put(&list_of, rules, rules_of(j, rules));
        answer.status = (uint8_t)buf_check(&list_of);
    }
    if (answer.status == ST_OK) {
        answer.routes = buf_str(&list_of);
        answer.next = j->n == PAGE ? j->v[PAGE - 1].id : 0;
    } else {
        LOG(KEEPER_DIRECTORY_FAILED, lf_z("what", "routes"), lf_err());
    }
    if (ipc_answer(r, MSG_routes_answer, &answer, -1) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "routes"), lf_err());
    buf_fini(&list_of);
}

void keeper_route_login(struct ipc_request *r)
{
    const struct msg_route_login_ask *ask = r->msg;
    struct routes_job *j = job_of(r, ask->id);
    struct msg_route_login_answer answer = {0};

    answer.status = (uint8_t)keeper_sql(((struct keeper_gate *)r->arg)->keeper, login, j);
    if (answer.status == ST_OK) {
        answer.user = j->user;
        answer.password = j->password;
    } else {
        answer.text = str_sub(str_z(err_get()->text), 0, 200);
    }
    if (ipc_answer(r, MSG_route_login_answer, &answer, -1) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "login of a route"), lf_err());
    if (j->password.n)
        wipe((char *)(uintptr_t)j->password.p, j->password.n);
}
