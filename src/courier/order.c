#include "courier/order.h"

#include "base/must.h"

void order_init(struct order *o)
{
    *o = (struct order){0};
    for (size_t i = 0; i < ORDER_LEVELS; i++)
        list_init(&o->levels[i]);
}

void order_item_init(struct order_item *i)
{
    *i = (struct order_item){0};
    list_init(&i->of);
}

bool order_has(const struct order_item *i)
{
    return !list_is_empty(&i->of);
}

static struct list *level(struct order *o, int priority)
{
    must(priority >= -PRIORITY_MOST && priority <= PRIORITY_MOST);
    return &o->levels[priority + PRIORITY_MOST];
}

void order_add(struct order *o, struct order_item *i, int priority, uint64_t now_us)
{
    must(!order_has(i));
    i->since_us = now_us;
    i->priority = priority;
    list_add_tail(level(o, priority), &i->of);
    o->n++;
}

/* Within a level those that were there first stay first; the few that are raised look for their place from its end. */
void order_raise(struct order *o, struct order_item *i, int priority)
{
    struct list *l = level(o, priority), *before = l;

    if (!order_has(i) || priority <= i->priority)
        return;
    list_del(&i->of);
    i->priority = priority;
    while (before->prev != l && LIST_ITEM(before->prev, struct order_item, of)->since_us > i->since_us)
        before = before->prev;
    list_add_tail(before, &i->of);
}

void order_del(struct order *o, struct order_item *i)
{
    if (!order_has(i))
        return;
    list_del(&i->of);
    o->n--;
}

struct order_item *order_first(const struct order *o)
{
    struct order_item *best = NULL;

    for (size_t k = ORDER_LEVELS; k-- > 0 && o->n;) {
        struct order_item *i = LIST_ITEM(o->levels[k].next, struct order_item, of);

        if (list_is_empty(&o->levels[k]))
            continue;
        if (!best || priority_rank_us(i->priority, i->since_us) < priority_rank_us(best->priority, best->since_us))
            best = i;
    }
    return best;
}
