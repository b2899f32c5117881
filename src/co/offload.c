#include "co/offload.h"
#include "base/must.h"
#include "co/fault.h"
#include "co/inside.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#define THREAD_STACK (1024 * 1024) /* address space: the deepest library (RocksDB) uses 30 KB */

struct job { /* on the waiting coroutine's stack */
    struct job *next;
    void (*fn)(void *arg);
    void *arg;
    struct co *co;
    struct core *core;
};

struct offload {
    pthread_mutex_t mutex;
    pthread_cond_t more;
    struct job *first, **last;
    unsigned waiting, waiting_max, threads_n;
    bool ending;
    char name[16];
    pthread_t threads[];
};

static void finished(void *arg)
{
    struct job *j = arg;

    j->core->away--;
    must(co_wake(j->co, ST_OK));
}

static struct job *next_job(struct offload *o)
{
    struct job *j;

    while (!o->first && !o->ending)
        pthread_cond_wait(&o->more, &o->mutex);
    j = o->first;
    if (j) {
        o->first = j->next;
        if (!o->first)
            o->last = &o->first;
        o->waiting--;
    }
    return j;
}

static void *work(void *arg)
{
    struct offload *o = arg;
    struct job *j;

    pthread_setname_np(pthread_self(), o->name);
    pthread_mutex_lock(&o->mutex);
    while ((j = next_job(o))) {
        pthread_mutex_unlock(&o->mutex);
        j->fn(j->arg);
        core_post(j->core, finished, j);
        pthread_mutex_lock(&o->mutex);
    }
    pthread_mutex_unlock(&o->mutex);
    return NULL;
}

/* Signals are for the thread that main() runs on. */
static void start_threads(struct offload *o, unsigned threads)
{
    pthread_attr_t attr;
    sigset_t all, old;

    sigfillset(&all);
    must(pthread_attr_init(&attr) == 0 && pthread_attr_setstacksize(&attr, THREAD_STACK) == 0);
    must(pthread_sigmask(SIG_SETMASK, &all, &old) == 0);
    for (o->threads_n = 0; o->threads_n < threads; o->threads_n++)
        must(pthread_create(&o->threads[o->threads_n], &attr, work, o) == 0);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
}

struct offload *offload_new(const char *name, unsigned threads, unsigned queue_max)
{
    struct offload *o = mem_new(sizeof *o + threads * sizeof o->threads[0]);

    must(threads > 0);
    pthread_mutex_init(&o->mutex, NULL);
    pthread_cond_init(&o->more, NULL);
    o->last = &o->first;
    o->waiting_max = queue_max;
    snprintf(o->name, sizeof o->name, "%s", name);
    start_threads(o, threads);
    return o;
}

void offload_free(struct offload *o)
{
    if (!o)
        return;
    pthread_mutex_lock(&o->mutex);
    o->ending = true;
    pthread_cond_broadcast(&o->more);
    pthread_mutex_unlock(&o->mutex);
    for (unsigned i = 0; i < o->threads_n; i++)
        pthread_join(o->threads[i], NULL);
    pthread_cond_destroy(&o->more);
    pthread_mutex_destroy(&o->mutex);
    mem_free(o);
}

enum st co_offload(struct offload *o, void (*fn)(void *arg), void *arg)
{
    struct co *co = co_here();
    struct job j = {.fn = fn, .arg = arg, .co = co, .core = core_of_thread};
    bool full;

    must_obj(co, CO_MAGIC);
    must(noyield_depth == 0);
    if (co->canceled)
        return FAIL(ST_CANCELED, "%s was told to stop", co->name);
    if (fault_hit(FAULT_offload))
        return FAIL(ST_TRYLATER, "%s: a fault was asked for", o->name);
    pthread_mutex_lock(&o->mutex);
    full = o->waiting >= o->waiting_max;
    if (!full) {
        *o->last = &j;
        o->last = &j.next;
        o->waiting++;
        pthread_cond_signal(&o->more);
    }
    pthread_mutex_unlock(&o->mutex);
    if (full)
        return FAIL(ST_TRYLATER, "%s: %u jobs wait already", o->name, o->waiting_max);
    co->core->away++;
    return co_wait_heedless();
}

unsigned offload_waiting(struct offload *o)
{
    unsigned n;

    pthread_mutex_lock(&o->mutex);
    n = o->waiting;
    pthread_mutex_unlock(&o->mutex);
    return n;
}
