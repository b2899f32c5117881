/* Names of accounts, for mailboxes that are shared: the keeper knows them, and what it said is good for a moment. */
#include "box/names.h"

#include "mail/shared.h"

#define ASK_MS 10000
#define GOOD_MS 10000

static uint64_t good_ms(const void *answer)
{
    const struct msg_who_answer *m = answer;

    return m->status == ST_OK || m->status == ST_NOTFOUND ? GOOD_MS : 0;
}

static enum st ask(struct box *b, struct arena *ar, const struct msg_who_ask *q, bool fresh, struct mail_person *out)
    SUSPENDS
{
    struct ipc *keeper = b->cores[core_index(core_here())].keeper.ipc;
    struct msg_who_answer m;

    if (!keeper)
        return FAIL(ST_TRYLATER, "the directory is not ready");
    if (fresh)
        TRY(IPC_ASK(keeper, who_ask, q, who_answer, ar, &m, deadline_in(ASK_MS)));
    else
        TRY(IPC_ASK_AGAIN(keeper, who_ask, q, who_answer, ar, &m, deadline_in(ASK_MS), good_ms));
    if (m.status != ST_OK)
        return FAIL(m.status == ST_NOTFOUND ? ST_NOTFOUND : ST_TRYLATER, "the directory does not know");
    if (!m.account || !m.name.n)
        return FAIL(ST_TRYLATER, "an answer of nobody");
    *out = (struct mail_person){m.account, arena_str(ar, m.name), m.limits, m.is_disabled};
    return ST_OK;
}

static enum st find(void *box, struct arena *ar, struct str name, bool fresh, struct mail_person *out) SUSPENDS
{
    struct msg_who_ask q = {.name = name};

    if (!name.n || name.n > LIMIT_ADDRESS)
        return FAIL(ST_NOTFOUND, "no address is that long");
    return ask(box, ar, &q, fresh, out);
}

static enum st show(void *box, struct arena *ar, uint64_t account, struct mail_person *out) SUSPENDS
{
    struct msg_who_ask q = {.account = account};

    return ask(box, ar, &q, false, out);
}

void names_init(struct mail_names *n, struct box *b)
{
    *n = (struct mail_names){.find = find, .show = show, .arg = b};
}
