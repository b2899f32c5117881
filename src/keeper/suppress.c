/* Addresses that an account's letters are not sent to any more, since nobody is there. Which accounts have any is known without SQL: most have none. */
#include "keeper/keeper.h"

#include "base/log.h"
#include "mime/addrspec.h"

#define SAID_MAX 90 /* of what a server said, in the answer to RCPT */

static uint64_t since_us(const struct settings *set, uint64_t now_us)
{
    return now_us - MIN(now_us, set->suppress_time * 1000);
}

/* --- which accounts ------------------------------------------------------------------------------------------------ */

struct accounts_job {
    struct keeper *k;
    struct arena *a;
    uint64_t *ids;
    size_t n;
};

static enum st read_accounts(void *arg)
{
    struct accounts_job *j = arg;

    return directory_suppressed_accounts(j->k->directory, j->a, &j->ids, &j->n);
}

void suppressed_fini(struct suppressed *s)
{
    map_fini(&s->accounts);
    *s = (struct suppressed){0};
}

static void remember(struct suppressed *s, uint64_t account)
{
    map_put(&s->accounts, account, s);
}

/* Read anew whenever a command may have changed them; what the box and the courier tell is added as it comes. */
static enum st know(struct keeper *k) SUSPENDS
{
    struct suppressed *s = &k->suppressed;
    struct arena a = ARENA_INIT;
    struct accounts_job j = {.k = k, .a = &a};
    uint64_t generation = k->resolved.generation;
    enum st st = ST_OK;

    if (s->is_known && s->generation == generation)
        return ST_OK;
    st = keeper_sql(k, read_accounts, &j);
    if (st == ST_OK) {
        map_fini(&s->accounts);
        s->accounts = MAP_INIT;
        for (size_t i = 0; i < j.n; i++)
            remember(s, j.ids[i]);
        s->is_known = true;
        s->generation = generation;
    }
    arena_fini(&a);
    return st;
}

/* --- at RCPT ------------------------------------------------------------------------------------------------------- */

struct suppress_job {
    struct keeper *k;
    const struct settings *set; /* the caller's reference */
    struct arena *a;
    uint64_t account;
    struct str text, reason; /* the address */
    bool failed;
    struct directory_suppressed found;
};

static enum st find(void *arg)
{
    struct suppress_job *j = arg;
    struct directory_address address;

    TRY(keeper_address(j->k->directory, j->a, j->text, false, &address));
    return directory_suppressed_find(j->k->directory, j->a, j->account, &address, &j->found);
}

bool keeper_is_refused(const struct settings *set, const struct directory_suppressed *v, uint64_t now_us)
{
    return v->by_hand ||
           (set->suppress_after && v->failures >= set->suppress_after && v->last_us >= since_us(set, now_us));
}

static enum st refuse(const struct suppress_job *j)
{
    const struct directory_suppressed *v = &j->found;
    struct str date = time_rfc3339(j->a, v->last_us),
               until = time_rfc3339(j->a, v->last_us + j->set->suppress_time * 1000);
    struct str said = str_sub(v->reason, 0, SAID_MAX);

    if (v->by_hand)
        return FAIL(ST_SUPPRESSED, "since %.10s (%.*s), until restante suppress lift", date.p, STR_ARGS(said));
    return FAIL(ST_SUPPRESSED, "it failed %u times, on %.10s with \"%.*s\"; until %.10s, or restante suppress lift",
                v->failures, date.p, STR_ARGS(said), until.p);
}

enum st keeper_check_suppressed(struct keeper *k, const struct settings *set, struct arena *a, uint64_t account,
                                struct str address)
{
    struct suppress_job j = {.k = k, .set = set, .a = a, .account = account, .text = address};
    enum st st = know(k);

    if (st == ST_OK && !map_get(&k->suppressed.accounts, account))
        return ST_OK;
    if (st == ST_OK)
        st = keeper_sql(k, find, &j);
    if (st == ST_OK && keeper_is_refused(set, &j.found, clock_wall_us()))
        return refuse(&j);
    if (st != ST_OK && st != ST_NOTFOUND && st != ST_SYNTAX)
        LOG(KEEPER_DIRECTORY_FAILED, lf_z("what", "suppressed addresses"), lf_err());
    return ST_OK; /* without that list the letter goes */
}

/* --- what became of letters ------------------------------------------------------------------------------------------ */

static enum st write_down(void *arg)
{
    struct suppress_job *j = arg;
    struct directory_address address;
    uint64_t now_us = clock_wall_us(), n;
    struct directory_suppressed v;
    enum st st;

    TRY(keeper_address(j->k->directory, j->a, j->text, false, &address));
    if (j->failed)
        return directory_suppressed_note(j->k->directory, j->account, &address, j->reason, now_us,
                                         since_us(j->set, now_us));
    st = directory_suppressed_find(j->k->directory, j->a, j->account, &address, &v);
    if (st != ST_OK || v.by_hand)
        return st == ST_NOTFOUND ? ST_OK : st;
    return directory_suppressed_lift(j->k->directory, j->account, &address, &n);
}

void keeper_suppress_note(struct ipc_request *r)
{
    struct keeper *k = r->arg;
    const struct msg_suppress_note *m = r->msg;
    struct suppress_job j = {.k = k,
                             .set = config_ref(k->set),
                             .a = r->arena,
                             .account = m->account,
                             .text = m->address,
                             .reason = m->reason,
                             .failed = m->failed};
    enum st st = m->account && j.set->suppress_after ? know(k) : ST_NOTFOUND;

    if (st == ST_OK && (j.failed || map_get(&k->suppressed.accounts, m->account)))
        st = keeper_sql(k, write_down, &j);
    if (st == ST_OK && j.failed && !map_get(&k->suppressed.accounts, m->account)) {
        remember(&k->suppressed, m->account);
        keeper_tell_courier(k);
    }
    if (st != ST_OK && st != ST_NOTFOUND && st != ST_SYNTAX && st != ST_EXISTS) /* an account that is gone */
        LOG(KEEPER_DIRECTORY_FAILED, lf_z("what", "suppressed addresses"), lf_err());
    config_unref(j.set);
    if (m->account && m->failed)
        keeper_sending_failed(k, m->account);
}

void keeper_suppress_note_by_courier(struct ipc_request *r)
{
    r->arg = ((struct keeper_gate *)r->arg)->keeper;
    keeper_suppress_note(r);
}

void keeper_suppressed(struct ipc_request *r)
{
    struct keeper *k = ((struct keeper_gate *)r->arg)->keeper;
    const struct msg_suppressed_ask *ask = r->msg;
    struct msg_suppressed_answer answer = {.status = know(k)};

    if (answer.status == ST_OK && !map_get(&k->suppressed.accounts, ask->account))
        answer.status = ST_NOTFOUND;
    if (ipc_answer(r, MSG_suppressed_answer, &answer, -1) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "suppressed addresses"), lf_err());
}
