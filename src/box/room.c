/* What accounts hold and may: the questions of gates before a letter, those of the keeper, and what it tells. */
#include "box/grants.h"
#include "ipc/lists.h"
#include "mail/keep.h"
#include "queue/queue.h"

static enum st has_room(const struct box_peer *peer, const struct msg_room_ask *m, const struct rcpt_target *t,
                        uint64_t *io_free) SUSPENDS
{
    struct box_core *c = peer->core;
    uint64_t room = 0;

    if (!c->has_pass_key)
        return FAIL(ST_TRYLATER, "the keeper has not been heard of yet");
    if (t->kind != RCPT_LOCAL || !pass_is_good(c->pass_key, peer->index, m->txn, m->account, t) ||
        mail_core_of(c->mail, t->account) != c->index)
        return FAIL(ST_DENIED, "a recipient that the keeper did not resolve for this letter");
    TRY(mail_has_room(c->mail, t->account, &t->limits, m->size, &room));
    *io_free = MIN(*io_free, room);
    return ST_OK;
}

void box_room_ask(struct ipc_request *r)
{
    const struct msg_room_ask *m = r->msg;
    struct msg_room_answer a = {.free = UINT64_MAX};
    struct rcpt_target *targets;
    size_t n = 0;
    enum st st = rcpt_targets_get(m->rcpts, r->arena, &targets, &n);

    for (size_t i = 0; i < n && st == ST_OK; i++)
        st = has_room(r->arg, m, &targets[i], &a.free);
    a.status = (uint8_t)st;
    IGNORE(ipc_answer(r, MSG_room_answer, &a, -1)); /* a gate that is gone */
}

/* --- letters that leave later ------------------------------------------------------------------------------ */

/* Of a letter whose size is not known only the place is looked at: the bytes go beyond by as many as come at once. */
static enum st has_place(const struct box_peer *peer, const struct msg_future_ask *m) SUSPENDS
{
    struct box *b = peer->core->box;
    const struct settings *set = peer->core->set;
    struct queue_future f;
    struct grant *g;

    TRY(grant_submitting(peer->core, m->token, m->account, peer->index, m->conn, &g));
    TRY(queue_get_future(b->queue, m->account, set->smtp_future_release_letters, &f));
    if (f.letters >= set->smtp_future_release_letters || f.bytes >= set->smtp_future_release_size ||
        m->size > set->smtp_future_release_size - f.bytes)
        return FAIL(ST_OVERQUOTA, "%llu letters wait for a later time", (unsigned long long)f.letters);
    return ST_OK;
}

void box_future_ask(struct ipc_request *r)
{
    struct msg_future_answer a = {.status = (uint8_t)has_place(r->arg, r->msg)};

    IGNORE(ipc_answer(r, MSG_future_answer, &a, -1)); /* a gate that is gone */
}

/* --- the keeper -------------------------------------------------------------------------------------------- */

void box_account_limits(struct ipc_request *r)
{
    const struct msg_account_limits *m = r->msg;
    struct box_core *c = ((struct box_peer *)r->arg)->core;

    if (mail_core_of(c->mail, m->account) == c->index && mail_tell(c->mail, m->account, &m->limits) != ST_OK)
        LOG(BOX_UPKEEP_FAILED, lf_hex("account", m->account), lf_err());
}

void box_domain_limits(struct ipc_request *r)
{
    const struct msg_domain_limits *m = r->msg;

    mail_tell_domain(((struct box_peer *)r->arg)->core->mail, m->domain, m->bytes, m->messages);
}

static enum st usage(struct box_core *c, const struct msg_usage_ask *m, struct msg_usage_answer *out) SUSPENDS
{
    struct mail_usage u;
    struct account *a;

    if (m->domain)
        TRY(mail_domain_usage(c->mail, m->domain, &out->domain_bytes, &out->domain_messages));
    if (!m->account)
        return ST_OK;
    if (mail_core_of(c->mail, m->account) != c->index)
        return FAIL(ST_DENIED, "an account of another core");
    TRY(account_open(c->mail, m->account, &a));
    account_usage(a, &u);
    account_close(a);
    out->bytes = u.bytes;
    out->messages = u.messages;
    return ST_OK;
}

void box_usage_ask(struct ipc_request *r)
{
    struct msg_usage_answer a = {0};

    a.status = (uint8_t)usage(((struct box_peer *)r->arg)->core, r->msg, &a);
    IGNORE(ipc_answer(r, MSG_usage_answer, &a, -1)); /* a keeper that is gone asks again */
}

void box_erase_ask(struct ipc_request *r)
{
    const struct msg_erase_ask *m = r->msg;
    struct box_core *c = ((struct box_peer *)r->arg)->core;
    struct msg_erase_answer a = {.status = ST_DENIED};
    bool done = false;

    if (mail_core_of(c->mail, m->account) == c->index)
        a.status = (uint8_t)mail_erase(c->mail, m->account, m->budget_ms, &done);
    a.done = done;
    if (a.status != ST_OK)
        LOG(BOX_UPKEEP_FAILED, lf_hex("account", m->account), lf_err());
    IGNORE(ipc_answer(r, MSG_erase_answer, &a, -1)); /* a keeper that is gone asks again */
}
