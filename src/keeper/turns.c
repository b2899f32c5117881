#include "keeper/turns.h"

#include "base/must.h"
#include "base/arena.h"

struct network {
    struct list link;
    struct list waiters;
    unsigned waiting, running;
    size_t n;
    char name[64];
};

struct waiter {
    struct list link;
    struct co_event event;
    struct network *network;
    bool has_turn;
};

void turns_init(struct turns *t, unsigned at_once, unsigned waiting_max)
{
    *t = (struct turns){
        .free = at_once, .waiting_max = waiting_max, .network_max = MAX(waiting_max / 4, 1u), .running_max = at_once};
    list_init(&t->networks);
}

void turns_fini(struct turns *t)
{
    must(t->waiting == 0);
    map_fini(&t->by_network);
}

static struct network *network_get(struct turns *t, struct str name)
{
    struct network *w;

    name.n = MIN(name.n, sizeof(w->name));
    w = map_str_get(&t->by_network, name);
    if (!w) {
        w = MEM_NEW(struct network);
        memcpy(w->name, name.p, name.n);
        w->n = name.n;
        list_init(&w->waiters);
        list_add_tail(&t->networks, &w->link);
        map_str_put(&t->by_network, name, w);
    }
    return w;
}

static void forget_idle(struct turns *t, struct network *w)
{
    if (w->waiting || w->running)
        return;
    list_del(&w->link);
    map_str_del(&t->by_network, str_n(w->name, w->n));
    mem_free(w);
}

static void leave(struct turns *t, struct waiter *me)
{
    list_del(&me->link);
    me->network->waiting--;
    t->waiting--;
}

static bool may_run(const struct turns *t, const struct network *w)
{
    return t->free && w->running < t->running_max;
}

static void begin(struct turns *t, struct network *w)
{
    t->free--;
    w->running++;
}

enum st turns_take(struct turns *t, struct str network, mono_ms deadline)
{
    struct waiter me = {0};
    struct network *w;
    enum st st;

    w = network_get(t, network);
    if (may_run(t, w)) { /* then nobody of the network waits */
        begin(t, w);
        return ST_OK;
    }
    if (t->waiting >= t->waiting_max || w->waiting >= t->network_max) {
        bool all = t->waiting >= t->waiting_max;

        forget_idle(t, w);
        return FAIL(ST_TRYLATER, "too many logins%s at the same time", all ? "" : " from this network");
    }
    me.network = w;
    w->waiting++;
    t->waiting++;
    list_add_tail(&w->waiters, &me.link);
    st = co_event_wait(&me.event, deadline);
    if (me.has_turn)
        return ST_OK; /* a turn that came together with the deadline counts */
    leave(t, &me);
    forget_idle(t, w);
    if (st == ST_OK)
        return FAIL(ST_CANCELED, "stopped while waiting for a turn");
    return st;
}

/* The next one in the order who may; he is the last one then. */
static void serve_next(struct turns *t)
{
    LIST_EACH(pos, &t->networks) {
        struct network *w = LIST_ITEM(pos, struct network, link);
        struct waiter *next;

        if (!w->waiting || !may_run(t, w))
            continue;
        next = LIST_ITEM(w->waiters.next, struct waiter, link);
        list_del(&w->link);
        list_add_tail(&t->networks, &w->link);
        next->has_turn = true;
        leave(t, next);
        begin(t, w);
        co_event_set(&next->event);
        return;
    }
}

void turns_give(struct turns *t, struct str network)
{
    struct network *w = network_get(t, network);

    must(w->running);
    w->running--;
    t->free++;
    serve_next(t);
    forget_idle(t, w);
}
