/* The loop of a core. A turn: the posts of other threads, the timers that are due, the coroutines
 * that can run (slices, bounded in number and time), then epoll. Each of these is served in order of
 * arrival, so none can keep another from its turn. */
#include "base/must.h"
#include "co/inside.h"
#include "co/sim.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define SLICES_A_TURN 256
#define TURN_US 4000  /* and no more slices when they have taken so long: who waits for an event has waited as long */
#define STACKS_KEPT 8 /* with memory, when a core is idle */
#define TRIM_AFTER_MS 1000
#define RAN_EVERY_US 2000 /* how old what is known of the processor time may be: looking costs a system call */
#define SIM_GRACE_MS 1    /* real time for the kernel to deliver over loopback, before a jump of the clock */

#if defined(SWITCH_ASAN) || defined(SWITCH_TSAN)
#define STACK_DEFAULT (512 * 1024) /* sanitizers make frames several times as large */
#else
#define STACK_DEFAULT (128 * 1024)
#endif

_Thread_local struct core *core_of_thread;
_Thread_local unsigned noyield_depth;

struct core *core_new(const struct core_options *opt)
{
    struct core *c = MEM_NEW(struct core);
    struct epoll_event ev = {.events = EPOLLIN | EPOLLET};

    c->magic = CORE_MAGIC;
    c->opt = *opt;
    list_init(&c->ready);
    list_init(&c->all);
    timers_init(&c->timers);
    stack_pool_init(&c->stacks, opt->coroutines, opt->stack_bytes ? opt->stack_bytes : STACK_DEFAULT,
                    opt->paint_stacks);
    c->events = mem_new(EVENTS_MAX * sizeof *c->events);
    c->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    c->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    must(c->epoll_fd >= 0 && c->wake_fd >= 0);
    must(epoll_ctl(c->epoll_fd, EPOLL_CTL_ADD, c->wake_fd, &ev) == 0); /* data.ptr NULL marks it */
    c->now = clock_mono_ms();
    return c;
}

void core_free(struct core *c)
{
    if (!c)
        return;
    must_obj(c, CORE_MAGIC);
    must(list_is_empty(&c->all) && !atomic_load(&c->posts));
    while (atomic_load(&c->posting)) /* a sender whose post has run already, but that still wakes us */
        sched_yield();
    close(c->epoll_fd);
    close(c->wake_fd);
    timers_fini(&c->timers);
    stack_pool_fini(&c->stacks);
    mem_free(c->events);
    c->magic = 0;
    mem_free(c);
}

struct core *core_here(void)
{
    return core_of_thread;
}
unsigned core_index(const struct core *c)
{
    return c->opt.index;
}
static void look_how_much_ran(struct core *c)
{
    c->ran_at_us = c->slice_began_us;
    c->ran_us = clock_thread_us();
}

void core_set_watchdog(struct core *c, unsigned ms)
{
    if (!c->opt.watchdog_ms) {
        c->slice_began_us = clock_mono_us();
        look_how_much_ran(c);
    }
    c->opt.watchdog_ms = ms;
}
mono_ms core_now(const struct core *c)
{
    return c->now;
}

/* --- posts: a stack that senders push on and the loop takes whole, then turns round ------------ */

void core_post(struct core *c, void (*fn)(void *), void *arg)
{
    struct post *p = MEM_NEW(struct post), *head = atomic_load_explicit(&c->posts, memory_order_relaxed);
    uint64_t one = 1;

    p->fn = fn;
    p->arg = arg;
    atomic_fetch_add(&c->posting, 1);
    do
        p->next = head;
    while (!atomic_compare_exchange_weak(&c->posts, &head, p));
    /* The first one since the loop last looked wakes it. The counter is never read: each write is
     * an edge of its own. */
    if (!head && c != core_of_thread)
        must(write(c->wake_fd, &one, sizeof one) == sizeof one || errno == EAGAIN);
    atomic_fetch_sub(&c->posting, 1);
}

static void run_posts(struct core *c)
{
    struct post *p = atomic_exchange(&c->posts, NULL), *ordered = NULL;

    while (p) {
        struct post *next = p->next;

        p->next = ordered;
        ordered = p;
        p = next;
    }
    while (ordered) {
        struct post *one = ordered;

        ordered = one->next;
        one->fn(one->arg);
        mem_free(one);
        core_watch(c, "posted call");
    }
}

/* --- the turn ----------------------------------------------------------------------------------- */

/* `ran_ms` (a little of what ran before may be in it) tells a coroutine that kept its core from a core that was kept from it: by
 * other programs, or by a disk. */
