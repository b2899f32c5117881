/* What accounts and domains hold, and may. An account's use is the sum of its mailboxes' counters, moved along with
 * them, pending and durable; so it is as exact as they are, after a crash too. The use of a domain is a sum that the cores
 * share: each adds the differences of its accounts as they become durable. After the start the accounts are counted
 * once, in the order of their ids; what a core has passed is part of the sum, and a core knows how far it has come. */
#include "mail/change.h"

#include "base/must.h"

#define PAGE 256
#define COUNT_WAIT_MS 5000 /* a question waits so long for it */
#define COUNT_LOOK_MS 20
#define RESERVED_WAIT_MS 60000
#define RESERVED_LOOK_MS 10

void counts_add(struct counts *c, const struct counts *d, int sign)
{
    c->messages += sign * d->messages;
    c->unseen += sign * d->unseen;
    c->deleted += sign * d->deleted;
    c->bytes += sign * d->bytes;
}

/* --- domains --------------------------------------------------------------------------------------- */

static struct domain_use *domain_of(struct mail *m, uint64_t id)
{
    struct domain_use *d;

    if (!id)
        return NULL;
    pthread_mutex_lock(&m->domains_mutex);
    d = map_get(&m->domains, id);
    if (!d) {
        d = MEM_NEW(struct domain_use);
        d->id = id;
        map_put(&m->domains, id, d);
    }
    pthread_mutex_unlock(&m->domains_mutex);
    return d;
}

void usage_forget_domains(struct mail *m)
{
    size_t pos = 0;
    void *d;

    while (map_next(&m->domains, &pos, &d))
        mem_free(d);
    map_fini(&m->domains);
}

static void wanted(void *arg)
{
    struct mail_core *core = arg;

    co_event_set(&core->count_wanted);
}

/* A server whose domains have no quotas never counts. */
static void want_count(struct mail *m)
{
    if (!m->counting || atomic_exchange(&m->count_wanted, true))
        return;
    for (unsigned i = 0; i < m->opt.n_cores; i++)
        core_post(m->opt.cores[i], wanted, &m->cores[i]);
}

static enum st wait_counted(struct mail *m) SUSPENDS
{
    mono_ms end = deadline_in(COUNT_WAIT_MS);

    want_count(m);
    while (m->counting && clock_mono_ms() < end)
        TRY(co_sleep(deadline_in(COUNT_LOOK_MS)));
    return m->counting ? FAIL(ST_TRYLATER, "the use of domains is still being counted") : ST_OK;
}

static void set_most(struct domain_use *d, uint64_t bytes, uint64_t messages)
{
    if (d->max_bytes != bytes) /* with each letter it is told: the cores shall not take the line from each other */
        d->max_bytes = bytes;
    if (d->max_messages != messages)
        d->max_messages = messages;
}

void mail_tell_domain(struct mail *m, uint64_t domain, uint64_t bytes, uint64_t messages)
{
    struct domain_use *d = domain_of(m, domain);

    if (!d)
        return;
    set_most(d, bytes, messages);
    if (bytes || messages)
        want_count(m);
}

enum st mail_domain_usage(struct mail *m, uint64_t domain, uint64_t *out_bytes, uint64_t *out_messages)
{
    const struct domain_use *d = domain_of(m, domain);

    TRY(wait_counted(m));
    *out_bytes = d ? (uint64_t)MAX(d->bytes, 0) : 0;
    *out_messages = d ? (uint64_t)MAX(d->messages, 0) : 0;
    return ST_OK;
}

/* --- an account's part of its domain's ---------------------------------------------------------------- */

void usage_changed(struct account *a)
{
    if (!a->counted)
        return;
    if (a->domain) {
        a->domain->bytes += a->have.bytes - a->told.bytes;
        a->domain->messages += a->have.messages - a->told.messages;
    }
    a->told = a->have;
}

void usage_loaded(struct account *a)
{
    const struct mail_core *core = a->core;

    a->domain = domain_of(core->m, a->rec.domain);
    a->counted = !core->counting || a->id <= core->counted_to;
    if (a->counted)
        a->told = a->have;
}

void usage_count(struct account *a)
{
    if (a->counted)
        return;
    a->counted = true;
    usage_changed(a);
}

static void move_to_domain(struct account *a, uint64_t domain)
{
    struct counts have = a->have;

    if (a->counted) {
        a->have = (struct counts){0};
        usage_changed(a);
        a->have = have;
    }
    a->domain = domain_of(a->core->m, domain);
    a->rec.domain = domain;
    a->rec_dirty = true;
    usage_changed(a);
}

void usage_learn(struct account *a, const struct account_limits *limits, bool is_now)
{
    mail_tell_domain(a->core->m, limits->domain, limits->domain_bytes, limits->domain_messages);
    if (a->limits_known && !is_now) /* by a letter that was under way meanwhile, perhaps */
        return;
    a->limits = *limits;
    a->limits_known = is_now;
    if (limits->domain && limits->domain != a->rec.domain)
        move_to_domain(a, limits->domain);
    if (limits->keep_s != a->rec.keep_s || limits->retention != a->rec.retention) {
        a->rec.keep_s = limits->keep_s;
        a->rec.retention = limits->retention;
        a->rec_dirty = true;
    }
}

enum st account_settle(struct account *a)
{
    struct change *c;

    if (!a->rec_dirty)
        return ST_OK;
    c = change_begin(a);
    c->rec_changed = true;
    return change_commit(c, NULL, 0);
}

