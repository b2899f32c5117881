/* A doubly linked list through a member of the listed struct. */
#pragma once

#include "base/base.h"

struct list {
    struct list *next, *prev;
};

#define LIST_INIT(l)                                                                                                   \
    {                                                                                                                  \
        &(l), &(l)                                                                                                     \
    }

static inline void list_init(struct list *l)
{
    l->next = l->prev = l;
}
static inline bool list_is_empty(const struct list *l)
{
    return l->next == l;
}
static inline void list_add_tail(struct list *l, struct list *item)
{
    item->prev = l->prev;
    item->next = l;
    l->prev->next = item;
    l->prev = item;
}
/* Taking out twice does no harm. */
static inline void list_del(struct list *item)
{
    item->prev->next = item->next;
    item->next->prev = item->prev;
    item->next = item->prev = item;
}

#define LIST_ITEM(ptr, type, member) CONTAINER_OF(ptr, type, member)
#define LIST_EACH(pos, head) for (struct list *pos = (head)->next; pos != (head); pos = pos->next)
#define LIST_EACH_SAFE(pos, tmp, head)                                                                                 \
    for (struct list *pos = (head)->next, *tmp = pos->next; pos != (head); pos = tmp, tmp = pos->next)
