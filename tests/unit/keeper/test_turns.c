#include "keeper/turns.c"

#include "test.h"

static struct turns turns;
static char order[64];
static unsigned n_order;
static enum st last;
static void (*test_fn)(void);

static void body(void *arg)
{
    (void)arg;
    test_fn();
    core_stop(core_here());
}

static void start(void *arg)
{
    CHECK_ST(co_spawn(body, arg, "test"), ST_OK);
}

static void run(void (*fn)(void))
{
    struct core *c = core_new(&(struct core_options){.name = "test", .coroutines = 100});

    n_order = 0;
    memset(order, 0, sizeof(order));
    test_fn = fn;
    core_post(c, start, NULL);
    core_run(c);
    core_free(c);
}

static void taker(void *arg)
{
    const char *network = arg;
    enum st st = turns_take(&turns, str_n(network, 1), deadline_in(5000));

    if (st != ST_OK) {
        last = st;
        return;
    }
    order[n_order++] = network[0];
    turns_give(&turns, str_n(network, 1));
}

static void fair(void)
{
    turns_init(&turns, 1, 40);
    CHECK_ST(turns_take(&turns, STR("x"), NEVER), ST_OK);
    for (int i = 0; i < 5; i++)
        CHECK_ST(co_spawn(taker, "a", "taker"), ST_OK);
    co_yield ();
    CHECK_ST(co_spawn(taker, "b", "taker"), ST_OK);
    CHECK_ST(co_spawn(taker, "c", "taker"), ST_OK);
    CHECK_ST(co_sleep(deadline_in(5)), ST_OK);
    CHECK_U64(turns.waiting, 7);
    turns_give(&turns, STR("x"));
    CHECK_ST(co_sleep(deadline_in(5)), ST_OK);
    CHECK_STR(str_z(order), STR("abcaaaa"));
    CHECK(turns.free == 1 && turns.waiting == 0);
    turns_fini(&turns);
}

TEST(networks_take_turns)
{
    run(fair);
}

static void bounded(void)
{
    turns_init(&turns, 1, 8);
    CHECK_ST(turns_take(&turns, STR("x"), NEVER), ST_OK);
    for (int i = 0; i < 2; i++)
        CHECK_ST(co_spawn(taker, "a", "taker"), ST_OK);
    CHECK_ST(co_sleep(deadline_in(5)), ST_OK);
    CHECK_ST(turns_take(&turns, STR("a"), deadline_in(10)), ST_TRYLATER);
    CHECK_ST(turns_take(&turns, STR("b"), deadline_in(10)), ST_TIMEOUT);
    CHECK_U64(turns.waiting, 2);
    for (int i = 0; i < 6; i++)
        CHECK_ST(co_spawn(taker, i < 2 ? "b" : i < 4 ? "c" : "d", "taker"), ST_OK);
    CHECK_ST(co_sleep(deadline_in(5)), ST_OK);
    CHECK_U64(turns.waiting, 8);
    CHECK_ST(turns_take(&turns, STR("e"), deadline_in(10)), ST_TRYLATER);
    turns_give(&turns, STR("x"));
    CHECK_ST(co_sleep(deadline_in(5)), ST_OK);
    CHECK_U64(n_order, 8);
    CHECK_U64(turns.by_network.n, 0);
    turns_fini(&turns);
}

TEST(waiting_is_bounded)
{
    run(bounded);
}

static void capped(void)
{
    turns_init(&turns, 4, 40);
    turns.running_max = 2;
    CHECK_ST(turns_take(&turns, STR("a"), NEVER), ST_OK);
    CHECK_ST(turns_take(&turns, STR("a"), NEVER), ST_OK);
    CHECK_ST(turns_take(&turns, STR("a"), deadline_in(10)), ST_TIMEOUT); /* though there is room */
    CHECK_ST(turns_take(&turns, STR("b"), deadline_in(10)), ST_OK);
    CHECK_ST(co_spawn(taker, "a", "taker"), ST_OK);
    CHECK_ST(co_sleep(deadline_in(5)), ST_OK);
    CHECK_U64(turns.waiting, 1);
    turns_give(&turns, STR("b"));
    CHECK_ST(co_sleep(deadline_in(5)), ST_OK);
    CHECK_U64(turns.waiting, 1);
    turns_give(&turns, STR("a"));
    CHECK_ST(co_sleep(deadline_in(5)), ST_OK);
    CHECK_STR(str_z(order), STR("a"));
    turns_give(&turns, STR("a"));
    CHECK(turns.free == 4 && turns.waiting == 0);
    CHECK_U64(turns.by_network.n, 0);
    turns_fini(&turns);
}

TEST(one_network_does_not_have_them_all)
{
    run(capped);
}