enum st mail_tell(struct mail *m, uint64_t account, const struct account_limits *limits)
{
    struct account *a;
    enum st st;

    TRY(account_open(m, account, &a));
    usage_learn(a, limits, true);
    st = account_settle(a);
    account_release(a);
    return st;
}

/* --- room -------------------------------------------------------------------------------------------- */

static enum st fits(uint64_t max, int64_t has, uint64_t more, const char *what)
{
    if (max && more > max)
        return FAIL(ST_TOOBIG, "more than the %s may ever hold", what);
    if (max && (uint64_t)MAX(has, 0) + more > max)
        return FAIL(ST_OVERQUOTA, "the %s is full", what);
    return ST_OK;
}

static int64_t soon_bytes(const struct account *a)
{
    return a->will.bytes + (int64_t)a->reserved.bytes;
}

static int64_t soon_messages(const struct account *a)
{
    return a->will.messages + (int64_t)a->reserved.messages;
}

static enum st check_domain(const struct account *a, uint64_t bytes, uint64_t messages)
{
    const struct domain_use *d = a->domain;

    if (!d || (!d->max_bytes && !d->max_messages))
        return ST_OK;
    if (a->core->m->counting)
        return FAIL(ST_TRYLATER, "the use of domains is still being counted");
    TRY(fits(d->max_bytes, d->bytes + soon_bytes(a) - a->have.bytes, bytes, "domain"));
    return fits(d->max_messages, d->messages + soon_messages(a) - a->have.messages, messages, "domain");
}

enum st usage_check(const struct account *a, const struct account_limits *limits, uint64_t bytes, uint64_t messages)
{
    TRY(fits(limits->bytes, soon_bytes(a), bytes, "mailbox"));
    TRY(fits(limits->messages, soon_messages(a), messages, "mailbox"));
    return check_domain(a, bytes, messages);
}

void usage_reserve(struct account *a, uint64_t bytes, uint64_t messages)
{
    a->reserved.bytes += bytes;
    a->reserved.messages += messages;
    a->reserved.n++;
}

void usage_unreserve(struct account *a, uint64_t bytes, uint64_t messages)
{
    must(a->reserved.n && a->reserved.bytes >= bytes && a->reserved.messages >= messages);
    a->reserved.bytes -= bytes;
    a->reserved.messages -= messages;
    a->reserved.n--;
}

enum st usage_wait_unreserved(const struct account *a)
{
    mono_ms end = deadline_in(RESERVED_WAIT_MS);

    while (a->reserved.n) {
        if (clock_mono_ms() >= end)
            return FAIL(ST_BUSY, "letters to account %016llx go on being prepared", (unsigned long long)a->id);
        TRY(co_sleep(deadline_in(RESERVED_LOOK_MS)));
    }
    return ST_OK;
}

enum st account_has_room(const struct account *a, uint64_t bytes, uint64_t messages)
{
    return usage_check(a, &a->limits, bytes, messages);
}

static uint64_t room_below(uint64_t max, int64_t has)
{
    if (!max)
        return UINT64_MAX;
    return (uint64_t)MAX(has, 0) < max ? max - (uint64_t)MAX(has, 0) : 0;
}

enum st mail_has_room(struct mail *m, uint64_t account, const struct account_limits *limits, uint64_t bytes,
                      uint64_t *out_free)
{
    struct account *a;
    enum st st;

    TRY(account_open(m, account, &a));
    usage_learn(a, limits, false);
    st = limits->domain_bytes || limits->domain_messages ? wait_counted(m) : ST_OK;
    if (st == ST_OK)
        st = account_check(a);
    if (st == ST_OK)
        st = usage_check(a, limits, bytes, 1);
    if (st == ST_OK) {
        *out_free = room_below(limits->bytes, a->will.bytes);
        if (a->domain)
            *out_free = MIN(*out_free, room_below(a->domain->max_bytes, a->domain->bytes));
    }
    account_release(a);
    return st;
}

void account_usage(const struct account *a, struct mail_usage *out)
{
    *out = (struct mail_usage){
        .bytes = (uint64_t)MAX(a->have.bytes, 0), .messages = (uint64_t)MAX(a->have.messages, 0), .limits = a->limits};
}

/* --- counting after the start --------------------------------------------------------------------------- */

static enum st count_one(struct mail_core *core, uint64_t id) SUSPENDS
{
    struct account *a;
    enum st st = account_open_any(core->m, id, &a);

    core->counted_to = id;
    if (st != ST_OK)
        return st;
    usage_count(a);
    account_release(a);
    return ST_OK;
}

enum st mail_count(struct mail *m)
{
    struct mail_core *core = mail_core_here(m);
    uint64_t ids[PAGE], last = 0;
    size_t n = PAGE, pos = 0;
    void *a;

    if (core->counting && !m->count_wanted)
        TRY(co_event_wait(&core->count_wanted, NEVER));
    while (n == PAGE) {
        TRY(kv_accounts(m->opt.store, last, ids, PAGE, &n));
        for (size_t i = 0; i < n; i++) {
            last = ids[i];
            if (last && !mail_is_nobody(last) && mail_core_of(m, last) == (unsigned)(core - m->cores))
                IGNORE(count_one(core, last)); /* one that can't be read holds nothing that anybody could use */
        }
    }
    core->counting = false;
    while (map_next(&core->accounts, &pos, &a)) { /* made meanwhile */
        if (((struct account *)a)->ready)
            usage_count(a);
    }
    m->counting--;
    return ST_OK;
}
