#include "store/sched.h"
#include "base/must.h"

#include <stdio.h>

#define ACCOUNTS_MAX 65536 /* remembered versions; forgotten ones are read again */

struct sched_account {
    uint64_t id, version, durable; /* version: with what the batch in the making holds */
    uint32_t chain;                /* the least that lives */
    struct list held;              /* kv_part.own.held, by expected version */
    struct list recent;
    uint64_t pass; /* of the search for rings that has seen it */
};

void job_list_init(struct job_list *l)
{
    *l = (struct job_list){.last = &l->first};
}

void job_list_add(struct job_list *l, struct kv_job *job)
{
    job->next = NULL;
    *l->last = job;
    l->last = &job->next;
    l->n++;
}

void job_list_move(struct job_list *to, struct job_list *from)
{
    *to = *from;
    if (!to->n)
        to->last = &to->first;
    job_list_init(from);
}

struct kv_job *job_list_take(struct job_list *l)
{
    struct kv_job *job = l->first;

    if (job) {
        l->first = job->next;
        if (!l->first)
            l->last = &l->first;
        l->n--;
    }
    return job;
}

void sched_init(struct sched *s)
{
    s->accounts = s->chains = MAP_INIT;
    list_init(&s->recent);
    list_init(&s->waiting);
    job_list_init(&s->ready);
    job_list_init(&s->failed);
    pthread_mutex_init(&s->chains_mutex, NULL);
}

void sched_fini(struct sched *s)
{
    size_t pos = 0;
    void *a;

    must(list_is_empty(&s->waiting));
    while (map_next(&s->accounts, &pos, &a))
        mem_free(a);
    map_fini(&s->accounts);
    map_fini(&s->chains);
    pthread_mutex_destroy(&s->chains_mutex);
}

/* --- accounts ------------------------------------------------------------------------------------- */

uint32_t sched_chain(struct sched *s, uint64_t account)
{
    uint32_t chain;

    pthread_mutex_lock(&s->chains_mutex);
    chain = (uint32_t)(uintptr_t)map_get(&s->chains, account);
    pthread_mutex_unlock(&s->chains_mutex);
    return chain;
}

static void forget_some(struct sched *s)
{
    LIST_EACH_SAFE(at, next, &s->recent) {
        struct sched_account *a = LIST_ITEM(at, struct sched_account, recent);

        if (s->accounts.n <= ACCOUNTS_MAX)
            return;
        if (!list_is_empty(&a->held) || a->version != a->durable)
            continue;
        list_del(&a->recent);
        map_del(&s->accounts, a->id);
        mem_free(a);
    }
}

static enum st account(struct sched *s, uint64_t id, struct sched_account **out)
{
    struct sched_account *a = map_get(&s->accounts, id);
    uint64_t version;

    if (!a) {
        TRY(s->load(s->ctx, id, &version));
        a = MEM_NEW(struct sched_account);
        *a = (struct sched_account){.id = id, .version = version, .durable = version, .chain = sched_chain(s, id)};
        list_init(&a->held);
        list_init(&a->recent);
        map_put(&s->accounts, id, a);
    }
    list_del(&a->recent);
    list_add_tail(&s->recent, &a->recent);
    *out = a;
    return ST_OK;
}

/* --- one job --------------------------------------------------------------------------------------- */

static void doom(struct kv_job *job, enum st st)
{
    if (job->is_doomed)
        return;
    job->is_doomed = true;
    job->st = st;
    snprintf(job->why, sizeof job->why, "%s", err_get()->text);
}

static void set_due(struct sched *s, struct kv_part *part)
{
    if (part->own.is_due)
        return;
    part->own.is_due = true;
    must(part->own.job->missing > 0);
    if (--part->own.job->missing == 0)
        job_list_add(&s->ready, part->own.job);
}

/* It waits for nothing any more: it will fail. */
static void kill_part(struct sched *s, struct kv_part *part, enum st st)
{
    list_del(&part->own.held);
    part->own.of = NULL;
    doom(part->own.job, st);
    set_due(s, part);
}

static void note_chain(struct sched *s, uint64_t account, uint32_t chain)
{
    pthread_mutex_lock(&s->chains_mutex);
    map_put(&s->chains, account, (void *)(uintptr_t)(chain + 1));
    pthread_mutex_unlock(&s->chains_mutex);
}

