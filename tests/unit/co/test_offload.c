#include "help.h"

#include "co/offload.c"

#include <unistd.h>

struct task {
    struct offload *pool;
    pthread_t by;
    enum st st;
    unsigned done;
    struct co *co;
};

static void blocking(void *arg)
{
    struct task *t = arg;

    usleep(1000);
    t->by = pthread_self();
}

static void ask(void *arg)
{
    struct task *t = arg;

    t->co = co_here();
    t->st = co_offload(t->pool, blocking, t);
    t->done++;
}

static void many(void *arg)
{
    static struct task t[50];
    unsigned done = 0;

    for (unsigned i = 0; i < ARRAY_LEN(t); i++) {
        t[i] = (struct task){.pool = arg};
        CHECK_ST(co_spawn(ask, &t[i], "asker"), ST_OK);
    }
    while (done < ARRAY_LEN(t)) {
        CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
        done = 0;
        for (unsigned i = 0; i < ARRAY_LEN(t); i++)
            done += t[i].done;
    }
    for (unsigned i = 0; i < ARRAY_LEN(t); i++)
        CHECK(t[i].st == ST_OK && !pthread_equal(t[i].by, pthread_self()));
    CHECK_U64(offload_waiting(arg), 0);
}

TEST(jobs_run_on_the_pool)
{
    struct offload *o = offload_new("test", 3, 100);

    on_core_real(many, o);
    offload_free(o);
}

static void full(void *arg)
{
    struct task a = {.pool = arg}, b = {.pool = arg};

    pthread_mutex_lock(&((struct offload *)arg)->mutex); /* no job is taken meanwhile */
    ((struct offload *)arg)->waiting = 1;
    pthread_mutex_unlock(&((struct offload *)arg)->mutex);
    CHECK_ST(co_offload(arg, blocking, &a), ST_TRYLATER);
    pthread_mutex_lock(&((struct offload *)arg)->mutex);
    ((struct offload *)arg)->waiting = 0;
    pthread_mutex_unlock(&((struct offload *)arg)->mutex);

    fault_arm(FAULT_offload, 1, 1);
    CHECK_ST(co_offload(arg, blocking, &a), ST_TRYLATER);
    CHECK_ST(co_offload(arg, blocking, &a), ST_OK);

    CHECK_ST(co_spawn(ask, &b, "asker"), ST_OK);
    co_yield ();
    co_cancel(b.co);
    co_cancel(b.co);
    CHECK(!b.done);
    while (!b.done)
        CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    CHECK(b.st == ST_OK && b.by); /* the job was waited for, and it did its work */
    co_cancel(co_here());
    CHECK_ST(co_offload(arg, blocking, &a), ST_CANCELED);
}

TEST(full_faulty_and_cancelled)
{
    struct offload *o = offload_new("test", 1, 1);

    on_core_real(full, o);
    offload_free(o);
}

static void never_fires(UNUSED void *arg)
{
    CHECK(false);
}

static void under_sim(void *arg)
{
    struct task t = {.pool = arg};
    mono_ms before = clock_mono_ms();
    struct co_timer far = {0};

    co_timer_set(&far, deadline_in(1000), never_fires, NULL);
    CHECK_ST(co_offload(arg, blocking, &t), ST_OK);
    CHECK_U64(clock_mono_ms() - before, 0); /* the clock waits for jobs */
    co_timer_clear(&far);
}

TEST(sim_clock_waits_for_jobs)
{
    struct offload *o = offload_new("test", 1, 10);

    on_core(under_sim, o);
    offload_free(o);
}
