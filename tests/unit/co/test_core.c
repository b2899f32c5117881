/* Posts between threads: order, and none lost. Runs on the real clock, since two cores run. */
#include "help.h"

#include "co/core.c"

#include <pthread.h>

#define POSTS 20000

struct peer {
    struct core *core, *other;
    unsigned got, next, sent;
    bool in_order, done;
};

static void received(void *arg);

struct note {
    struct peer *to;
    unsigned number;
};

static void send_one(struct peer *from)
{
    struct note *n = MEM_NEW(struct note);

    n->to = from; /* the receiver's own struct is found through `other` */
    n->number = from->sent++;
    core_post(from->other, received, n);
}

static struct peer peers[2];

static void received(void *arg)
{
    struct note *n = arg;
    struct peer *me = n->to == &peers[0] ? &peers[1] : &peers[0];

    if (n->number != me->got++)
        me->in_order = false;
    mem_free(n);
}

static void chat(void *arg)
{
    struct peer *me = arg;

    while (me->sent < POSTS) {
        send_one(me);
        if (me->sent % 64 == 0)
            co_yield ();
    }
    while (me->got < POSTS)
        CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    core_stop(core_here());
}

static void begin(void *arg)
{
    CHECK_ST(co_spawn(chat, arg, "chat"), ST_OK);
}

static void *run_peer(void *arg)
{
    core_run(((struct peer *)arg)->core);
    return NULL;
}

TEST(posts_between_cores_keep_their_order)
{
    pthread_t thread[2];

    for (unsigned i = 0; i < 2; i++) {
        struct core_options opt = {.index = i, .name = "core", .coroutines = 4};

        peers[i] = (struct peer){.core = core_new(&opt), .in_order = true};
        CHECK_U64(core_index(peers[i].core), i);
    }
    for (unsigned i = 0; i < 2; i++) {
        peers[i].other = peers[!i].core;
        core_post(peers[i].core, begin, &peers[i]); /* also before it runs */
    }
    for (unsigned i = 0; i < 2; i++)
        CHECK(pthread_create(&thread[i], NULL, run_peer, &peers[i]) == 0);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
    for (unsigned i = 0; i < 2; i++) {
        CHECK(peers[i].in_order);
        CHECK_U64(peers[i].got, POSTS);
        core_free(peers[i].core);
    }
}

static void count(void *arg)
{
    ++*(unsigned *)arg;
}

static void spin(UNUSED void *arg)
{
    unsigned n = 0;
    struct co_timer t = {0};

    core_post(core_here(), count, &n);
    co_timer_set(&t, core_now(core_here()), count, &n);
    co_yield ();
    for (int i = 0; i < 2 * SLICES_A_TURN && n < 2; i++) /* always ready, yet the loop goes round */
        co_yield ();
    CHECK_U64(n, 2);
}

TEST(a_busy_coroutine_does_not_starve_the_loop)
{
    on_core(spin, NULL);
}

static void toil(UNUSED void *arg)
{
    unsigned n = 0, slices = 0;

    core_post(core_here(), count, &n);
    for (; slices < SLICES_A_TURN && n == 0; slices++) {
        sim_clock_advance(2);
        co_yield ();
    }
    CHECK(slices <= 4);
}

TEST(slices_that_take_their_time_do_not_starve_the_loop)
{
    on_core(toil, NULL);
}

static void slow_slice(UNUSED void *arg)
{
    sim_clock_advance(50);
    co_yield ();
}

static void slow(UNUSED void *arg)
{
    struct core *c = core_here();
    struct core_stats s;

    c->opt.watchdog_ms = 10;
    c->slice_began_us = clock_mono_us();
    log_set_level(LOG_ERROR); /* it is the figure that is looked at */
    CHECK_ST(co_spawn(slow_slice, NULL, "slow"), ST_OK);
    co_yield ();
    co_yield ();
    log_set_level(LOG_INFO);
    core_get_stats(c, &s);
    CHECK_U64(s.slow_slices, 1);
}

TEST(watchdog_counts_long_slices)
{
    on_core(slow, NULL);
}
