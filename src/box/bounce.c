#include "box/bounce.h"

#include "policy/suppress.h"

#define TRIED_MAX 10 /* domains, for an envelope's id, which names none: a stranger makes us count hashes */

static struct str domain_of(struct str address)
{
    return str_from(address, str_rfind(address, '@') + 1);
}

void bounce_match(const struct box_core *c, const struct bounce *b, uint64_t account, struct bounce_match *out)
{
    *out = (struct bounce_match){0};
    for (size_t i = 0; i < b->n_marks && !out->is_ours; i++) {
        const struct bounce_mark *m = &b->marks[i];

        out->domain = m->domain;
        if (m->domain.n)
            out->is_ours = mark_check(&c->mark_keys, m->text, account, m->domain, &out->id);
        for (size_t k = 0; !m->domain.n && k < MIN(b->n_rcpts, (size_t)TRIED_MAX) && !out->is_ours; k++) {
            out->domain = domain_of(b->rcpts[k].address);
            out->is_ours = mark_check(&c->mark_keys, m->text, account, out->domain, &out->id);
        }
    }
}

/* Never a reason to refuse it: a user may have sent by another server, too, and before there were marks. */
struct str bounce_line(const struct box_core *c, struct arena *a, const struct bounce *b, const struct bounce_match *m)
{
    if (m->is_ours)
        return arena_printf(a, BOUNCE_SAYS ": of %016llx\r\n", (unsigned long long)m->id);
    return b->is_report && c->mark_keys.n ? STR(BOUNCE_SAYS ": of no letter known here\r\n") : STR("");
}

void bounce_note(struct box_core *c, const struct bounce *b, const struct bounce_match *m, uint64_t account)
{
    if (!m->is_ours && b->is_report)
        LOG(BOUNCE_UNMATCHED, lf_hex("account", account), lf_str("rcpt", b->rcpts[0].address));
    for (size_t i = 0; m->is_ours && i < b->n_rcpts; i++) {
        const struct bounce_rcpt *r = &b->rcpts[i];
        struct msg_suppress_note note = {
            .account = account, .failed = true, .address = r->address, .reason = STR("a notice said so")};

        LOG(BOUNCE_MATCHED, lf_hex("id", m->id), lf_hex("account", account), lf_str("rcpt", r->address),
            lf_str("status", r->status));
        /* whoever has the letter can speak for the domain that it went to, and for no other */
        if (r->failed && suppress_is_hard(r->status) && str_ieq(domain_of(r->address), m->domain) && c->keeper.ipc &&
            r->address.n <= LIMIT_ADDRESS)
            IGNORE(ipc_send(c->keeper.ipc, MSG_suppress_note, &note, -1)); /* or it hears of the next one */
    }
    if (m->is_ours && !b->n_rcpts)
        LOG(BOUNCE_MATCHED, lf_hex("id", m->id), lf_hex("account", account), lf_str("rcpt", STR("")),
            lf_str("status", STR("")));
}

void box_bounce_keys(struct ipc_request *r)
{
    const struct msg_bounce_keys *m = r->msg;

    if (!mark_keys_take(&((struct box_peer *)r->arg)->core->mark_keys, m->keys))
        LOG(IPC_REQUEST_DROPPED, lf_z("process", "keeper"), lf_z("kind", "bounce_keys"), lf_z("error", "no keys"));
}
