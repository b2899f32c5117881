/* Policies of other domains (RFC 8461): kept for the courier, which may keep nothing. */
#include "keeper/keeper.h"

#include "base/log.h"
#include "ipc/lists.h"

#define DUE_MOST 200

struct sts_job {
    struct keeper *k;
    struct arena *a;
    const void *ask;
    struct directory_sts found;
    struct str due[DUE_MOST];
    size_t n;
};

static enum st get(void *arg)
{
    struct sts_job *j = arg;
    const struct msg_sts_get_ask *ask = j->ask;

    return directory_sts_get(j->k->directory, j->a, ask->domain, clock_wall_us(), &j->found);
}

static enum st put(void *arg)
{
    struct sts_job *j = arg;
    const struct msg_sts_put_ask *ask = j->ask;
    struct directory_sts s = {.domain = ask->domain,
                              .id = ask->id,
                              .policy = ask->policy,
                              .fetched_us = ask->fetched_us,
                              .expires_us = ask->expires_us,
                              .used_us = ask->used_us};

    if (ask->policy.n)
        return directory_sts_put(j->k->directory, &s, clock_wall_us());
    if (!ask->expires_us)
        return directory_sts_remove(j->k->directory, ask->domain);
    return directory_sts_note(j->k->directory, ask->domain, ask->tried_us, ask->used_us);
}

static enum st due(void *arg)
{
    struct sts_job *j = arg;
    const struct msg_sts_due_ask *ask = j->ask;

    return directory_sts_due(j->k->directory, j->a, clock_wall_us(), ask->tried_us, ask->used_us,
                             MIN(ask->most, (uint32_t)DUE_MOST), j->due, &j->n);
}

static struct sts_job *job_of(struct ipc_request *r)
{
    struct sts_job *j = ARENA_NEW(r->arena, struct sts_job);

    j->k = ((struct keeper_gate *)r->arg)->keeper;
    j->a = r->arena;
    j->ask = r->msg;
    return j;
}

static void answer(struct ipc_request *r, enum msg_kind kind, const void *msg, enum st st)
{
    if (st != ST_OK && st != ST_NOTFOUND)
        LOG(KEEPER_DIRECTORY_FAILED, lf_z("what", "policies of other domains"), lf_err());
    if (ipc_answer(r, kind, msg, -1) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "policies of other domains"), lf_err());
}

void keeper_sts_get(struct ipc_request *r)
{
    struct sts_job *j = job_of(r);
    enum st st = keeper_sql(j->k, get, j);
    struct msg_sts_get_answer m = {.status = (uint8_t)st};

    if (st == ST_OK) {
        m.fetched_us = j->found.fetched_us;
        m.tried_us = j->found.tried_us;
        m.id = j->found.id;
        m.policy = j->found.policy;
    }
    answer(r, MSG_sts_get_answer, &m, st);
}

void keeper_sts_put(struct ipc_request *r)
{
    struct sts_job *j = job_of(r);
    enum st st = keeper_sql(j->k, put, j);

    answer(r, MSG_sts_put_answer, &(struct msg_sts_put_answer){.status = (uint8_t)st}, st);
}

void keeper_sts_due(struct ipc_request *r)
{
    struct sts_job *j = job_of(r);
    enum st st = keeper_sql(j->k, due, j);
    struct msg_sts_due_answer m = {.status = (uint8_t)st};
    struct buf list;

    buf_init(&list, 60000);
    if (st == ST_OK) {
        words_put(&list, j->due, j->n);
        st = buf_check(&list);
        m.domains = buf_str(&list);
    }
    answer(r, MSG_sts_due_answer, &m, st);
    buf_fini(&list);
}
