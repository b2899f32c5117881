#include "rooms.h"

#include "base/must.h"
#include "mail/keep.h"

#include <pthread.h>
#include <stdio.h>

void crash_options(struct store_options *o, const char *dir)
{
    *o = (struct store_options){.dir = dir,
                                .segment_bytes = 256u << 10,
                                .write_buffer_bytes = 64u << 10,
                                .cache_bytes = 1u << 20,
                                .dictionary_bodies = 40,
                                .calm_ms = 1, /* what is ahead is cut whenever nobody commits for a moment */
                                .reserve_bytes = 1};
}

/* --- between cores ------------------------------------------------------------------------------------------ */

struct errand {
    struct core *from;
    struct co_event done;
    void (*fn)(void *arg);
    void *arg;
};

static void errand_done(void *arg)
{
    co_event_set(&((struct errand *)arg)->done);
}

static void run_errand(void *arg) SUSPENDS
{
    struct errand *e = arg;

    e->fn(e->arg);
    core_post(e->from, errand_done, e);
}

static void spawn_errand(void *arg)
{
    must(co_spawn(run_errand, arg, "errand") == ST_OK);
}

void rooms_on(struct core *core, void (*fn)(void *arg), void *arg)
{
    struct errand e = {.from = core_here(), .fn = fn, .arg = arg};

    if (core == e.from) {
        fn(arg);
        return;
    }
    core_post(core, spawn_errand, &e);
    co_event_wait_heedless(&e.done);
}

struct core *rooms_core(const struct rooms *r, uint64_t account)
{
    return r->cores[mail_core_of(r->mail, account)];
}

static void close_account(void *arg)
{
    account_close(arg);
}

void rooms_close_account(struct rooms *r, unsigned place)
{
    struct account *a = r->accounts[place];

    r->accounts[place] = NULL;
    if (a)
        rooms_on(rooms_core(r, account_id(a)), close_account, a);
}

/* --- running -------------------------------------------------------------------------------------------------- */

struct running {
    struct rooms rooms;
    void (*fn)(struct rooms *r, void *arg);
    void *arg;
    char *why;
    bool ok;
};

static void stop(void *core)
{
    core_stop(core);
}

static void use_images(void *mail)
{
    mail_set_rules(mail, &(struct mail_rules){.image_least = 1});
}

struct flight {
    struct mail *mail;
    struct mail_stats stats;
};

static void look_at_flight(void *arg)
{
    struct flight *f = arg;

    mail_get_stats(f->mail, &f->stats);
}

/* A commit is answered on the core that made it, perhaps before its parts are on others. */
static void wait_for_parts(struct rooms *r) SUSPENDS
{
    struct flight f = {.mail = r->mail};

    for (unsigned i = 0; i < CORES; i++) {
        rooms_on(r->cores[i], look_at_flight, &f);
        while (f.stats.in_flight) {
            must(co_sleep(deadline_in(1)) == ST_OK);
            rooms_on(r->cores[i], look_at_flight, &f);
        }
    }
}

static void start(void *arg) SUSPENDS
{
    struct running *u = arg;

    for (unsigned i = 0; i < CORES; i++)
        rooms_on(u->rooms.cores[i], use_images, u->rooms.mail);
    u->ok = queue_start(u->rooms.queue) == ST_OK;
    if (u->ok)
        u->fn(&u->rooms, u->arg);
    else
        snprintf(u->why, 200, "the queue does not start: %.150s", err_get()->text);
    for (unsigned i = 0; i < ACCOUNTS; i++)
        rooms_close_account(&u->rooms, i);
    wait_for_parts(&u->rooms);
    for (unsigned i = CORES; i-- > 0;)
        core_post(u->rooms.cores[i], stop, u->rooms.cores[i]);
}

static void spawn(void *arg)
{
    must(co_spawn(start, arg, "crash") == ST_OK);
}

static void *run_core(void *core)
{
    core_run(core);
    return NULL;
}

bool rooms_run(const struct store_options *o, void (*fn)(struct rooms *r, void *arg), void *arg, bool closes,
               char why[200])
{
    struct running u = {.fn = fn, .arg = arg, .why = why};
    struct rooms *r = &u.rooms;
    pthread_t threads[CORES];

    if (store_open(o, &r->store) != ST_OK) {
        snprintf(why, 200, "the store does not open: %.150s", err_get()->text);
        return false;
    }
    for (unsigned i = 0; i < CORES; i++)
        r->cores[i] = core_new(&(struct core_options){.index = i, .name = "crash", .coroutines = 32});
    r->mail = mail_new(&(struct mail_options){.store = r->store, .cores = r->cores, .n_cores = CORES});
    r->queue = queue_new(&(struct queue_options){.store = r->store, .core = r->cores[0]});
    core_post(r->cores[0], spawn, &u);
    for (unsigned i = 1; i < CORES; i++)
        must(pthread_create(&threads[i], NULL, run_core, r->cores[i]) == 0);
    core_run(r->cores[0]);
    for (unsigned i = 1; i < CORES; i++)
        pthread_join(threads[i], NULL);
    if (!closes)
        return u.ok;
    mail_free(r->mail);
    queue_free(r->queue);
    store_close(r->store);
    for (unsigned i = 0; i < CORES; i++)
        core_free(r->cores[i]);
    return u.ok;
}
