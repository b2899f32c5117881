#include "loading.h"

#include "base/must.h"
#include "mail/keep.h"
#include "mime/scan.h"
#include "sim.h"
#include "store/compact.h"
#include "store/dictionary.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { GIVE_UP_AFTER = 20, QUOTA_IN_FLIGHT = BOX_MOST };

uint64_t load_pick(struct worker *k, uint64_t below)
{
    uint64_t *x = &k->x;

    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return (*x * 0x2545f4914f6cdd1d >> 11) % below;
}

void load_die(const char *why)
{
    fprintf(stderr, "# %s\n", why);
    _exit(3);
}

void load_lock(struct loading *g)
{
    pthread_mutex_lock(&g->lock);
}

void load_unlock(struct loading *g)
{
    pthread_mutex_unlock(&g->lock);
}

/* --- noting ------------------------------------------------------------------------------------------------ */

static void note(uint32_t what, enum st st, const struct op *op)
{
    struct note n = {.what = what, .st = (int32_t)st, .op = *op};

    disk_mark(&n, sizeof n);
}

static bool is_broken(struct loading *g)
{
    struct store_stats stats;

    store_get_stats(g->r->store, &stats);
    return stats.broken;
}

void load_begin(struct loading *g, struct op *op)
{
    bool broken = is_broken(g);

    load_lock(g);
    op->id = ++g->next_op;
    op->broken = broken;
    note(MARK_BEGIN, ST_OK, op);
    load_unlock(g);
}

static bool concerns(const struct op *op, unsigned account)
{
    return op->kind == OP_DELIVER ? op->mask >> account & 1 : op->kind < OP_HOLD && op->account == account;
}

static bool brings_more(const struct op *op)
{
    return op->kind == OP_DELIVER || op->kind == OP_APPEND || op->kind == OP_COPY;
}

/* Reasons for which it may be refused though nothing is wrong. That a letter in front of it was refused is none. */
static bool is_refusal(struct loading *g, const struct op *op, enum st st)
{
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        if (!concerns(op, i))
            continue;
        if ((st == ST_NOTFOUND || st == ST_TRYLATER) && op->kind == OP_DELIVER && /* or has just been erased */
            (g->going[i] || g->w.a[i].generation != op->generation[i]))
            return true;
        if (st == ST_OVERQUOTA && g->l->quota && brings_more(op) &&
            world_messages(&g->w.a[i]) + QUOTA_IN_FLIGHT > QUOTA)
            return true;
    }
    return false;
}

/* What has gone may have been made room of before it is answered. */
static void check_quota(struct loading *g, const struct op *op)
{
    for (unsigned i = 0; i < ACCOUNTS; i++)
        if (g->l->quota && brings_more(op) && concerns(op, i) && !g->w.a[i].removed && g->told[i] &&
            world_messages(&g->w.a[i]) > QUOTA + 2 * BOX_MOST)
            load_die("more than the quota was let in");
}

NORETURN static void load_die_of(const struct op *op, enum st st)
{
    char why[200];

    snprintf(why, sizeof why, "operation %u of account %u: %s, %.150s", op->kind, op->account, st_name(st),
             err_get()->text);
    load_die(why);
}

/* Flags that are so already need no commit, and time may run out before a step of erasing. */
static bool may_be_nothing(const struct loading *g, const struct op *op)
{
    return op->kind == OP_FLAGS || (op->kind == OP_ERASE && g->w.a[op->account].removed);
}

void load_end(struct loading *g, struct op *op, enum st st)
{
    bool broken = is_broken(g);
    char why[200];

    load_lock(g);
    g->left -= g->left > 0;
    if (st == ST_OK && op->broken && !may_be_nothing(g, op))
        load_die("a commit after a failed sync");
    if (st == ST_OK) {
        note(MARK_DONE, st, op);
        if (!world_apply(&g->w, op, why))
            load_die(why);
        check_quota(g, op);
    } else {
        op->maybe = !op->broken && broken;
        note(MARK_FAILED, st, op);
        if (!g->l->may_fail && !is_refusal(g, op, st))
            load_die_of(op, st);
        if (g->l->may_fail && ++g->failures >= GIVE_UP_AFTER)
            g->left = 0;
    }
    load_unlock(g);
}

/* --- letters -------------------------------------------------------------------------------------------------- */

uint64_t load_next_letter(struct loading *g)
{
    if (g->next_letter == g->l->first_letter + SIM_LETTERS_PER_LIFE / 2)
        load_die("more letters than a life has numbers for");
    return g->next_letter++;
}

struct new_mail load_letter(struct arena *a, uint64_t number)
{
    struct new_mail m = {.bytes = letter_bytes(a, number), .internal_date_us = 1795416020000000u};
    struct buf record;

    buf_init(&record, LIMIT_MIME_RECORD);
    mime_record_build(m.bytes, &record);
    m.record = arena_str(a, buf_str(&record));
    buf_fini(&record);
    return m;
}

/* --- workers -------------------------------------------------------------------------------------------------- */

static void work_on(void *worker);

/* Where the worker belongs: an account may have made way for one of another core. */
static struct core *core_of(struct worker *k)
{
    struct core *c;

    load_lock(k->g);
    c = k->number < ACCOUNTS ? rooms_core(k->g->r, ACCOUNT_ID(k->number, k->g->w.a[k->number].generation))
                             : k->g->r->cores[k->number % CORES];
    load_unlock(k->g);
    return c;
}

