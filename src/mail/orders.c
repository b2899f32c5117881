/* Orders of a whole mailbox that are kept: memory and bookkeeping. How they are made and used is sort.c's affair. */
#include "mail/orders.h"

#include "base/limits.h"
#include "base/must.h"

#define ORDERS_MAX 4 /* of one mailbox */

struct orders {
    struct order *o[ORDERS_MAX]; /* the one kept last first */
    size_t n;
};

static _Thread_local uint64_t all_kept; /* bytes, of all on this core */

static uint64_t bytes_of(const struct order *o)
{
    return sizeof *o + o->n * 2 * sizeof *o->uid;
}

static struct order *order_sized(enum sort_by by, size_t cap)
{
    struct order *o = MEM_NEW(struct order);

    o->by = by;
    o->users = 1;
    o->uid = mem_new(MAX(cap, (size_t)1) * sizeof *o->uid);
    o->at = mem_new(MAX(cap, (size_t)1) * sizeof *o->at);
    return o;
}

struct order *order_new(enum sort_by by, size_t n)
{
    struct order *o = order_sized(by, n);

    o->n = n;
    return o;
}

struct order *order_hold(const struct messages *m, enum sort_by by)
{
    struct orders *os = m->orders;

    for (size_t i = 0; os && i < os->n; i++) {
        if (os->o[i]->by == by) {
            os->o[i]->users++;
            return os->o[i];
        }
    }
    return NULL;
}

void order_release(struct order *o)
{
    if (!o || --o->users)
        return;
    mem_free(o->uid);
    mem_free(o->at);
    mem_free(o);
}

static void drop(struct orders *os, size_t i)
{
    all_kept -= bytes_of(os->o[i]);
    order_release(os->o[i]);
    os->n--;
    memmove(&os->o[i], &os->o[i + 1], (os->n - i) * sizeof os->o[0]);
}

void order_keep(struct messages *m, struct order *o)
{
    struct orders *os;

    if (!m->orders)
        m->orders = MEM_NEW(struct orders);
    os = m->orders;
    for (size_t i = 0; i < os->n; i++) {
        if (os->o[i]->by == o->by) {
            drop(os, i);
            break;
        }
    }
    if (os->n == ORDERS_MAX)
        drop(os, ORDERS_MAX - 1);
    if (all_kept + bytes_of(o) > LIMIT_MAIL_ORDERS)
        return;
    memmove(&os->o[1], &os->o[0], os->n * sizeof os->o[0]);
    os->o[0] = o;
    os->n++;
    o->users++;
    all_kept += bytes_of(o);
}

struct order *order_copy(const struct order *from, const struct messages *m, size_t more)
{
    struct order *o = order_sized(from->by, from->n + more);
    uint32_t *now = mem_new(MAX(from->n, (size_t)1) * sizeof *now); /* index in the copy; UINT32_MAX: gone */
    bool first = true;

    for (size_t i = 0, j = 0, n = 0; i < from->n; i++) {
        while (j < m->n && m->uid[j] < from->uid[i])
            j++;
        bool there = j < m->n && m->uid[j] == from->uid[i];

        now[i] = there ? (uint32_t)n : UINT32_MAX;
        if (there)
            o->uid[n++] = from->uid[i];
    }
    for (size_t p = 0; p < from->n; p++) {
        uint32_t i = now[from->at[p] & ~ORDER_SAME];

        first = first || !(from->at[p] & ORDER_SAME); /* the first that is left of equal ones has none before it */
        if (i == UINT32_MAX)
            continue;
        o->at[o->n++] = i | (first ? 0 : ORDER_SAME);
        first = false;
    }
    mem_free(now);
    return o;
}

void order_put(struct order *o, uint32_t uid, size_t place, bool same)
{
    must(place <= o->n && (o->n == 0 || uid > o->uid[o->n - 1]));
    memmove(&o->at[place + 1], &o->at[place], (o->n - place) * sizeof *o->at);
    o->at[place] = (uint32_t)o->n | (same ? ORDER_SAME : 0);
    o->uid[o->n++] = uid;
}

size_t orders_bytes(const struct orders *os)
{
    size_t bytes = 0;

    for (size_t i = 0; os && i < os->n; i++)
        bytes += bytes_of(os->o[i]);
    return bytes;
}

void orders_free(struct orders *os)
{
    while (os && os->n)
        drop(os, os->n - 1);
    mem_free(os);
}
