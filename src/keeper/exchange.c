#include "keeper/exchange.h"

#include "base/secret.h"

void exchanges_init(struct exchanges *x)
{
    x->by_conn = MAP_INIT;
    list_init(&x->by_age);
}

void exchange_free(struct exchange *e)
{
    if (!e)
        return;
    arena_fini(&e->arena);
    if (e->keys)
        wipe(e->keys, e->n_keys * sizeof(*e->keys));
    mem_free(e->keys);
    wipe(e, sizeof(*e));
    mem_free(e);
}

static struct exchange *take(struct exchanges *x, struct exchange *e)
{
    list_del(&e->link);
    map_del(&x->by_conn, e->conn);
    return e;
}

void exchanges_drop(struct exchanges *x)
{
    LIST_EACH_SAFE(pos, tmp, &x->by_age)
        exchange_free(take(x, LIST_ITEM(pos, struct exchange, link)));
}

void exchanges_fini(struct exchanges *x)
{
    exchanges_drop(x);
    map_fini(&x->by_conn);
}

/* All live equally long, so the oldest ends first. */
static void shrink(struct exchanges *x)
{
    mono_ms now = clock_mono_ms();

    LIST_EACH_SAFE(pos, tmp, &x->by_age) {
        struct exchange *e = LIST_ITEM(pos, struct exchange, link);

        if (e->expires > now && x->by_conn.n < EXCHANGES_MAX)
            return;
        exchange_free(take(x, e));
    }
}

struct exchange *exchange_new(uint64_t conn)
{
    struct exchange *e = MEM_NEW(struct exchange);

    e->conn = conn;
    arena_init(&e->arena);
    return e;
}

void exchange_put(struct exchanges *x, struct exchange *e)
{
    exchange_free(exchange_take(x, e->conn));
    shrink(x);
    e->expires = deadline_in(EXCHANGE_MS);
    list_add_tail(&x->by_age, &e->link);
    map_put(&x->by_conn, e->conn, e);
}

struct exchange *exchange_take(struct exchanges *x, uint64_t conn)
{
    struct exchange *e = map_get(&x->by_conn, conn);

    if (!e)
        return NULL;
    take(x, e);
    if (e->expires > clock_mono_ms())
        return e;
    exchange_free(e);
    return NULL;
}
