/* A heap of timers with four children a node: shallow, and a node's children lie in one or two
 * cache lines. Slots count from 1 so that place 0 means "not armed". */
#include "base/must.h"
#include "co/inside.h"

#define CHILDREN 4

void timers_init(struct timer_heap *h)
{
    *h = (struct timer_heap){0};
}

void timers_fini(struct timer_heap *h)
{
    mem_free(h->slots);
}

static unsigned parent_of(unsigned i)
{
    return (i - 2) / CHILDREN + 1;
}
static unsigned first_child_of(unsigned i)
{
    return (i - 1) * CHILDREN + 2;
}

static void put(struct timer_heap *h, unsigned i, struct timer_slot s)
{
    h->slots[i] = s;
    s.timer->place = i;
}

static void move_up(struct timer_heap *h, unsigned i, struct timer_slot s)
{
    while (i > 1 && s.at < h->slots[parent_of(i)].at) {
        put(h, i, h->slots[parent_of(i)]);
        i = parent_of(i);
    }
    put(h, i, s);
}

static void move_down(struct timer_heap *h, unsigned i, struct timer_slot s)
{
    for (;;) {
        unsigned first = first_child_of(i), best = 0;

        for (unsigned c = first; c < first + CHILDREN && c <= h->n; c++)
            if (!best || h->slots[c].at < h->slots[best].at)
                best = c;
        if (!best || h->slots[best].at >= s.at)
            break;
        put(h, i, h->slots[best]);
        i = best;
    }
    put(h, i, s);
}

static void move(struct timer_heap *h, unsigned i, struct timer_slot s)
{
    if (i > 1 && s.at < h->slots[parent_of(i)].at)
        move_up(h, i, s);
    else
        move_down(h, i, s);
}

static void take_out(struct timer_heap *h, struct co_timer *t)
{
    unsigned i = t->place;
    struct timer_slot last = h->slots[h->n--];

    t->place = 0;
    if (last.timer != t)
        move(h, i, last);
}

void co_timer_set(struct co_timer *t, mono_ms at, void (*fn)(void *), void *arg)
{
    struct core *c = core_of_thread;
    struct timer_heap *h;

    must_obj(c, CORE_MAGIC);
    h = &c->timers;
    t->at = at;
    t->fn = fn;
    t->arg = arg;
    if (at == NEVER) {
        co_timer_clear(t);
        return;
    }
    if (t->place) {
        move(h, t->place, (struct timer_slot){at, t});
        return;
    }
    if (h->n + 1 >= h->cap) {
        h->cap = MAX(h->cap * 2, 64);
        h->slots = mem_resize(h->slots, h->cap * sizeof *h->slots);
    }
    move_up(h, ++h->n, (struct timer_slot){at, t});
}

void co_timer_clear(struct co_timer *t)
{
    if (t->place) {
        must_obj(core_of_thread, CORE_MAGIC);
        take_out(&core_of_thread->timers, t);
    }
}

mono_ms timers_next(const struct timer_heap *h)
{
    return h->n ? h->slots[1].at : NEVER;
}

struct co_timer *timers_take_due(struct timer_heap *h, mono_ms now)
{
    struct co_timer *t;

    if (!h->n || h->slots[1].at > now)
        return NULL;
    t = h->slots[1].timer;
    take_out(h, t);
    return t;
}
