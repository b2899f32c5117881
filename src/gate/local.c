/* Connections of users of this machine that have ended. The keeper counts them, so it is told of each until that has gone out: otherwise it
 * would count them until it is started anew, and let fewer in. One that has started anew knows none, and is told in vain. */
#include "gate/gate.h"

#define AGAIN_MS 100

static void tell(void *arg)
{
    struct gate *g = arg;

    while (g->n_ended) {
        const struct msg_local_end m = {.conn = g->ended[g->n_ended - 1]};

        if (ipc_send(g->keeper, MSG_local_end, &m, -1) != ST_OK) {
            co_timer_set(&g->ended_again, deadline_in(AGAIN_MS), tell, g);
            return;
        }
        g->n_ended--;
    }
}

void local_ended(struct gate *g, uint64_t conn)
{
    if (g->n_ended == ARRAY_LEN(g->ended)) /* more than a keeper counts: some are of one that is gone */
        return;
    g->ended[g->n_ended++] = conn;
    tell(g);
}