static bool goes_on(struct worker *k)
{
    bool on;

    load_lock(k->g);
    on = k->g->left > 0;
    load_unlock(k->g);
    return on;
}

static void set_idle(void *arg)
{
    co_event_set(&((struct loading *)arg)->idle);
}

static void leave(struct worker *k)
{
    struct loading *g = k->g;
    bool last;

    load_lock(g);
    last = --g->running == 0;
    load_unlock(g);
    mem_free(k);
    if (last)
        core_post(g->r->cores[0], set_idle, g);
}

static void work(void *arg) SUSPENDS
{
    struct worker *k = arg;
    struct arena a = ARENA_INIT;
    bool on;

    while ((on = goes_on(k)) && core_of(k) == core_here()) {
        if (load_pick(k, 6) == 0) /* of what is there: mailboxes are opened through images afterwards */
            mail_tend(k->g->r->mail, true, deadline_in(60000));
        if (k->number < ACCOUNTS)
            load_mail_once(k, &a);
        else if (k->number == ACCOUNTS)
            load_queue_once(k);
        else
            load_deliver_once(k, &a);
        arena_reset(&a);
        co_yield ();
    }
    arena_fini(&a);
    if (on)
        core_post(core_of(k), work_on, k);
    else
        leave(k);
}

static void work_on(void *worker)
{
    must(co_spawn(work, worker, "worker") == ST_OK);
}

static void start_workers(struct loading *g)
{
    for (unsigned i = 0, n = g->running; i < n; i++) {
        struct worker *k = MEM_NEW(struct worker);

        *k = (struct worker){g, i, (g->l->seed * 64 + i) * 2 + 1, false};
        load_pick(k, 2);
        load_pick(k, 2);
        core_post(core_of(k), work_on, k);
    }
}

/* --- in the background ------------------------------------------------------------------------------------------ */

/* Snapshots, compaction and dictionaries, as fast as they go. */
static void *keep_up(void *arg) SUSPENDS
{
    struct loading *g = arg;

    disk_is_upkeep();
    for (unsigned i = 0; !atomic_load(&g->ends); i++) {
        struct store *s = g->r->store;
        size_t segments;
        enum st st;

        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        if (atomic_load(&g->ends))
            break;
        st = i % 4 == 0 ? store_snapshot(s) : i % 4 == 1 ? dictionary_step(s) : compact_step(s, &segments);
        if (st != ST_OK && !g->l->may_fail)
            load_die(err_get()->text);
    }
    return NULL;
}

struct telling {
    struct loading *g;
    unsigned account;
    struct mail_rules rules;
    struct account_limits limits;
};

static void set_rules(void *arg)
{
    struct telling *t = arg;

    mail_set_rules(t->g->r->mail, &t->rules);
}

static void tell(void *arg) SUSPENDS
{
    struct telling *t = arg;
    struct mail *m = t->g->r->mail;

    if (t->g->r->accounts[t->account] &&
        mail_tell(m, ACCOUNT_ID(t->account, t->g->w.a[t->account].generation), &t->limits) != ST_OK)
        must(t->g->l->may_fail);
    else
        t->g->told[t->account] = true;
}

/* What the directory and the settings would say. */
static void tell_all(struct loading *g) SUSPENDS
{
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        struct telling t = {.g = g, .account = i, .rules = {.keep_s = g->l->keeps ? 86400 : 0, .image_least = 1}};

        t.limits = (struct account_limits){
            .messages = g->l->quota ? QUOTA : 0, .domain = 1, .keep_s = (uint32_t)t.rules.keep_s};
        rooms_on(rooms_core(g->r, ACCOUNT_ID(i, g->w.a[i].generation)), tell, &t);
        rooms_on(g->r->cores[i % CORES], set_rules, &t);
    }
}

/* --- together ------------------------------------------------------------------------------------------------------- */

static void tell_ready(const struct world *w)
{
    struct {
        struct note note;
        struct world w;
    } *n = mem_new(sizeof *n);

    n->note.what = MARK_READY;
    n->w = *w;
    disk_mark(n, sizeof *n);
    mem_free(n);
}

static void run(struct rooms *r, void *arg) SUSPENDS
{
    struct loading *g = arg;
    char why[200];

    g->r = r;
    if (!world_read(r, &g->w, why)) {
        if (!g->l->may_fail)
            load_die(why);
        return;
    }
    tell_all(g);
    tell_ready(&g->w);
    g->left = g->l->ops;
    g->running = ACCOUNTS + 1 + DELIVERERS;
    if (g->l->upkeep) {
        store_set_upkeep(r->store, &(struct store_upkeep){.dictionary = true, .dead_percent = 10});
        must(pthread_create(&g->upkeep, NULL, keep_up, g) == 0);
    }
    start_workers(g);
    must(co_event_wait(&g->idle, NEVER) == ST_OK);
    if (!g->l->closes && !g->l->may_fail)
        _exit(0);
    atomic_store(&g->ends, true);
    if (g->l->upkeep)
        pthread_join(g->upkeep, NULL);
}

bool load_run(const struct load *l, const char *dir, char why[200])
{
    struct loading *g = MEM_NEW(struct loading);
    struct store_options o;
    bool ok;

    g->l = l;
    g->next_letter = l->first_letter;
    pthread_mutex_init(&g->lock, NULL);
    crash_options(&o, dir);
    o.disk = offload_new("disk", 2, 64); /* bodies are staged while others are synced */
    ok = rooms_run(&o, run, g, true, why);
    offload_free(o.disk);
    mem_free(g);
    return ok;
}
