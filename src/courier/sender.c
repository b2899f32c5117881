/* Under which address a job leaves: the keeper says, which has the key (keeper/srs.h). */
#include "courier/courier.h"

static enum st ask(struct job *j, struct str *out) SUSPENDS
{
    struct letter *l = j->letter;
    struct msg_srs_ask ask = {.sender = l->work.reverse_path, .via = j->rcpts[0]->via};
    struct msg_srs_answer answer;
    struct arena a = ARENA_INIT;
    enum st st = IPC_ASK(courier_keeper(l->c), srs_ask, &ask, srs_answer, &a, &answer, deadline_in(COURIER_ASK_MS));

    if (st == ST_OK && (answer.status != ST_OK || !answer.sender.n))
        st = FAIL(ST_TRYLATER, "nobody says just now under which address this letter leaves");
    if (st == ST_OK)
        *out = arena_str(&l->arena, answer.sender);
    arena_fini(&a);
    return st;
}

enum st job_sender(struct job *j, struct str *out)
{
    if (!j->sender.p) {
        if (!j->letter->work.reverse_path.n || !j->rcpts[0]->via.n)
            j->sender = j->letter->work.reverse_path.n ? j->letter->work.reverse_path : STR("");
        else
            TRY(ask(j, &j->sender));
    }
    *out = j->sender;
    return ST_OK;
}
