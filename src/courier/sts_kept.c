#include "courier/sts.h"

#include "ipc/lists.h"

#define ASK_MS 10000
#define POLICY_MAX 8192 /* as the message has it; larger ones are known to this process only */
#define SECOND_US 1000000u

enum st sts_kept_get(struct courier *c, struct str domain, struct arena *a, struct sts_kept *out)
{
    struct msg_sts_get_ask ask = {.domain = domain};
    struct msg_sts_get_answer m;
    struct sts_kept kept;

    if (IPC_ASK(courier_keeper(c), sts_get_ask, &ask, sts_get_answer, a, &m, deadline_in(ASK_MS)) != ST_OK)
        return FAIL(co_is_canceled() ? ST_CANCELED : ST_TRYLATER, "the keeper does not say what policy it has");
    if (m.status == ST_NOTFOUND)
        return FAIL(ST_NOTFOUND, "no policy is kept");
    if (m.status != ST_OK)
        return FAIL(ST_TRYLATER, "the keeper can't say what policy it has");
    kept.fetched_us = m.fetched_us;
    if (sts_policy_parse(a, m.policy, &kept.policy) != ST_OK)
        return FAIL(ST_NOTFOUND, "the policy that is kept can't be read");
    kept.policy.id = m.id;
    *out = kept;
    return ST_OK;
}

static void tell(struct courier *c, const struct msg_sts_put_ask *ask) SUSPENDS
{
    struct msg_sts_put_answer m;
    struct arena a = ARENA_INIT;
    enum st st = IPC_ASK(courier_keeper(c), sts_put_ask, ask, sts_put_answer, &a, &m, deadline_in(ASK_MS));

    if (st == ST_OK && m.status != ST_OK)
        st = FAIL((enum st)m.status, "the directory does not take it");
    if (st != ST_OK && st != ST_CANCELED)
        LOG(COURIER_STS_NOT_KEPT, lf_str("domain", ask->domain), lf_err());
    arena_fini(&a);
}

void sts_kept_put(struct courier *c, struct str domain, const struct sts_kept *kept, uint64_t used_us)
{
    struct arena a = ARENA_INIT;
    struct msg_sts_put_ask ask = {.domain = domain,
                                  .id = kept->policy.id,
                                  .policy = sts_policy_text(&a, &kept->policy),
                                  .fetched_us = kept->fetched_us,
                                  .expires_us = kept->fetched_us + (uint64_t)kept->policy.max_age * SECOND_US,
                                  .tried_us = kept->fetched_us,
                                  .used_us = used_us};

    if (ask.policy.n <= POLICY_MAX)
        tell(c, &ask);
    else
        sts_kept_forget(c, domain); /* or the one before would come back with the next start */
    arena_fini(&a);
}

void sts_kept_note(struct courier *c, struct str domain, uint64_t tried_us, uint64_t used_us)
{
    tell(c, &(struct msg_sts_put_ask){.domain = domain, .expires_us = 1, .tried_us = tried_us, .used_us = used_us});
}

void sts_kept_forget(struct courier *c, struct str domain)
{
    tell(c, &(struct msg_sts_put_ask){.domain = domain});
}

enum st sts_kept_due(struct courier *c, struct arena *a, uint64_t tried_us, uint64_t used_us, struct str **out,
                     size_t *out_n)
{
    struct msg_sts_due_ask ask = {.tried_us = tried_us, .used_us = used_us, .most = STS_DUE_MAX};
    struct msg_sts_due_answer m;

    TRY(IPC_ASK(courier_keeper(c), sts_due_ask, &ask, sts_due_answer, a, &m, deadline_in(ASK_MS)));
    if (m.status != ST_OK)
        return FAIL(ST_TRYLATER, "the keeper can't say which policies are due");
    return words_get(m.domains, a, STS_DUE_MAX, out, out_n);
}
