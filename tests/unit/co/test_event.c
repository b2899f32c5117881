#include "help.h"

#include "co/event.c"

struct shared {
    struct co_event event;
    struct co_waitq queue;
    char order[16];
    unsigned n;
};

static void set_later(void *arg)
{
    struct shared *s = arg;

    CHECK_ST(co_sleep(deadline_in(100)), ST_OK);
    co_event_set(&s->event);
}

static void events(void *arg)
{
    struct shared *s = arg;
    mono_ms began = clock_mono_ms();

    co_event_set(&s->event); /* kept until somebody looks */
    CHECK_ST(co_event_wait(&s->event, deadline_in(1)), ST_OK);
    CHECK_ST(co_event_wait(&s->event, deadline_in(50)), ST_TIMEOUT);
    CHECK_U64(clock_mono_ms() - began, 50);
    CHECK_ST(co_spawn(set_later, s, "setter"), ST_OK);
    CHECK_ST(co_event_wait(&s->event, NEVER), ST_OK);
    CHECK_U64(clock_mono_ms() - began, 150);
    CHECK(!s->event.set && !s->event.waiter);
}

TEST(event_wakes_its_waiter)
{
    struct shared s = {0};

    on_core(events, &s);
}

struct queuer {
    struct shared *s;
    char name;
    mono_ms timeout;
    enum st st;
};

static void queue_up(void *arg)
{
    struct queuer *q = arg;

    q->st = co_waitq_wait(&q->s->queue, deadline_in(q->timeout));
    q->s->order[q->s->n++] = q->name;
}

static void queues(void *arg)
{
    struct shared *s = arg;
    struct queuer q[] = {{s, 'a', 10, 0}, {s, 'b', 1000, 0}, {s, 'c', 1000, 0}, {s, 'd', 1000, 0}};

    for (unsigned i = 0; i < ARRAY_LEN(q); i++)
        CHECK_ST(co_spawn(queue_up, &q[i], "queuer"), ST_OK);
    CHECK_ST(co_sleep(deadline_in(20)), ST_OK);
    CHECK(q[0].st == ST_TIMEOUT);
    CHECK(co_waitq_wake_one(&s->queue));
    co_yield ();
    co_waitq_wake_all(&s->queue);
    CHECK(!co_waitq_wake_one(&s->queue));
    co_yield ();
    CHECK_STR(str_n(s->order, s->n), STR("abcd"));
    CHECK(q[1].st == ST_OK && q[3].st == ST_OK);
}

TEST(queue_is_first_come_first_served)
{
    struct shared s = {0};

    co_waitq_init(&s.queue);
    on_core(queues, &s);
}

static void wake_after_deadline(void *arg)
{
    struct shared *s = arg;
    struct queuer q[] = {{s, 'a', 10, 0}, {s, 'b', 1000, 0}};

    CHECK_ST(co_spawn(queue_up, &q[0], "a"), ST_OK);
    CHECK_ST(co_spawn(queue_up, &q[1], "b"), ST_OK);
    co_yield ();
    /* a's deadline comes in this turn, and it has not run yet */
    sim_clock_advance(10);
    CHECK(LIST_ITEM(s->queue.waiters.next, struct waiter, link)->co->waiting);
    co_wake(LIST_ITEM(s->queue.waiters.next, struct waiter, link)->co, ST_TIMEOUT);
    CHECK(co_waitq_wake_one(&s->queue));
    co_yield ();
    CHECK(q[0].st == ST_TIMEOUT && q[1].st == ST_OK);
}

TEST(a_wake_is_not_lost_on_one_that_timed_out)
{
    struct shared s = {0};

    co_waitq_init(&s.queue);
    on_core(wake_after_deadline, &s);
}
