/* The order of addresses. */
#include "courier/rank.c"

#include "test.h"

static struct rank rank;

static void add(struct route *r, uint16_t preference, uint8_t last)
{
    r->hosts[r->n++] =
        (struct route_host){.preference = preference, .addr = {.family = 4, .port = 25, .bytes = {192, 0, 2, last}}};
}

/* The last bytes of the addresses, in order. */
static uint64_t order_of(const struct route *r, mono_ms now)
{
    uint8_t order[ROUTE_HOSTS_MAX];
    uint64_t out = 0;

    rank_order(&rank, r, now, order);
    for (size_t i = 0; i < r->n; i++)
        out = out * 10 + r->hosts[order[i]].addr.bytes[3];
    return out;
}

TEST(those_that_failed_are_the_last_of_their_preference)
{
    struct route r = {0};

    rank = (struct rank){0};
    CHECK_U64(order_of(&r, 0), 0);
    add(&r, 10, 1);
    add(&r, 10, 2);
    add(&r, 10, 3);
    add(&r, 20, 4);
    add(&r, 20, 5);
    CHECK_U64(order_of(&r, 0), 12345);
    rank_failed(&rank, &r.hosts[0].addr, 0);
    CHECK_U64(order_of(&r, 1), 23145);
    rank_failed(&rank, &r.hosts[1].addr, 1);
    CHECK_U64(order_of(&r, 2), 31245);
    rank_failed(&rank, &r.hosts[2].addr, 2);
    rank_failed(&rank, &r.hosts[3].addr, 2);
    CHECK_U64(order_of(&r, 3), 12354); /* never behind those of another preference */
    rank_worked(&rank, &r.hosts[1].addr);
    CHECK_U64(order_of(&r, 4), 21354);
    CHECK_U64(order_of(&r, BAD_MS), 12354); /* the first one's time is over; then all */
    CHECK_U64(order_of(&r, BAD_MS + 3), 12345);
}

TEST(as_many_as_there_is_room_for)
{
    struct route r = {0};
    struct addr other = {.family = 6, .port = 25};

    rank = (struct rank){0};
    add(&r, 10, 1);
    add(&r, 10, 2);
    rank_failed(&rank, &r.hosts[0].addr, 0);
    rank_failed(&rank, &r.hosts[0].addr, 5);
    CHECK_U64(rank.next, 1); /* the same one takes one place */
    for (unsigned i = 0; i < RANK_BAD_MAX - 1; i++) {
        other.bytes[0] = (uint8_t)i;
        rank_failed(&rank, &other, 0);
    }
    CHECK_U64(order_of(&r, 6), 21);
    other.bytes[1] = 1;
    rank_failed(&rank, &other, 0);
    CHECK_U64(order_of(&r, 6), 12);
}
