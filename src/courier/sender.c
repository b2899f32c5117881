/* Under which address a job leaves: the keeper says, which has the key (keeper/srs.h); and the mark of the letter by which the box knows notices about it. */
#include "courier/courier.h"
#include "queue/bounce.h"

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

/* --- the mark ------------------------------------------------------------------------------------------------------ */

struct str job_mark_line(const struct job *j, struct arena *a)
{
    const struct work_rcpt *r = j->rcpts[0]; /* all are of one domain, and have one mark */

    if (!r->mark.n)
        return STR("");
    return arena_printf(a, BOUNCE_FIELD ": %.*s\r\n", STR_ARGS(r->mark));
}

/* Servers that know DSN say it in their notices, whatever else they bring back. A user's own stays; only letters of our own users
 * have a mark, since nobody else's may get an ENVID on their way (RFC 3461 sections 5.2.1 and 5.3, RFC 3464 section 2.2.1). */
void job_mark_envelope(const struct job *j, struct arena *a, struct smtp_carry *t)
{
    struct smtp_attr *attrs = ARENA_ARRAY(a, struct smtp_attr, t->n_attrs + 1);
    struct str mark = j->rcpts[0]->mark;

    for (size_t i = 0; i < t->n_attrs; i++)
        if (str_ieq(t->attrs[i].name, STR("ENVID")))
            return;
    if (!mark.n)
        return;
    if (t->n_attrs)
        memcpy(attrs, t->attrs, t->n_attrs * sizeof *attrs);
    attrs[t->n_attrs++] = (struct smtp_attr){STR("ENVID"), str_sub(mark, 0, str_find(mark, ' '))};
    t->attrs = attrs;
}
