/* One letter to several accounts on several cores, in one commit. The core of the sender's coroutine coordinates:
 * each owning core gets one message with its recipients, opens the accounts, prepares a part for each (a pending version,
 * no lock) and answers; the coordinator's own accounts come last, so that they wait for nobody. Then all
 * parts are committed, or all are abandoned. */
#include "mail/edit.h"

#include "base/must.h"

struct job { /* the recipients of one core; in the coordinator's arena */
    struct mail *m;
    struct round *round;
    const struct delivery *d;
    struct letter letter;
    const struct delivery_rcpt **rcpts; /* by account */
    size_t n;
    struct account **accounts; /* of each */
    struct kv_part **parts;
    size_t n_parts;
    const struct delivery_rcpt *refused;
    enum st st;
    char text[ERR_TEXT_MAX];
};

struct round {
    struct core *core; /* of the coordinator */
    struct co_event answered;
    unsigned left;
};

/* --- on the owning core --------------------------------------------------------------------------------------- */

static struct mailbox *mailbox_for(struct account *a, struct str name)
{
    struct arena ar = ARENA_INIT;
    struct mailbox *mb = a->inbox;

    if (name.n) {
        mb = account_mailbox(a, mailbox_canonical(&ar, name), true);
        if (!mb || mb->pending.noselect)
            mb = a->inbox;
        arena_fini(&ar);
    }
    return mb;
}

/* What a quota leaves no room for stops the whole letter: the sender is told, and nobody gets it twice. */
static enum st check_room(struct job *j, size_t from, size_t to)
{
    struct account *a = j->accounts[from];
    const struct account_limits *limits = j->rcpts[from]->limits;
    uint64_t bytes = 0;
    enum st st;

    if (limits)
        usage_learn(a, limits, false);
    for (size_t i = from; i < to; i++)
        bytes += j->letter.size + j->rcpts[i]->prefix.n;
    st = usage_check(a, limits ? limits : &a->limits, bytes, to - from);
    j->refused = j->rcpts[from];
    return st;
}

static void prepare_account(struct job *j, size_t from, size_t to)
{
    struct change *c;

    j->st = check_room(j, from, to);
    if (j->st != ST_OK)
        return;
    c = change_begin(j->accounts[from]);
    for (size_t i = from; i < to; i++)
        append_letter(c, mailbox_for(c->a, j->rcpts[i]->mailbox), &j->letter, j->rcpts[i]->prefix);
    change_seal(c);
    j->parts[j->n_parts++] = &c->part;
}

static enum st check_account(const struct account *a, size_t n)
{
    TRY(account_check(a));
    for (size_t i = 0; i < a->n_mailboxes; i++) {
        if (UINT32_MAX - a->mailboxes[i]->uidnext_pending <= n)
            return FAIL(ST_LIMIT, "a mailbox has no uids left");
    }
    return ST_OK;
}

/* All accounts are in memory: no wait from here on. */
static void prepare(struct job *j)
{
    for (size_t i = 0; i < j->n && j->st == ST_OK; i++)
        j->st = check_account(j->accounts[i], j->n);
    for (size_t from = 0, to; from < j->n && j->st == ST_OK; from = to) {
        for (to = from + 1; to < j->n && j->accounts[to] == j->accounts[from];)
            to++;
        prepare_account(j, from, to);
    }
    for (size_t i = 0; i < j->n; i++) {
        if (j->accounts[i])
            account_release(j->accounts[i]);
    }
    if (j->st != ST_OK)
        memcpy(j->text, err_get()->text, sizeof j->text);
}

static void open_and_prepare(struct job *j) SUSPENDS
{
    for (size_t i = 0; i < j->n && j->st == ST_OK; i++) {
        if (!j->accounts[i])
            j->st = account_open(j->m, j->rcpts[i]->account, &j->accounts[i]);
    }
    prepare(j);
}

static bool open_cached(struct job *j)
{
    for (size_t i = 0; i < j->n; i++) {
        j->accounts[i] = account_cached(j->m, j->rcpts[i]->account);
        if (!j->accounts[i])
            return false;
    }
    return true;
}

static void answered(void *arg)
{
    struct round *r = arg;

    if (--r->left == 0)
        co_event_set(&r->answered);
}

static void answer(struct job *j)
{
    struct round *r = j->round;

    core_post(r->core, answered, r); /* *j is not ours any more */
}

static void run(void *arg) SUSPENDS
{
    struct job *j = arg;

    open_and_prepare(j);
    answer(j);
}

static void arrived(void *arg)
{
    struct job *j = arg;

    if (open_cached(j)) {
        prepare(j);
        answer(j);
        return;
    }
    if (co_spawn(run, j, "delivery") == ST_OK)
        return;
    j->st = FAIL(ST_TRYLATER, "too much at once");
    prepare(j);
    answer(j);
}

/* --- on the coordinating core ------------------------------------------------------------------------------------ */

/* Recipients of one account together: it gets one part. */
static void sort_by_account(const struct delivery_rcpt **r, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const struct delivery_rcpt *x = r[i];
        size_t k = i;

        for (; k > 0 && r[k - 1]->account > x->account; k--)
            r[k] = r[k - 1];
        r[k] = x;
    }
}

