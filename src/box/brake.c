#include "box/brake.h"

#include "queue/alert.h"

struct braked {
    uint64_t account;
    size_t n;
    char why[];
};

static void forget(struct box_core *c, uint64_t account)
{
    mem_free(map_del(&c->braked, account));
}

static void forget_all(struct box_core *c)
{
    size_t pos = 0;
    void *v;

    while (map_next(&c->braked, &pos, &v))
        forget(c, ((struct braked *)v)->account);
}

struct str box_brake_why(const struct box_core *c, uint64_t account)
{
    const struct braked *b = map_get(&c->braked, account);

    return b ? str_n(b->why, b->n) : STR_NONE;
}

void box_brake_note(struct ipc_request *r)
{
    const struct msg_brake_note *m = r->msg;
    struct box_core *c = ((struct box_peer *)r->arg)->core;
    struct braked *b;

    if (!m->account) {
        forget_all(c);
        return;
    }
    forget(c, m->account);
    if (!m->why.n)
        return;
    b = mem_new(sizeof *b + m->why.n);
    b->account = m->account;
    b->n = m->why.n;
    memcpy(b->why, m->why.p, m->why.n);
    map_put(&c->braked, m->account, b);
}

static enum config_language language_of(struct str word)
{
    for (enum config_language l = 0; config_language_name(l); l++)
        if (str_eq(word, str_z(config_language_name(l))))
            return l;
    return LANGUAGE_EN;
}

static bool is_line(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 32)
            return false;
    return true;
}

static enum st write_letters(struct box_core *c, const struct msg_alert_ask *m) SUSPENDS
{
    struct queue_alert a = {.account = m->owner,
                            .to = m->owner,
                            .language = m->language.n ? language_of(m->language) : c->set->notice_language,
                            .sign = m->sign,
                            .value = m->value,
                            .from_afar = m->from_afar};

    if (!m->owner.n || !is_line(m->owner) || !is_line(m->admin) || !is_line(m->from_afar))
        return FAIL(ST_SYNTAX, "that is no address");
    TRY(queue_alert(c->box->queue, &a));
    if (!m->admin.n)
        return ST_OK;
    a.to = m->admin;
    a.language = c->set->notice_language;
    a.is_admin = true;
    return queue_alert(c->box->queue, &a);
}

void box_alert_ask(struct ipc_request *r)
{
    struct box_core *c = ((struct box_peer *)r->arg)->core;
    struct msg_alert_answer answer = {.status = ST_INTERNAL};

    if (c->index == 0) /* it owns the queue */
        answer.status = (uint8_t)write_letters(c, r->msg);
    IGNORE(ipc_answer(r, MSG_alert_answer, &answer, -1)); /* a keeper that is gone asks again */
}
