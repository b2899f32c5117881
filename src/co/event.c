/* Waiting for one another on one core: an event with one waiter, a queue with many. */
#include "base/must.h"
#include "co/inside.h"

void co_event_set(struct co_event *e)
{
    e->set = true;
    if (e->waiter)
        co_wake(e->waiter, ST_OK);
}

enum st co_event_wait(struct co_event *e, mono_ms deadline)
{
    enum st st = ST_OK;

    must(!e->waiter);
    if (!e->set) {
        e->waiter = co_here();
        st = co_wait(deadline);
        e->waiter = NULL;
    }
    if (st == ST_OK)
        e->set = false;
    return st;
}

void co_event_wait_heedless(struct co_event *e)
{
    struct co *co = co_here();

    must(!e->waiter);
    if (!e->set) {
        e->waiter = co;
        co->core->away++;
        co_wait_heedless();
        co->core->away--;
        e->waiter = NULL;
    }
    e->set = false;
}

struct waiter { /* on the waiting stack */
    struct list link;
    struct co *co;
};

void co_waitq_init(struct co_waitq *q)
{
    list_init(&q->waiters);
}

enum st co_waitq_wait(struct co_waitq *q, mono_ms deadline)
{
    struct waiter w = {.co = co_here()};
    enum st st;

    list_add_tail(&q->waiters, &w.link);
    st = co_wait(deadline);
    list_del(&w.link);
    return st;
}

/* Passes over those that have just been woken by their deadline: the wake must not be lost on them. */
bool co_waitq_wake_one(struct co_waitq *q)
{
    while (!list_is_empty(&q->waiters)) {
        struct waiter *w = LIST_ITEM(q->waiters.next, struct waiter, link);

        list_del(&w->link);
        if (co_wake(w->co, ST_OK))
            return true;
    }
    return false;
}

void co_waitq_wake_all(struct co_waitq *q)
{
    while (co_waitq_wake_one(q))
        continue;
}
