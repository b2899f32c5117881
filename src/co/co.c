/* Coroutines: their start and end, and the one place where a coroutine sleeps and is woken. All
 * waits of the tree end up in `sleep_until_woken`. */
#include "base/must.h"
#include "co/inside.h"

void noyield_begin(void)
{
    noyield_depth++;
}
void noyield_end(void)
{
    must(noyield_depth > 0);
    noyield_depth--;
}

struct co *co_here(void)
{
    return core_of_thread ? core_of_thread->running : NULL;
}
const char *co_name(const struct co *co)
{
    return co->name;
}
const struct log_ctx *co_log_ctx(const struct co *co)
{
    return co == co_here() ? log_here : co->log;
}
bool co_is_canceled(void)
{
    struct co *co = co_here();

    return co && co->canceled;
}

/* --- start and end ------------------------------------------------------------------------------ */

static void entry(void)
{
    struct co *co = core_of_thread->running;

    context_enter(&co->context, &co->core->loop);
    co->fn(co->arg);
    must(noyield_depth == 0);
    co->magic = 0; /* ended */
    context_exit(&co->context, &co->core->loop);
}

/* The struct stands at the top of its stack, so that a coroutine costs no memory besides. */
enum st co_spawn(void (*fn)(void *arg), void *arg, const char *name)
{
    struct core *c = core_of_thread;
    struct stack stack;
    struct co *co;
    size_t room;

    must_obj(c, CORE_MAGIC);
    if (!stack_get(&c->stacks, &stack))
        return FAIL(ST_LIMIT, "no more than %u coroutines at a time", c->opt.coroutines);
    room = (stack.size - sizeof *co) & ~(size_t)63;
    co = (struct co *)(void *)(stack.low + room);
    *co = (struct co){.magic = CO_MAGIC, .core = c, .fn = fn, .arg = arg, .name = name, .stack = stack};
    co->canceled = c->stopping;
    context_make(&co->context, stack.low, room, entry);
    list_add_tail(&c->all, &co->all);
    list_add_tail(&c->ready, &co->link);
    c->stats.spawned++;
    c->stats.running++;
    c->stats.peak = MAX(c->stats.peak, c->stats.running);
    return ST_OK;
}

static void bury(struct core *c, struct co *co)
{
    struct stack stack = co->stack;

    list_del(&co->all);
    context_fini(&co->context);
    c->stats.running--;
    c->stats.stack_peak_bytes = MAX(c->stats.stack_peak_bytes, stack_depth(&c->stacks, &stack));
    stack_put(&c->stacks, &stack);
}

void co_resume(struct co *co)
{
    struct core *c = co->core;
    const struct log_ctx *loop_log = log_here;
    const char *name = co->name;

    must_obj(co, CO_MAGIC);
    c->running = co;
    err_here = &co->err;
    log_here = co->log;
    activity_here = &co->activity;
    context_switch(&c->loop, &co->context);
    if (co->magic == CO_MAGIC)
        co->log = log_here;
    else
        log_here = NULL; /* what it pointed to may have ended too */
    core_watch(c, name);
    c->running = NULL;
    err_here = &c->loop_err;
    log_here = loop_log;
    activity_here = NULL;
    if (co->magic != CO_MAGIC)
        bury(c, co);
}

/* --- sleeping and waking ------------------------------------------------------------------------ */

static void sleep_until_woken(struct co *co)
{
    must_obj(co, CO_MAGIC);
    must(noyield_depth == 0);
    context_switch(&co->context, &co->core->loop);
}

bool co_wake(struct co *co, enum st why)
{
    must_obj(co, CO_MAGIC);
    if (!co->waiting)
        return false;
    co->waiting = false;
    co->woken = why;
    co_timer_clear(&co->timer);
    list_add_tail(&co->core->ready, &co->link);
    return true;
}

static void wake_by_timer(void *arg)
{
    co_wake(arg, ST_TIMEOUT);
}

enum st co_wait(mono_ms deadline)
{
    struct co *co = co_here();

    must_obj(co, CO_MAGIC);
    must(noyield_depth == 0);
    if (co->canceled)
        return FAIL(ST_CANCELED, "%s was told to stop", co->name);
    if (deadline <= co->core->now)
        return FAIL(ST_TIMEOUT, "the deadline passed");
    co_timer_set(&co->timer, deadline, wake_by_timer, co);
    co->waiting = true;
    sleep_until_woken(co);
    if (co->woken == ST_CANCELED)
        return FAIL(ST_CANCELED, "%s was told to stop", co->name);
    if (co->woken == ST_TIMEOUT)
        return FAIL(ST_TIMEOUT, "the deadline passed");
    return co->woken;
}

enum st co_wait_heedless(void)
{
    struct co *co = co_here();

    co->heedless = true;
    co->waiting = true;
    sleep_until_woken(co);
    co->heedless = false;
    return co->woken;
}

void co_cancel(struct co *co)
{
    must_obj(co, CO_MAGIC);
    must(co->core == core_of_thread);
    co->canceled = true;
    if (!co->heedless)
        co_wake(co, ST_CANCELED);
}

enum st co_sleep(mono_ms until)
{
    enum st st = co_wait(until);

    return st == ST_TIMEOUT ? ST_OK : st;
}

void co_yield (void)
{
    struct co *co = co_here();

    must_obj(co, CO_MAGIC);
    list_add_tail(&co->core->ready, &co->link);
    sleep_until_woken(co);
}
