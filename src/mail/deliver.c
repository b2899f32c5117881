/* One letter to several accounts on several cores, in one commit. The core of the sender's coroutine coordinates, in two
 * rounds. First each owning core opens the accounts of its recipients and reserves room in them; nothing is prepared
 * until all have it, since an abandoned part takes with it whatever was prepared behind it, which is other people's. Then each prepares a part
 * for each account (a pending version, no lock), where nothing is left that could be refused; the coordinator's own accounts come last, so that they
 * wait for nobody. Then all parts are committed. */
#include "mail/edit.h"

#include "base/must.h"

#define RCPT_BYTES 256 /* about what a recipient adds to a commit, besides prefix and record */

enum step { STEP_RESERVE, STEP_PREPARE, STEP_GIVE_BACK };

struct job { /* the recipients of one core; in the coordinator's arena */
    struct mail *m;
    struct round *round;
    enum step step;
    struct letter letter;
    const struct delivery_rcpt **rcpts; /* by account */
    size_t n;
    struct account **accounts; /* of each */
    size_t n_reserved;         /* recipients */
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

/* Behind the last recipient of the account that the one at `from` has. */
static size_t account_end(const struct job *j, size_t from)
{
    size_t to = from + 1;

    while (to < j->n && j->accounts[to] == j->accounts[from])
        to++;
    return to;
}

static uint64_t bytes_for(const struct job *j, size_t from, size_t to)
{
    uint64_t bytes = 0;

    for (size_t i = from; i < to; i++)
        bytes += j->letter.size + j->rcpts[i]->prefix.n;
    return bytes;
}

static enum st check_uids(const struct account *a, size_t n)
{
    for (size_t i = 0; i < a->n_mailboxes; i++) {
        if (UINT32_MAX - a->mailboxes[i]->uidnext_pending <= n)
            return FAIL(ST_LIMIT, "a mailbox has no uids left");
    }
    return ST_OK;
}

/* What a quota leaves no room for stops the whole letter: the sender is told, and nobody gets it twice. */
static enum st reserve_account(struct job *j, size_t from, size_t to)
{
    struct account *a = j->accounts[from];
    const struct account_limits *limits = j->rcpts[from]->limits;
    uint64_t bytes = bytes_for(j, from, to);

