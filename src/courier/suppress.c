/* What the keeper hears of addresses: that nobody is there, or that a letter has been taken for them after all. Nobody waits for it. */
#include "policy/suppress.h"
#include "courier/courier.h"

#define ASK_MS 2000 /* the outcome waits behind it */

static uint64_t good_ms(const void *answer)
{
    return courier_again_ms(((const struct msg_suppressed_answer *)answer)->status);
}

/* Most accounts have no such addresses, and then a letter that is taken is no news. */
static bool is_news(const struct letter *l) SUSPENDS
{
    struct msg_suppressed_ask ask = {.account = l->work.account};
    struct msg_suppressed_answer answer;
    struct arena a = ARENA_INIT;
    enum st st = IPC_ASK_AGAIN(courier_keeper(l->c), suppressed_ask, &ask, suppressed_answer, &a, &answer,
                               deadline_in(ASK_MS), good_ms);

    arena_fini(&a);
    return st == ST_OK && answer.status == ST_OK;
}

void job_tell_suppressed(const struct job *j)
{
    const struct letter *l = j->letter;

    if (!l->work.account)
        return;
    for (size_t i = 0; i < j->n; i++) {
        const struct work_result *r = &j->results[i];
        bool failed = r->state == WORK_FAILED && suppress_is_hard(r->status),
             taken = l->c->set->suppress_after && work_is_taken(r->state);
        struct msg_suppress_note m = {.account = l->work.account,
                                      .failed = failed,
                                      .address = j->rcpts[i]->address,
                                      .reason = str_sub(r->answer, 0, 400)};

        if ((failed || (taken && is_news(l))) && ipc_send(courier_keeper(l->c), MSG_suppress_note, &m, -1) != ST_OK)
            break; /* it has other worries, and hears of the next one */
    }
}