void core_watch(struct core *c, const char *name)
{
    uint64_t now, took;

    c->stats.slices++;
    if (!c->opt.watchdog_ms)
        return;
    now = clock_mono_us();
    took = now - c->slice_began_us;
    c->slice_began_us = now;
    if (took / 1000 <= c->opt.watchdog_ms)
        return;
    c->stats.slow_slices++;
    LOG(CO_SLICE_EXCEEDED, lf_z("coroutine", name), lf_z("core", c->opt.name), lf_u64("took_ms", took / 1000),
        lf_u64("ran_ms", (clock_thread_us() - c->ran_us) / 1000));
    look_how_much_ran(c);
}

static void run_timers(struct core *c)
{
    struct co_timer *t;
    unsigned most = c->timers.n; /* one that arms itself again waits for the next turn */

    while (most-- && (t = timers_take_due(&c->timers, c->now))) {
        t->fn(t->arg);
        core_watch(c, "timer");
    }
}

static void run_ready(struct core *c)
{
    uint64_t until = clock_mono_us() + TURN_US;

    for (int i = 0; i < SLICES_A_TURN && !list_is_empty(&c->ready); i++) {
        struct co *co = LIST_ITEM(c->ready.next, struct co, link);

        list_del(&co->link);
        co_resume(co);
        if (clock_mono_us() >= until)
            return;
    }
}

static void take_events(struct core *c, int timeout)
{
    int n = epoll_wait(c->epoll_fd, c->events, EVENTS_MAX, timeout);

    must(n >= 0 || errno == EINTR);
    c->now = clock_mono_ms();
    if (c->opt.watchdog_ms) {
        c->slice_began_us = clock_mono_us();
        if (c->slice_began_us - c->ran_at_us >= RAN_EVERY_US)
            look_how_much_ran(c);
    }
    c->events_n = MAX(n, 0);
    for (c->events_at = 0; c->events_at < c->events_n;) {
        struct epoll_event ev = c->events[c->events_at++];

        if (ev.data.ptr)
            fd_event(ev.data.ptr, ev.events);
    }
    c->events_n = 0;
}

static bool has_work(struct core *c)
{
    return !list_is_empty(&c->ready) || atomic_load(&c->posts);
}

static int ms_until(const struct core *c, mono_ms at)
{
    if (at <= c->now)
        return 0;
    return at - c->now > INT_MAX ? INT_MAX : (int)(at - c->now);
}

static void idle(struct core *c)
{
    mono_ms next = timers_next(&c->timers);

    if (!sim_clock_is_on()) {
        take_events(c, next == NEVER ? -1 : ms_until(c, next));
        return;
    }
    take_events(c, next == NEVER || c->away ? -1 : c->fds ? SIM_GRACE_MS : 0);
    next = timers_next(&c->timers);
    if (!has_work(c) && !c->away && next != NEVER && next > c->now) {
        sim_clock_advance(next - c->now);
        c->now = clock_mono_ms();
    }
}

static void trim_stacks(void *arg)
{
    struct core *c = arg;

    stack_pool_trim(&c->stacks, STACKS_KEPT);
}

static void plan_trim(struct core *c)
{
    if (c->stacks.dirty_n > STACKS_KEPT && !c->trim.place && !sim_clock_is_on())
        co_timer_set(&c->trim, c->now + TRIM_AFTER_MS, trim_stacks, c);
}

void core_run(struct core *c)
{
    must_obj(c, CORE_MAGIC);
    must(!core_of_thread);
    core_of_thread = c;
    context_of_thread(&c->loop);
    err_here = &c->loop_err;
    c->slice_began_us = c->opt.watchdog_ms ? clock_mono_us() : 0;
    while (!c->stopping || !list_is_empty(&c->all) || atomic_load(&c->posts)) {
        run_posts(c);
        run_timers(c);
        run_ready(c);
        plan_trim(c);
        if (has_work(c))
            take_events(c, 0);
        else if (!c->stopping || !list_is_empty(&c->all))
            idle(c);
    }
    co_timer_clear(&c->trim);
    err_here = NULL;
    core_of_thread = NULL;
}

void core_stop(struct core *c)
{
    must(c == core_of_thread);
    c->stopping = true;
    LIST_EACH(at, &c->all)
        co_cancel(LIST_ITEM(at, struct co, all));
}

void core_get_stats(const struct core *c, struct core_stats *out)
{
    *out = c->stats;
}

void core_each(const struct core *c, void (*fn)(const struct co *co, void *arg), void *arg)
{
    LIST_EACH(at, &c->all)
        fn(LIST_ITEM(at, struct co, all), arg);
}
