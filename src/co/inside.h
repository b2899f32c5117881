/* What the files of this room share: the core, the coroutine, and how one is put to sleep and
 * woken. Nothing outside co/ includes it (tests do). */
#pragma once

#include "base/activity.h"
#include "co/co.h"
#include "co/stack.h"
#include "co/switch.h"

#include <stdatomic.h>

#define CORE_MAGIC 0xc04eU
#define CO_MAGIC 0xc0c0U

struct co {
    uint32_t magic;
    bool waiting;  /* suspended, and in no run queue */
    bool heedless; /* the wait can't be cancelled */
    bool canceled;
    enum st woken; /* why the wait ended */
    struct core *core;
    struct list link; /* in the run queue */
    struct list all;
    struct co_timer timer;
    struct context context;
    struct stack stack;
    void (*fn)(void *arg);
    void *arg;
    const char *name;
    const struct log_ctx *log;
    struct activity activity;
    struct err err;
};

struct timer_heap {
    struct timer_slot {
        mono_ms at;
        struct co_timer *timer;
    } * slots; /* from 1 */
    unsigned n, cap;
};

struct post {
    struct post *next;
    void (*fn)(void *);
    void *arg;
};

#define EVENTS_MAX 256

struct core {
    uint32_t magic;
    struct core_options opt;
    int epoll_fd, wake_fd;
    mono_ms now;
    bool stopping;
    struct co *running; /* NULL: the loop itself */
    struct list ready;  /* first come, first served */
    struct list all;
    struct timer_heap timers;
    struct co_timer trim;
    struct stack_pool stacks;
    struct context loop;
    struct err loop_err;
    _Atomic(struct post *) posts; /* newest first */
    atomic_uint posting;          /* threads inside core_post */
    unsigned fds;                 /* descriptors added */
    unsigned away;                /* jobs that other threads do for us (the sim clock waits for them) */
    struct epoll_event *events;   /* the batch in hand */
    int events_at, events_n;
    uint64_t slice_began_us;
    uint64_t ran_us, ran_at_us; /* processor time of the thread, and when that was looked at */
    struct core_stats stats;
};

extern _Thread_local struct core *core_of_thread;
extern _Thread_local unsigned noyield_depth;

/* Suspends the running coroutine until co_wake, the deadline or cancelling. */
enum st co_wait(mono_ms deadline) SUSPENDS MUST_USE;
/* The same, to be ended by co_wake only. */
enum st co_wait_heedless(void) SUSPENDS;
/* Ends its wait with `why`, unless that has been done already (false). */
bool co_wake(struct co *co, enum st why);

void co_resume(struct co *co); /* by the loop: runs it until it waits */

void timers_init(struct timer_heap *h);
void timers_fini(struct timer_heap *h);
mono_ms timers_next(const struct timer_heap *h);                     /* NEVER when there is none */
struct co_timer *timers_take_due(struct timer_heap *h, mono_ms now); /* disarmed; NULL: none is due */

void fd_event(struct co_fd *f, uint32_t events); /* from epoll */

/* The slice that ends now was `name`'s. */
void core_watch(struct core *c, const char *name);