    TRY(account_check(a));
    TRY(check_uids(a, j->n));
    if (limits)
        usage_learn(a, limits, false);
    j->refused = j->rcpts[from];
    TRY(usage_check(a, limits ? limits : &a->limits, bytes, to - from));
    usage_reserve(a, bytes, to - from);
    return ST_OK;
}

static void give_back(struct job *j)
{
    for (size_t from = 0, to; from < j->n_reserved; from = to) {
        to = account_end(j, from);
        usage_unreserve(j->accounts[from], bytes_for(j, from, to), to - from);
    }
    for (size_t i = 0; i < j->n; i++) {
        if (j->accounts[i])
            account_release(j->accounts[i]);
    }
}

/* All accounts are in memory: no wait from here on. They stay open until the next step when it went well. */
static void reserve(struct job *j)
{
    for (size_t from = 0, to; from < j->n && j->st == ST_OK; from = to) {
        to = account_end(j, from);
        j->st = reserve_account(j, from, to);
        if (j->st == ST_OK)
            j->n_reserved = to;
    }
    if (j->st != ST_OK) {
        memcpy(j->text, err_get()->text, sizeof j->text);
        give_back(j);
    }
}

static void prepare_account(struct job *j, size_t from, size_t to)
{
    struct change *c = change_begin(j->accounts[from]);

    for (size_t i = from; i < to; i++)
        append_letter(c, mailbox_for(c->a, j->rcpts[i]->mailbox), &j->letter, j->rcpts[i]->prefix);
    change_seal(c);
    j->parts[j->n_parts++] = &c->part;
}

/* Erasing and repairing have waited; somebody who writes to the store beside us has not. */
static void prepare(struct job *j)
{
    for (size_t i = 0; i < j->n && j->st == ST_OK; i++) {
        j->st = check_uids(j->accounts[i], j->n);
        if (j->accounts[i]->lost)
            j->st = FAIL(ST_TRYLATER, "account %016llx was changed by somebody else",
                         (unsigned long long)j->rcpts[i]->account);
    }
    for (size_t from = 0, to; from < j->n && j->st == ST_OK; from = to) {
        to = account_end(j, from);
        prepare_account(j, from, to);
    }
    if (j->st != ST_OK)
        memcpy(j->text, err_get()->text, sizeof j->text);
    give_back(j);
}

static void open_and_reserve(struct job *j) SUSPENDS
{
    for (size_t i = 0; i < j->n && j->st == ST_OK; i++) {
        if (!j->accounts[i])
            j->st = account_open(j->m, j->rcpts[i]->account, &j->accounts[i]);
    }
    reserve(j);
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

    open_and_reserve(j);
    answer(j);
}

/* False: a coroutine of its own has it. */
static bool reserve_here(struct job *j)
{
    if (!open_cached(j)) {
        if (co_spawn(run, j, "delivery") == ST_OK)
            return false;
        j->st = FAIL(ST_TRYLATER, "too much at once");
    }
    reserve(j);
    return true;
}

static void arrived(void *arg)
{
    struct job *j = arg;

    if (j->step == STEP_RESERVE && !reserve_here(j))
        return;
    if (j->step == STEP_PREPARE)
        prepare(j);
    if (j->step == STEP_GIVE_BACK)
        give_back(j);
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

static struct job *make_jobs(struct mail *m, const struct delivery *d, const struct letter *l, struct arena *ar)
{
    struct job *jobs = ARENA_ARRAY(ar, struct job, m->opt.n_cores);
    const struct delivery_rcpt **sorted = arena_array(ar, sizeof *sorted, d->n_rcpts);
    size_t at = 0;

    for (unsigned core = 0; core < m->opt.n_cores; core++) {
        struct job *j = &jobs[core];

        *j = (struct job){.m = m, .letter = *l, .rcpts = sorted + at, .st = ST_OK};
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

/* On all other cores that have recipients, and then here. Those that have failed before have nothing to give back. */
static void take_step(struct mail *m, struct job *jobs, enum step step) SUSPENDS
{
    unsigned here = (unsigned)(mail_core_here(m) - m->cores);
    struct round round = {.core = core_here()};

    for (unsigned i = 0; i < m->opt.n_cores; i++)
        round.left += i != here && jobs[i].n && jobs[i].st == ST_OK;
    if (round.left) {
        for (unsigned i = 0; i < m->opt.n_cores; i++) {
            if (i == here || !jobs[i].n || jobs[i].st != ST_OK)
                continue;
            jobs[i].step = step;
            jobs[i].round = &round;
            core_post(m->opt.cores[i], arrived, &jobs[i]);
        }
        co_event_wait_heedless(&round.answered); /* they use our memory */
    }
    if (!jobs[here].n || jobs[here].st != ST_OK)
        return;
    switch (step) {
    case STEP_RESERVE: open_and_reserve(&jobs[here]); break;
    case STEP_PREPARE: prepare(&jobs[here]); break;
    case STEP_GIVE_BACK: give_back(&jobs[here]); break;
    }
}

static enum st first_failure(const struct job *jobs, unsigned n, struct delivery *d)
{
    for (unsigned i = 0; i < n; i++) {
        if (jobs[i].st == ST_OK)
            continue;
        if (jobs[i].refused)
            d->refused = (size_t)(jobs[i].refused - d->rcpts);
        return FAIL(jobs[i].st, "%s", jobs[i].text);
    }
    return ST_OK;
}

static void prepare_all(struct mail *m, struct job *jobs, struct kv_commit *commit) SUSPENDS
{
    take_step(m, jobs, STEP_PREPARE);
    for (unsigned i = 0; i < m->opt.n_cores; i++) {
        for (size_t k = 0; k < jobs[i].n_parts; k++)
            commit->parts[commit->n_parts++] = jobs[i].parts[k];
    }
}

/* ST_CANCELED says that the commit may be tried again, with the stage; a coroutine that is told to stop is something else. */
static enum st give_up(struct mail *m, const struct kv_blob *blob, enum st st)
{
    blob_unstage(m->opt.store, blob->stage);
    if (st == ST_CANCELED)
        return FAIL(ST_TRYLATER, "the delivery was told to stop");
    return st;
}

/* The stage is the caller's still when it answers ST_CANCELED. */
static enum st try_once(struct mail *m, struct delivery *d, const struct letter *l, const struct kv_blob *blob,
                        struct arena *ar) SUSPENDS
{
    struct kv_commit commit = {.blobs = blob, .n_blobs = 1, .keeps_stages = true};
    struct job *jobs = make_jobs(m, d, l, ar);
    enum st st;

    commit.parts = arena_array(ar, sizeof(struct kv_part *), d->n_rcpts + 1);
    take_step(m, jobs, STEP_RESERVE);
    st = first_failure(jobs, m->opt.n_cores, d);
    if (st == ST_OK && d->extra) {
        st = d->extra(d->extra_arg, blob->id, &commit.parts[0]);
        commit.n_parts = st == ST_OK;
    }
    if (st != ST_OK) {
        take_step(m, jobs, STEP_GIVE_BACK);
        return give_up(m, blob, st);
    }
    prepare_all(m, jobs, &commit);
    st = first_failure(jobs, m->opt.n_cores, d);
    if (st == ST_OK)
        return kv_commit(m->opt.store, &commit);
    kv_abandon(m->opt.store, commit.parts, commit.n_parts, st);
    return give_up(m, blob, st);
}

/* Before anything is prepared, as everything that may be refused. */
static enum st check_delivery(const struct delivery *d, struct letter_size *out)
{
    uint64_t bytes = d->mail.bytes.n;

    if (!d->n_rcpts && !d->extra)
        return FAIL(ST_NOTFOUND, "a letter without recipients");
    if (d->n_rcpts > LIMIT_DELIVERY_RCPTS)
        return FAIL(ST_LIMIT, "no more than %u recipients of one letter", (unsigned)LIMIT_DELIVERY_RCPTS);
    for (size_t i = 0; i < d->n_rcpts; i++) {
        if (d->rcpts[i].prefix.n > LIMIT_MAIL_PREFIX)
            return FAIL(ST_LIMIT, "no more than %u bytes stand before a letter", (unsigned)LIMIT_MAIL_PREFIX);
        bytes += RCPT_BYTES + d->rcpts[i].prefix.n + d->mail.record.n;
    }
    if (bytes > KV_COMMIT_MAX)
        return FAIL(ST_LIMIT, "a letter of so many parts to so many recipients");
    return append_check(&d->mail, out);
}

static enum st deliver(struct mail *m, struct delivery *d, const struct letter_size *size) SUSPENDS
{
    struct letter l = {.mail = &d->mail, .blob = d->blob_id, .size = size->bytes, .now_us = clock_wall_us()};
    struct kv_blob blob = {.id = d->blob_id,
                           .bytes = d->mail.bytes,
                           .stage = d->mail.stage,
                           .refs = (uint32_t)d->n_rcpts + (d->extra != NULL),
                           .head = size->head};
    struct arena ar = ARENA_INIT;
    unsigned tries = 0;
    enum st st;

    do {
        arena_reset(&ar);
        st = try_once(m, d, &l, &blob, &ar);
    } while (change_again(st, &tries));
    arena_fini(&ar);
    if (st == ST_CANCELED)
        blob_unstage(m->opt.store, blob.stage);
    return st;
}

enum st mail_deliver(struct mail *m, struct delivery *d)
{
    struct letter_size size;
    enum st st = check_delivery(d, &size);

    if (st != ST_OK) {
        blob_unstage(m->opt.store, d->mail.stage);
        return st;
    }
    if (!d->blob_id)
        d->blob_id = blob_new_id(m->opt.store);
    return deliver(m, d, &size);
}
