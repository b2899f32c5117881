#include "courier/order.c"

#include "test.h"

#define HOUR 3600000000ull

static struct order_item items[8];

static void add(struct order *o, size_t i, int priority, uint64_t since)
{
    order_item_init(&items[i]);
    order_add(o, &items[i], priority, since);
}

static void expect(struct order *o, size_t i)
{
    struct order_item *first = order_first(o);

    CHECK(first == &items[i]);
    order_del(o, first);
    order_del(o, first);
}

TEST(the_urgent_first_and_none_for_ever_last)
{
    struct order o;

    order_init(&o);
    CHECK(order_is_empty(&o) && !order_first(&o));
    add(&o, 0, 0, 10 * HOUR);
    add(&o, 1, 0, 10 * HOUR + 1);
    add(&o, 2, 4, 11 * HOUR);
    add(&o, 3, -9, 10 * HOUR);
    add(&o, 4, 4, 11 * HOUR);
    add(&o, 5, 4, 15 * HOUR);
    CHECK_U64(o.n, 6);
    expect(&o, 2);
    expect(&o, 4);
    expect(&o, 0);
    expect(&o, 1);
    expect(&o, 5); /* those had waited for five hours */
    add(&o, 6, 9, 38 * HOUR);
    expect(&o, 3); /* this one for 28 */
    expect(&o, 6);
    CHECK(order_is_empty(&o) && !order_first(&o));
}

TEST(who_is_raised_keeps_its_turn)
{
    struct order o;

    order_init(&o);
    add(&o, 0, 2, 5);
    add(&o, 1, 0, 3);
    add(&o, 2, 2, 8);
    add(&o, 3, 0, 7);
    order_raise(&o, &items[3], 2);
    order_raise(&o, &items[0], 1); /* less: nothing */
    expect(&o, 0);
    expect(&o, 3);
    order_raise(&o, &items[3], 9); /* in none: nothing */
    CHECK(!order_has(&items[3]) && order_has(&items[1]));
    order_raise(&o, &items[1], 2);
    expect(&o, 1);
    expect(&o, 2);
    CHECK_U64(o.n, 0);
}
