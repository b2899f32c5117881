#include "keeper/turns.h"

#include "base/must.h"
#include "base/arena.h"

struct network {
    struct list link;
    struct list waiters;
    unsigned waiting;
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
    *t = (struct turns){.free = at_once, .waiting_max = waiting_max, .network_max = MAX(waiting_max / 4, 1u)};
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

static void leave(struct turns *t, struct waiter *me)
{
    struct network *w = me->network;

    list_del(&me->link);
    w->waiting--;
    t->waiting--;
    if (w->waiting)
        return;
    list_del(&w->link);
    map_str_del(&t->by_network, str_n(w->name, w->n));
    mem_free(w);
}

enum st turns_take(struct turns *t, struct str network, mono_ms deadline)
{
    struct waiter me = {0};
    struct network *w;
    enum st st;

    if (t->free) {
        t->free--;
        return ST_OK;
    }
    if (t->waiting >= t->waiting_max)
        return FAIL(ST_TRYLATER, "too many logins at the same time");
    w = network_get(t, network);
    if (w->waiting >= t->network_max)
        return FAIL(ST_TRYLATER, "too many logins from this network at the same time");
    me.network = w;
    w->waiting++;
    t->waiting++;
    list_add_tail(&w->waiters, &me.link);
    st = co_event_wait(&me.event, deadline);
    if (me.has_turn)
        return ST_OK; /* a turn that came together with the deadline counts */
    leave(t, &me);
    if (st == ST_OK)
        return FAIL(ST_CANCELED, "stopped while waiting for a turn");
    return st;
}

void turns_give(struct turns *t)
{
    struct network *w;
    struct waiter *next;

    if (list_is_empty(&t->networks)) {
        t->free++;
        return;
    }
    w = LIST_ITEM(t->networks.next, struct network, link);
    next = LIST_ITEM(w->waiters.next, struct waiter, link);
    list_del(&w->link);
    list_add_tail(&t->networks, &w->link);
    next->has_turn = true;
    leave(t, next);
    co_event_set(&next->event);
}