static struct job *make_jobs(struct mail *m, const struct delivery *d, const struct letter *l, struct round *round,
                             struct arena *ar)
{
    struct job *jobs = ARENA_ARRAY(ar, struct job, m->opt.n_cores);
    const struct delivery_rcpt **sorted = arena_array(ar, sizeof *sorted, d->n_rcpts);
    size_t at = 0;

    for (unsigned core = 0; core < m->opt.n_cores; core++) {
        struct job *j = &jobs[core];

        *j = (struct job){.m = m, .round = round, .d = d, .letter = *l, .rcpts = sorted + at, .st = ST_OK};
        for (size_t i = 0; i < d->n_rcpts; i++) {
            if (mail_core_of(m, d->rcpts[i].account) == core)
                j->rcpts[j->n++] = &d->rcpts[i];
        }
        at += j->n;
        sort_by_account(j->rcpts, j->n);
        j->accounts = arena_array(ar, sizeof(struct account *), j->n);
        j->parts = arena_array(ar, sizeof(struct kv_part *), j->n);
    }
    return jobs;
}

static void prepare_all(struct mail *m, struct job *jobs, struct round *round) SUSPENDS
{
    unsigned here = (unsigned)(mail_core_here(m) - m->cores);

    for (unsigned i = 0; i < m->opt.n_cores; i++)
        round->left += i != here && jobs[i].n;
    if (round->left) {
        for (unsigned i = 0; i < m->opt.n_cores; i++) {
            if (i != here && jobs[i].n)
                core_post(m->opt.cores[i], arrived, &jobs[i]);
        }
        co_event_wait_heedless(&round->answered); /* they use our memory */
    }
    if (jobs[here].n)
        open_and_prepare(&jobs[here]);
}

static enum st first_failure(const struct job *jobs, unsigned n, struct delivery *d)
{
    for (unsigned i = 0; i < n; i++) {
        if (jobs[i].refused)
            d->refused = (size_t)(jobs[i].refused - d->rcpts);
        if (jobs[i].st != ST_OK)
            return FAIL(jobs[i].st, "%s", jobs[i].text);
    }
    return ST_OK;
}

static enum st deliver(struct mail *m, struct delivery *d, struct arena *ar) SUSPENDS
{
    struct round round = {.core = core_here()};
    struct letter l = {.mail = &d->mail, .now_us = clock_wall_us()};
    struct kv_blob blob = {
        .bytes = d->mail.bytes, .stage = d->mail.stage, .refs = (uint32_t)d->n_rcpts + (d->extra != NULL)};
    struct kv_commit commit = {.blobs = &blob, .n_blobs = 1};
    struct letter_size size = {0};
    struct job *jobs;
    enum st st;

    commit.parts = arena_array(ar, sizeof(struct kv_part *), d->n_rcpts + 1);
    if (d->extra)
        commit.parts[commit.n_parts++] = d->extra;
    if (!d->blob_id)
        d->blob_id = blob_new_id(m->opt.store);
    blob.id = l.blob = d->blob_id;
    st = append_check(&d->mail, &size);
    l.size = size.bytes;
    blob.head = size.head;
    for (size_t i = 0; st == ST_OK && i < d->n_rcpts; i++) {
        if (d->rcpts[i].prefix.n > LIMIT_MAIL_PREFIX)
            st = FAIL(ST_LIMIT, "no more than %u bytes stand before a letter", (unsigned)LIMIT_MAIL_PREFIX);
    }
    if (st == ST_OK) {
        jobs = make_jobs(m, d, &l, &round, ar);
        prepare_all(m, jobs, &round);
        st = first_failure(jobs, m->opt.n_cores, d);
        for (unsigned i = 0; i < m->opt.n_cores; i++) {
            for (size_t k = 0; k < jobs[i].n_parts; k++)
                commit.parts[commit.n_parts++] = jobs[i].parts[k];
        }
    }
    if (st == ST_OK)
        return kv_commit(m->opt.store, &commit);
    kv_abandon(m->opt.store, commit.parts, commit.n_parts, st);
    blob_unstage(m->opt.store, d->mail.stage);
    return st;
}

enum st mail_deliver(struct mail *m, struct delivery *d)
{
    struct arena ar = ARENA_INIT;
    enum st st;

    if (!d->n_rcpts && !d->extra) {
        blob_unstage(m->opt.store, d->mail.stage);
        return FAIL(ST_NOTFOUND, "a letter without recipients");
    }
    if (d->n_rcpts > LIMIT_DELIVERY_RCPTS) {
        if (d->extra)
            kv_abandon(m->opt.store, &d->extra, 1, ST_LIMIT);
        blob_unstage(m->opt.store, d->mail.stage);
        return FAIL(ST_LIMIT, "no more than %u recipients of one letter", (unsigned)LIMIT_DELIVERY_RCPTS);
    }
    st = deliver(m, d, &ar);
    arena_fini(&ar);
    return st;
}
