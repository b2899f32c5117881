/* The committer: one thread that takes everything that has been handed in, in the order that the scheduler finds,
 * commits it as one batch, and answers. While it syncs, the next batch gathers by itself. */
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/must.h"
#include "store/inside.h"

#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SPIN_US 60    /* that it waits awake for what has been announced */
#define HELD_MS 60000 /* a commit whose predecessor never comes */

static struct commit *commit_of(struct kv_job *job)
{
    return CONTAINER_OF(job, struct commit, job);
}

/* --- what may go ------------------------------------------------------------------------------------ */

enum st store_version_applied(struct store *s, uint64_t account, uint64_t *out_version)
{
    struct arena a = ARENA_INIT;
    struct row_key key = row_key(ROW_VERSION, account);
    struct str value;
    enum st st = index_get(&s->index, TIER_DISK, &a, str_n(key.p, sizeof key.p), &value);

    st = version_row_found(st, value, out_version);
    arena_fini(&a);
    return st;
}

static enum st load_version(void *ctx, uint64_t account, uint64_t *out_version)
{
    return store_version_applied(ctx, account, out_version);
}

/* A reference to a body that nobody holds any more can't be had. What the same batch brings is no case: nobody can
 * know of it yet. */
static enum st check_refs(struct store *s, const struct commit *c)
{
    struct arena a = ARENA_INIT;
    enum st st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < c->n_derefs; i++) {
        struct row_key key = row_key(ROW_BLOB, c->derefs[i].id);
        struct str value;

        if (c->derefs[i].delta > 0)
            st = index_get(&s->index, TIER_DISK, &a, str_n(key.p, sizeof key.p), &value);
        if (st == ST_NOTFOUND)
            st = FAIL(ST_NOTFOUND, "blob %llu is gone", (unsigned long long)c->derefs[i].id);
    }
    arena_fini(&a);
    return st;
}

static enum st admit(void *ctx, struct kv_job *job)
{
    struct store *s = ctx;
    struct commit *c = commit_of(job);

    if (s->is_broken)
        return FAIL(ST_IO, "the store is broken since a sync failed: restart it");
    if (s->short_of_space > !c->needs_space && !c->n_moves) /* compaction makes space */
        return FAIL(ST_NOSPACE, "less than the reserve is free on the disk of the store");
    return check_refs(s, c);
}

/* Changes without bodies may go on into the reserve: a full disk is emptied by them. */
static void look_at_space(struct store *s)
{
    uint64_t room, reserve = s->opt.reserve_bytes;
    int was = s->short_of_space;

    if (s->os->free_space(s->os, s->dir, &room) != ST_OK)
        return;
    s->short_of_space = room < reserve / 4 ? 2 : room < reserve ? 1 : 0;
    if (!s->short_of_space && index_is_stopped(&s->index))
        s->short_of_space = was;
    if (s->short_of_space && !was)
        LOG(STORE_SPACE_SHORT, lf_u64("free_bytes", room), lf_u64("reserve_bytes", reserve));
    else if (was && !s->short_of_space)
        LOG(STORE_SPACE_BACK, lf_u64("free_bytes", room));
}

/* --- answering -------------------------------------------------------------------------------------- */

/* On the core: parts first, so that what is durable shows before the waiting coroutine goes on. */
static void deliver(void *arg)
{
    struct store_core *sc = arg;
    struct kv_part *parts;
    struct commit *commits;

    pthread_mutex_lock(&sc->mutex);
    parts = TAKE(sc->parts);
    commits = TAKE(sc->commits);
    sc->parts_last = &sc->parts;
    sc->commits_last = &sc->commits;
    sc->is_posted = false;
    pthread_mutex_unlock(&sc->mutex);
    while (parts) {
        struct kv_part *part = parts;

        parts = part->own.next;
        part->done(part, part->own.st);
    }
    while (commits) {
        struct commit *c = commits;

        commits = c->next_done;
        c->is_done = true;
        co_event_set(&c->done);
    }
}

