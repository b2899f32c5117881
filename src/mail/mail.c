/* The room as a whole: a part per core, what is quarantined, and figures. */
#include "mail/state.h"

#include "base/must.h"
#include "base/route.h"

struct mail *mail_new(const struct mail_options *opt)
{
    struct mail *m = MEM_NEW(struct mail);

    must(opt->store && opt->n_cores > 0);
    m->opt = *opt;
    m->counting = opt->count_first ? opt->n_cores : 0;
    pthread_mutex_init(&m->domains_mutex, NULL);
    m->opt.cache_bytes = opt->cache_bytes ? opt->cache_bytes : 256u << 20;
    m->opt.max_mailboxes = opt->max_mailboxes ? opt->max_mailboxes : 10000;
    m->opt.cores = mem_new(opt->n_cores * sizeof(struct core *));
    memcpy(m->opt.cores, opt->cores, opt->n_cores * sizeof(struct core *));
    m->cores = mem_new(opt->n_cores * sizeof *m->cores);
    for (unsigned i = 0; i < opt->n_cores; i++) {
        m->cores[i].m = m;
        list_init(&m->cores[i].idle);
        list_init(&m->cores[i].unselected);
        list_init(&m->cores[i].stale);
        list_init(&m->cores[i].replicas);
        co_waitq_init(&m->cores[i].forgotten);
        m->cores[i].counting = opt->count_first;
    }
    return m;
}

void mail_free(struct mail *m)
{
    for (unsigned i = 0; m && i < m->opt.n_cores; i++) {
        struct mail_core *c = &m->cores[i];
        void *account;
        size_t pos = 0;

        while (map_next(&c->accounts, &pos, &account))
            account_free(account);
        map_fini(&c->accounts);
        map_fini(&c->shut);
        pop3_logins_free(c);
    }
    if (m) {
        usage_forget_domains(m);
        pthread_mutex_destroy(&m->domains_mutex);
        mem_free(m->cores);
        mem_free(m->opt.cores);
        mem_free(m->quarantine);
        mem_free(m);
    }
}

unsigned mail_core_of(const struct mail *m, uint64_t account)
{
    return route_core(account, m->opt.n_cores);
}

struct mail_core *mail_core_here(struct mail *m)
{
    struct core *here = core_here();
    unsigned i = here ? core_index(here) : UINT32_MAX;

    must(i < m->opt.n_cores && m->opt.cores[i] == here);
    return &m->cores[i];
}

/* --- quarantine ------------------------------------------------------------------------------------- */

enum st mail_quarantine_add(struct mail *m, uint64_t account, uint64_t email)
{
    if (m->n_quarantine == LIMIT_QUARANTINE)
        return FAIL(ST_LIMIT, "%u messages are in quarantine already", (unsigned)LIMIT_QUARANTINE);
    m->quarantine = mem_resize(m->quarantine, (m->n_quarantine + 1) * sizeof *m->quarantine);
    m->quarantine[m->n_quarantine++] = (struct quarantined){account, email};
    return ST_OK;
}

bool mail_is_quarantined(const struct mail *m, uint64_t account, uint64_t email)
{
    for (size_t i = 0; i < m->n_quarantine; i++) {
        if (m->quarantine[i].account == account && m->quarantine[i].email == email)
            return true;
    }
    return false;
}

/* --- figures ---------------------------------------------------------------------------------------- */

static void add_account(const struct account *a, struct mail_stats *s)
{
    s->accounts++;
    s->accounts_used += a->users > 0;
    s->in_flight += a->in_flight;
    s->mailboxes += a->n_mailboxes;
    for (size_t i = 0; i < a->n_mailboxes; i++) {
        const struct mailbox *mb = a->mailboxes[i];

        LIST_EACH(at, &mb->views)
            s->views++;
        if (mb->messages && !mb->messages->loading) {
            s->messages += mb->messages->n;
            s->message_bytes += mb->messages->cap * MESSAGE_BYTES;
        }
    }
}

void mail_get_stats(struct mail *m, struct mail_stats *out)
{
    struct mail_core *c = mail_core_here(m);
    struct mail_stats s = {0};
    size_t pos = 0;
    void *a;

    while (map_next(&c->accounts, &pos, &a))
        add_account(a, &s);
    *out = s;
}
