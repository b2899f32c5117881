#include "box/bounce.h"

#include "policy/suppress.h"

#define TRIED_MAX 10 /* recipients, for an envelope's id, which names none: a stranger makes us count hashes */

static struct str domain_of(struct str address)
{
    return str_from(address, str_rfind(address, '@') + 1);
}

/* As its mark says, or that of one of those whom the notice is about. */
static bool is_about(const struct box_core *c, const struct bounce_mark *m, uint64_t account, struct str about,
                     struct bounce_match *out)
{
    out->about = about;
    out->is_ours = mark_check(&c->mark_keys, m->text, account, about, &out->id);
    return out->is_ours;
}

void bounce_match(const struct box_core *c, const struct bounce *b, uint64_t account, struct bounce_match *out)
{
    *out = (struct bounce_match){0};
    for (size_t i = 0; i < b->n_marks; i++) {
        const struct bounce_mark *m = &b->marks[i];

        if (m->about.n && is_about(c, m, account, m->about, out))
            return;
        for (size_t k = 0; !m->about.n && k < MIN(b->n_rcpts, (size_t)TRIED_MAX); k++)
            if (is_about(c, m, account, b->rcpts[k].address, out) ||
                is_about(c, m, account, domain_of(b->rcpts[k].address), out))
                return;
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
    bool is_counted = false;

    if (!m->is_ours && b->is_report)
        LOG(BOUNCE_UNMATCHED, lf_hex("account", account), lf_str("rcpt", b->rcpts[0].address));
    for (size_t i = 0; m->is_ours && i < b->n_rcpts; i++) {
        const struct bounce_rcpt *r = &b->rcpts[i];
        struct msg_suppress_note note = {
            .account = account, .failed = true, .address = r->address, .reason = STR("a notice said so")};

        LOG(BOUNCE_MATCHED, lf_hex("id", m->id), lf_hex("account", account), lf_str("rcpt", r->address),
            lf_str("status", r->status));
        /* whoever has the letter can speak for its one recipient, once, and for nobody else */
        if (!is_counted && r->failed && suppress_is_hard(r->status) && str_ieq(r->address, m->about) && c->keeper.ipc &&
            r->address.n <= LIMIT_ADDRESS) {
            IGNORE(ipc_send(c->keeper.ipc, MSG_suppress_note, &note, -1)); /* or it hears of the next one */
            is_counted = true;
        }
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