static void answer_part(struct store *s, struct kv_part *part, enum st st)
{
    struct store_core *sc;

    if (!part->core || !part->done)
        return;
    sc = store_core_of(s, part->core);
    part->own.st = st;
    part->own.next = NULL;
    pthread_mutex_lock(&sc->mutex);
    *sc->parts_last = part;
    sc->parts_last = &part->own.next;
    pthread_mutex_unlock(&sc->mutex);
}

static void answer_commit(struct store *s, struct commit *c)
{
    struct store_core *sc;

    if (c->is_abandoned) {
        mem_free(c->job.parts);
        mem_free(c);
        return;
    }
    if (!c->core) { /* `answered` is told at the end of the round */
        pthread_mutex_lock(&s->mutex);
        c->is_done = true;
        pthread_mutex_unlock(&s->mutex);
        return;
    }
    sc = store_core_of(s, c->core);
    c->next_done = NULL;
    pthread_mutex_lock(&sc->mutex);
    *sc->commits_last = c;
    sc->commits_last = &c->next_done;
    pthread_mutex_unlock(&sc->mutex);
}

/* One call over to each core that has something. */
static void post_all(struct store *s)
{
    for (size_t i = 0; i < CORES_MAX; i++) {
        struct store_core *sc = atomic_load(&s->cores[i]);
        bool post;

        if (!sc)
            continue;
        pthread_mutex_lock(&sc->mutex);
        post = (sc->parts || sc->commits) && !sc->is_posted;
        sc->is_posted |= post;
        pthread_mutex_unlock(&sc->mutex);
        if (post)
            core_post(sc->core, deliver, sc);
    }
}

static int by_version(const void *a, const void *b)
{
    const struct kv_part *x = *(struct kv_part *const *)a, *y = *(struct kv_part *const *)b;

    if (x->account != y->account)
        return x->account < y->account ? -1 : 1;
    return x->expected_version < y->expected_version ? -1 : x->expected_version > y->expected_version;
}

/* The parts of all of them, in order of versions per account, then the commits. */
static void answer(struct store *s, struct job_list *jobs, bool sort)
{
    struct kv_part **parts;
    size_t n = 0, at = 0;

    for (struct kv_job *job = jobs->first; job; job = job->next)
        n += job->n_parts;
    parts = mem_new(n * sizeof *parts);
    for (struct kv_job *job = jobs->first; job; job = job->next)
        for (size_t i = 0; i < job->n_parts; i++) {
            parts[at] = job->parts[i];
            parts[at++]->own.st = job->st;
        }
    if (sort)
        qsort(parts, n, sizeof *parts, by_version);
    for (size_t i = 0; i < n; i++)
        answer_part(s, parts[i], parts[i]->own.st);
    mem_free(parts);
    for (struct kv_job *job = job_list_take(jobs); job; job = job_list_take(jobs))
        answer_commit(s, commit_of(job));
}

/* --- the thread -------------------------------------------------------------------------------------- */

static bool has_work(const struct store *s)
{
    return s->handed_in.n || s->sched.ready.n;
}

static struct timespec wall_in(uint64_t ms)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += (time_t)(ms / 1000);
    t.tv_nsec += (long)(ms % 1000) * 1000000L;
    t.tv_sec += t.tv_nsec / 1000000000L;
    t.tv_nsec %= 1000000000L;
    return t;
}

/* With the mutex held, but not while it waits. */
static void wait_awake(struct store *s)
{
    uint64_t until = clock_mono_us() + SPIN_US;

    pthread_mutex_unlock(&s->mutex);
    while (!atomic_load(&s->is_given) && clock_mono_us() < until)
        sched_yield();
    pthread_mutex_lock(&s->mutex);
}

/* Until something is handed in or knocks, or for so long (0: for ever). With the mutex held. */
static void rest(struct store *s, uint64_t ms)
{
    struct timespec until = wall_in(ms);

    atomic_store(&s->rests, true);
    if (ms)
        pthread_cond_timedwait(&s->more, &s->mutex, &until);
    else
        pthread_cond_wait(&s->more, &s->mutex);
    atomic_store(&s->rests, false);
}

