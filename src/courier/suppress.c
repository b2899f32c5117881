/* What the keeper hears of addresses: that nobody is there, or that a letter has been taken for them after all. Nobody waits for it. */
#include "policy/suppress.h"
#include "courier/courier.h"

void job_tell_suppressed(const struct job *j)
{
    const struct letter *l = j->letter;

    if (!l->work.account || !l->c->set->suppress_after)
        return;
    for (size_t i = 0; i < j->n; i++) {
        const struct work_result *r = &j->results[i];
        bool failed = r->state == WORK_FAILED && suppress_is_hard(r->status);
        struct msg_suppress_note m = {.account = l->work.account,
                                      .failed = failed,
                                      .address = j->rcpts[i]->address,
                                      .reason = str_sub(r->answer, 0, 400)};

        if ((failed || r->state == WORK_DELIVERED || r->state == WORK_RELAYED) &&
            ipc_send(courier_keeper(l->c), MSG_suppress_note, &m, -1) != ST_OK)
            break; /* it has other worries, and hears of the next one */
    }
}