/* Nothing of that chain goes any more. */
static void break_chain(struct sched *s, struct sched_account *a, uint32_t chain)
{
    if (chain < a->chain)
        return;
    a->chain = chain + 1;
    note_chain(s, a->id, chain);
    for (struct list *at = a->held.next, *next; at != &a->held; at = next) {
        struct kv_part *part = LIST_ITEM(at, struct kv_part, own.held);

        next = at->next;
        if (part->chain < a->chain)
            kill_part(s, part, FAIL(ST_CANCELED, "an earlier commit of the account has failed"));
    }
}

static enum st overtaken(struct sched *s, struct sched_account *a, const struct kv_part *part)
{
    break_chain(s, a, part->chain);
    return FAIL(ST_BUSY, "account %016llx stands at version %llu, not %llu", (unsigned long long)a->id,
                (unsigned long long)a->version, (unsigned long long)part->expected_version);
}

/* Looks at those that the account's version has reached. */
static void look_at_held(struct sched *s, struct sched_account *a)
{
    while (!list_is_empty(&a->held)) {
        struct kv_part *part = LIST_ITEM(a->held.next, struct kv_part, own.held);

        if (part->expected_version > a->version)
            return;
        if (part->expected_version == a->version) {
            set_due(s, part);
            return;
        }
        list_del(&part->own.held);
        kill_part(s, part, overtaken(s, a, part));
    }
}

static void hold(struct sched_account *a, struct kv_part *part)
{
    struct list *at = a->held.prev;

    while (at != &a->held && LIST_ITEM(at, struct kv_part, own.held)->expected_version > part->expected_version)
        at = at->prev;
    part->own.held = (struct list){.prev = at, .next = at->next};
    at->next->prev = &part->own.held;
    at->next = &part->own.held;
    part->own.of = a;
}

static void add_part(struct sched *s, struct kv_job *job, struct kv_part *part)
{
    struct sched_account *a;
    enum st st;

    part->own.job = job;
    part->own.is_due = false;
    part->own.of = NULL;
    list_init(&part->own.held);
    st = account(s, part->account, &a);
    if (st != ST_OK)
        note_chain(s, part->account, part->chain);
    else if (part->chain < a->chain)
        st = FAIL(ST_CANCELED, "an earlier commit of the account has failed");
    else if (part->expected_version < a->version)
        st = overtaken(s, a, part);
    if (st != ST_OK) {
        kill_part(s, part, st);
        return;
    }
    hold(a, part);
    if (part->expected_version == a->version)
        set_due(s, part);
}

void sched_add(struct sched *s, struct kv_job *job, mono_ms now)
{
    job->missing = job->n_parts + 1; /* not before all parts are in */
    job->since = now;
    list_init(&job->waiting);
    list_add_tail(&s->waiting, &job->waiting);
    for (size_t i = 0; i < job->n_parts; i++)
        add_part(s, job, job->parts[i]);
    if (--job->missing == 0)
        job_list_add(&s->ready, job);
}

static void fail_job(struct sched *s, struct kv_job *job, enum st st)
{
    doom(job, st);
    list_del(&job->waiting);
    for (size_t i = 0; i < job->n_parts; i++)
        list_del(&job->parts[i]->own.held); /* first all, lest breaking a chain finds its own */
    for (size_t i = 0; i < job->n_parts; i++)
        if (job->parts[i]->own.of)
            break_chain(s, job->parts[i]->own.of, job->parts[i]->chain);
    job_list_add(&s->failed, job);
}

static void accept(struct kv_job *job, struct job_list *batch)
{
    list_del(&job->waiting);
    job->st = ST_OK;
    job_list_add(batch, job);
    for (size_t i = 0; i < job->n_parts; i++)
        list_del(&job->parts[i]->own.held);
    for (size_t i = 0; i < job->n_parts; i++) {
        struct sched_account *a = job->parts[i]->own.of;

        /* In a ring parts are not taken in order: the account ends where the highest one leaves it. */
        a->version = MAX(a->version, job->parts[i]->expected_version + 1);
    }
}

static void look_behind(struct sched *s, struct kv_job *job)
{
    for (size_t i = 0; i < job->n_parts; i++)
        look_at_held(s, job->parts[i]->own.of);
}

static void take_ready(struct sched *s, size_t max_n, uint64_t max_bytes, struct job_list *out, uint64_t *bytes)
{
    while (s->ready.n && out->n < max_n && (*bytes < max_bytes || !out->n)) {
        struct kv_job *job = job_list_take(&s->ready);
        enum st st = job->is_doomed ? job->st : s->admit(s->ctx, job);

        if (st != ST_OK) {
            fail_job(s, job, st);
        } else {
            *bytes += job->bytes;
            accept(job, out);
            look_behind(s, job);
        }
    }
}

