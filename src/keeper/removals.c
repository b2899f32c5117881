/* Accounts that were removed: the directory keeps a tombstone of each until the box has taken its mail away. The box does so
 * a piece at a time; what is asked for twice, since one of the two has started anew, goes on where it was. */
#include "keeper/keeper.h"

#include "base/log.h"
#include "base/route.h"

#define AT_ONCE 100      /* tombstones read at a time */
#define BUDGET_MS 2000   /* of one piece */
#define ANSWER_MS 120000 /* a piece may wait behind a pause */
#define AGAIN_MS 60000   /* for those that could not be taken away now */

struct tombstones {
    struct keeper *k;
    struct arena *a;
    uint64_t *ids;
    size_t n;
    uint64_t purged;
};

static enum st read_tombstones(void *arg)
{
    struct tombstones *t = arg;

    return directory_removed_list(t->k->directory, t->a, AT_ONCE, &t->ids, &t->n);
}

static enum st drop_tombstone(void *arg)
{
    struct tombstones *t = arg;

    return directory_removed_purged(t->k->directory, t->purged);
}

static enum st erase(struct keeper *k, uint64_t account) SUSPENDS
{
    struct msg_erase_ask ask = {.account = account, .budget_ms = BUDGET_MS};
    struct msg_erase_answer answer = {0};
    struct arena a = ARENA_INIT;
    enum st st = ST_OK;

    while (st == ST_OK && !answer.done) {
        struct ipc *box = k->n_cores ? k->cores[route_core(account, k->n_cores)] : NULL;

        if (!box)
            st = FAIL(ST_TRYLATER, "the mail store is not ready");
        else
            st = IPC_ASK(box, erase_ask, &ask, erase_answer, &a, &answer, deadline_in(ANSWER_MS));
        if (st == ST_OK && answer.status != ST_OK)
            st = FAIL(answer.status, "the mail store could not take it away");
        arena_reset(&a);
    }
    arena_fini(&a);
    return st;
}

/* False: try again in a while. */
static bool erase_all(struct keeper *k, struct arena *a) SUSPENDS
{
    struct tombstones t = {.k = k, .a = a};
    bool all = true;

    if (keeper_sql(k, read_tombstones, &t) != ST_OK) {
        LOG(KEEPER_DIRECTORY_FAILED, lf_z("what", "removed accounts"), lf_err());
        return false;
    }
    for (size_t i = 0; i < t.n; i++) {
        enum st st = erase(k, t.ids[i]);

        t.purged = t.ids[i];
        if (st == ST_OK)
            st = keeper_sql(k, drop_tombstone, &t);
        if (st == ST_OK)
            LOG(KEEPER_ACCOUNT_PURGED, lf_hex("account", t.ids[i]));
        else
            LOG(KEEPER_ACCOUNT_NOT_PURGED, lf_hex("account", t.ids[i]), lf_err());
        all = all && st == ST_OK;
    }
    return all && t.n < AT_ONCE;
}

void keeper_removals(void *arg)
{
    struct keeper *k = arg;
    struct arena a = ARENA_INIT;

    for (;;) {
        bool done = erase_all(k, &a);
        enum st st = co_event_wait(&k->removed, done ? NEVER : deadline_in(AGAIN_MS));

        arena_reset(&a);
        if (st != ST_OK && st != ST_TIMEOUT)
            break;
    }
    arena_fini(&a);
}
