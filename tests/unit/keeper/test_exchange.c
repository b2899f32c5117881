#include "keeper/exchange.c"

#include "test.h"

TEST(a_connection_has_one_exchange_and_the_oldest_goes_first)
{
    struct exchanges x;
    struct exchange *e;

    exchanges_init(&x);
    CHECK(exchange_take(&x, 7) == NULL);
    exchange_put(&x, exchange_new(7));
    e = exchange_new(7);
    e->keys = mem_new(3 * sizeof(*e->keys));
    e->n_keys = 3;
    exchange_put(&x, e);
    CHECK_U64(x.by_conn.n, 1);
    e = exchange_take(&x, 7);
    CHECK(e && e->n_keys == 3 && exchange_take(&x, 7) == NULL);
    e->expires = 0;
    list_add_tail(&x.by_age, &e->link);
    map_put(&x.by_conn, 7, e);
    CHECK(exchange_take(&x, 7) == NULL); /* it has run out */
    for (uint64_t i = 1; i <= EXCHANGES_MAX + 10; i++)
        exchange_put(&x, exchange_new(i));
    CHECK_U64(x.by_conn.n, EXCHANGES_MAX);
    CHECK(exchange_take(&x, 10) == NULL);
    exchange_free(exchange_take(&x, EXCHANGES_MAX + 10));
    exchanges_fini(&x);
    exchange_free(NULL);
}