/* False: the store is closed and nothing is left. */
static bool take_work(struct store *s, struct job_list *out)
{
    bool goes_on;

    pthread_mutex_lock(&s->mutex);
    while (!has_work(s) && !s->ending) {
        bool is_waited_for = !list_is_empty(&s->sched.waiting);

        rest(s, is_waited_for ? 1000 : s->is_calm ? 0 : s->opt.calm_ms + 1);
        if (atomic_exchange(&s->is_knocked, false))
            wait_awake(s);
        else if (is_waited_for || !s->is_calm)
            break; /* something may have waited too long, or nothing has been written for long */
    }
    job_list_move(out, &s->handed_in);
    atomic_store(&s->is_given, false);
    goes_on = out->n || !s->ending || !list_is_empty(&s->sched.waiting);
    pthread_mutex_unlock(&s->mutex);
    return goes_on;
}

static void run_round(struct store *s, struct job_list *in)
{
    struct job_list batch;
    mono_ms now = clock_mono_ms();
    enum st st;

    for (struct kv_job *job = job_list_take(in); job; job = job_list_take(in))
        sched_add(&s->sched, job, now);
    if (now > HELD_MS)
        sched_expire(&s->sched, s->ending ? NEVER : now - HELD_MS);
    look_at_space(s);
    job_list_init(&batch);
    sched_batch(&s->sched, BATCH_COMMITS, BATCH_BYTES, &batch);
    if (batch.n) {
        uint64_t began = clock_mono_us();

        st = journal_commit(s, &batch);
        metric_add(METRIC_STORE_BATCH_SECONDS, clock_mono_us() - began);
        s->wrote_ms = now;
        s->is_calm = false;
        sched_settle(&s->sched, &batch, st);
        answer(s, &batch, s->sched.took_ring);
    }
    answer(s, &s->sched.failed, true);
    post_all(s);
    pthread_mutex_lock(&s->mutex);
    pthread_cond_broadcast(&s->answered);
    pthread_mutex_unlock(&s->mutex);
}

/* Between bursts of writing nothing is kept ready for more. */
static void look_whether_calm(struct store *s)
{
    if (s->is_calm || s->is_broken || !s->journal || clock_mono_ms() < s->wrote_ms + s->opt.calm_ms)
        return;
    segs_calm(&s->segs, s->journal, s->journal_at);
    s->is_calm = true;
}

static void *run(void *arg)
{
    struct store *s = arg;
    struct job_list in;

    pthread_setname_np(pthread_self(), "store-commit");
    while (take_work(s, &in)) {
        run_round(s, &in);
        look_whether_calm(s);
    }
    return NULL;
}

void committer_give(struct store *s, struct commit *c)
{
    bool is_first;

    pthread_mutex_lock(&s->mutex);
    job_list_add(&s->handed_in, &c->job);
    is_first = s->handed_in.n == 1;
    atomic_store(&s->is_given, true);
    pthread_mutex_unlock(&s->mutex);
    if (is_first) /* without the mutex, which it would wake up to wait for */
        pthread_cond_signal(&s->more);
}

void committer_knock(struct store *s)
{
    if (!s->may_spin || !atomic_load(&s->rests))
        return;
    atomic_store(&s->is_knocked, true);
    pthread_cond_signal(&s->more);
}

enum st committer_start(struct store *s)
{
    s->may_spin = sysconf(_SC_NPROCESSORS_ONLN) > 1;
    s->sched = (struct sched){.load = load_version, .admit = admit, .ctx = s};
    sched_init(&s->sched);
    s->wrote_ms = clock_mono_ms();
    s->thread_runs = pthread_create(&s->thread, NULL, run, s) == 0;
    return s->thread_runs ? ST_OK : FAIL(ST_TRYLATER, "no thread for the committer");
}

void committer_stop(struct store *s)
{
    if (!s->thread_runs)
        return;
    pthread_mutex_lock(&s->mutex);
    s->ending = true;
    pthread_cond_signal(&s->more);
    pthread_mutex_unlock(&s->mutex);
    pthread_join(s->thread, NULL);
    s->thread_runs = false;
    sched_fini(&s->sched);
}