/* --- rings ------------------------------------------------------------------------------------------ */

/* Takes off the list of candidates what waits for something that is not among them. True when it changed. */
static bool strike_out(struct sched_account *a, uint64_t pass)
{
    uint64_t v = a->version;
    bool changed = false;

    a->pass = pass;
    LIST_EACH(at, &a->held) {
        struct kv_part *part = LIST_ITEM(at, struct kv_part, own.held);

        if (!part->own.job->is_candidate)
            continue;
        if (part->expected_version == v) {
            v++;
        } else {
            part->own.job->is_candidate = false;
            changed = true;
        }
    }
    return changed;
}

static size_t find_ring(struct sched *s)
{
    bool changed = true;
    size_t n = 0;

    LIST_EACH(at, &s->waiting)
        LIST_ITEM(at, struct kv_job, waiting)->is_candidate = true;
    while (changed) {
        changed = false;
        s->pass++;
        LIST_EACH(at, &s->waiting) {
            struct kv_job *job = LIST_ITEM(at, struct kv_job, waiting);

            for (size_t i = 0; job->is_candidate && i < job->n_parts; i++)
                if (job->parts[i]->own.of && job->parts[i]->own.of->pass != s->pass)
                    changed |= strike_out(job->parts[i]->own.of, s->pass);
        }
    }
    LIST_EACH(at, &s->waiting)
        n += LIST_ITEM(at, struct kv_job, waiting)->is_candidate;
    return n;
}

static bool fail_one_of_ring(struct sched *s)
{
    LIST_EACH(at, &s->waiting) {
        struct kv_job *job = LIST_ITEM(at, struct kv_job, waiting);
        enum st st;

        if (!job->is_candidate)
            continue;
        st = job->is_doomed ? job->st : s->admit(s->ctx, job);
        if (st != ST_OK) {
            fail_job(s, job, st);
            return true;
        }
    }
    return false;
}

/* With nothing ready, what waits waits for a version to come, or in a ring. Rings need two parts. */
static bool take_rings(struct sched *s, struct job_list *out)
{
    bool may_be = false;

    LIST_EACH(at, &s->waiting)
        may_be |= LIST_ITEM(at, struct kv_job, waiting)->n_parts > 1;
    if (!may_be || !find_ring(s))
        return false;
    if (fail_one_of_ring(s))
        return true;
    LIST_EACH_SAFE(at, next, &s->waiting) {
        struct kv_job *job = LIST_ITEM(at, struct kv_job, waiting);

        if (job->is_candidate)
            accept(job, out);
    }
    for (struct kv_job *job = out->first; job; job = job->next)
        look_behind(s, job);
    s->took_ring = true;
    return true;
}

void sched_batch(struct sched *s, size_t max_n, uint64_t max_bytes, struct job_list *out)
{
    uint64_t bytes = 0;

    s->took_ring = false;
    forget_some(s);
    do
        take_ready(s, max_n, max_bytes, out, &bytes);
    while (!s->ready.n && !list_is_empty(&s->waiting) && out->n < max_n && take_rings(s, out));
}

/* --- afterwards ------------------------------------------------------------------------------------ */

static void roll_back(struct sched *s, struct kv_job *job, enum st st, const struct err *why)
{
    *err_get() = *why;
    doom(job, st);
    for (size_t i = 0; i < job->n_parts; i++) {
        struct sched_account *a = job->parts[i]->own.of;

        break_chain(s, a, job->parts[i]->chain);
        while (!list_is_empty(&a->held)) /* of a later chain, which can't build on what never came */
            kill_part(s, LIST_ITEM(a->held.next, struct kv_part, own.held), st);
        a->version = a->durable;
    }
    job_list_add(&s->failed, job);
}

void sched_settle(struct sched *s, struct job_list *batch, enum st st)
{
    struct err why = *err_get();

    if (st == ST_OK) {
        for (struct kv_job *job = batch->first; job; job = job->next)
            for (size_t i = 0; i < job->n_parts; i++)
                job->parts[i]->own.of->durable = job->parts[i]->own.of->version;
        return;
    }
    for (struct kv_job *job = job_list_take(batch); job; job = job_list_take(batch))
        roll_back(s, job, st, &why);
}

void sched_expire(struct sched *s, mono_ms since)
{
    while (!list_is_empty(&s->waiting)) {
        struct kv_job *job = LIST_ITEM(s->waiting.next, struct kv_job, waiting);

        if (job->since >= since || job->missing == 0)
            return;
        fail_job(s, job, FAIL(ST_TIMEOUT, "an earlier version of an account never came"));
    }
}
