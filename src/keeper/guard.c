#include "keeper/guard.h"

#define NAME_MAX_BYTES 80 /* a longer one is cut: those that share so much share a count */

struct guarded {
    struct list link;
    unsigned count;
    mono_ms since, next; /* next: when a stranger may try again */
    uint64_t usual[GUARD_USUAL];
    size_t n;
    char name[NAME_MAX_BYTES];
};

void guard_init(struct guard *g)
{
    g->by_name = MAP_INIT;
    list_init(&g->by_age);
}

static void drop(struct guard *g, struct guarded *e)
{
    list_del(&e->link);
    map_str_del(&g->by_name, str_n(e->name, e->n));
    mem_free(e);
}

void guard_fini(struct guard *g)
{
    LIST_EACH_SAFE(pos, tmp, &g->by_age)
        drop(g, LIST_ITEM(pos, struct guarded, link));
    map_fini(&g->by_name);
}

static struct guarded *entry(struct guard *g, struct str name)
{
    struct guarded *e;

    name = str_sub(name, 0, NAME_MAX_BYTES);
    e = map_str_get(&g->by_name, name);
    if (e) {
        list_del(&e->link);
    } else {
        if (g->by_name.n >= GUARD_MAX)
            drop(g, LIST_ITEM(g->by_age.next, struct guarded, link));
        e = MEM_NEW(struct guarded);
        e->n = name.n;
        memcpy(e->name, name.p ? name.p : "", name.n);
        map_str_put(&g->by_name, name, e);
    }
    list_add_tail(&g->by_age, &e->link);
    return e;
}

static bool is_used_from(const struct guarded *e, uint64_t network)
{
    for (size_t i = 0; i < GUARD_USUAL; i++)
        if (e->usual[i] == network)
            return true;
    return false;
}

bool guard_may(struct guard *g, const struct guard_rule *rule, struct str name, struct str network, bool is_usual)
{
    struct guarded *e = map_str_get(&g->by_name, str_sub(name, 0, NAME_MAX_BYTES));
    mono_ms now = clock_mono_ms();

    if (!e || e->count < rule->max || is_usual || is_used_from(e, hash_bytes(network)))
        return true;
    if (now - e->since > rule->window_ms) {
        e->count = 0;
        return true;
    }
    if (now < e->next)
        return false;
    e->next = now + rule->pause_ms;
    return true;
}

void guard_failed(struct guard *g, const struct guard_rule *rule, struct str name)
{
    struct guarded *e = entry(g, name);
    mono_ms now = clock_mono_ms();

    if (e->count == 0 || (e->count < rule->max && now - e->since > rule->window_ms)) {
        e->count = 0;
        e->since = now;
    }
    if (++e->count >= rule->max)
        e->since = now; /* it goes on for as long as they do */
    if (e->count == rule->max)
        e->next = now + rule->pause_ms;
}

void guard_succeeded(struct guard *g, struct str name, struct str network)
{
    struct guarded *e = entry(g, name);
    uint64_t hash = hash_bytes(network);

    if (is_used_from(e, hash))
        return;
    memmove(e->usual + 1, e->usual, (GUARD_USUAL - 1) * sizeof(e->usual[0]));
    e->usual[0] = hash;
}
