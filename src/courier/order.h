/* Those that wait for their turn: by rank (base/envelope.h), so that what is urgent goes first, and nothing waits for ever. Adding and taking cost the same however many there are. */
#pragma once

#include "base/envelope.h"
#include "base/list.h"

#define ORDER_LEVELS (2 * PRIORITY_MOST + 1)

struct order_item {
    struct list of;
    uint64_t since_us;
    int priority;
};

struct order {
    struct list levels[ORDER_LEVELS];
    size_t n;
};

void order_init(struct order *o);
static inline bool order_is_empty(const struct order *o)
{
    return o->n == 0;
}
void order_item_init(struct order_item *i);
bool order_has(const struct order_item *i); /* is it in one? */
void order_add(struct order *o, struct order_item *i, int priority, uint64_t now_us);
/* In its place of before, but more urgent now; less changes nothing. */
void order_raise(struct order *o, struct order_item *i, int priority);
void order_del(struct order *o, struct order_item *i); /* taking out twice does no harm */
struct order_item *order_first(const struct order *o); /* NULL: it is empty */
