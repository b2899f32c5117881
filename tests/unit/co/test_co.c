#include "base/buf.h"
#include "help.h"

#include "co/co.c"

/* --- order, sleeping, yielding --- */

static struct buf seen;

static void say_a(UNUSED void *arg)
{
    buf_addc(&seen, 'a');
    co_yield ();
    buf_addc(&seen, 'A');
}
static void say_b(UNUSED void *arg)
{
    buf_addc(&seen, 'b');
    CHECK_ST(co_sleep(core_now(core_here()) + 5), ST_OK);
    buf_addc(&seen, 'B');
}

static void order(UNUSED void *arg)
{
    mono_ms began = core_now(core_here());

    CHECK_ST(co_spawn(say_a, NULL, "a"), ST_OK);
    CHECK_ST(co_spawn(say_b, NULL, "b"), ST_OK);
    CHECK_STR(buf_str(&seen), STR("")); /* not before we wait */
    CHECK_ST(co_sleep(began + 10), ST_OK);
    CHECK_STR(buf_str(&seen), STR("abAB"));
    CHECK_U64(core_now(core_here()) - began, 10);
}

TEST(runs_in_order_of_arrival)
{
    buf_init(&seen, 100);
    on_core(order, NULL);
    buf_fini(&seen);
}

static void sleep_a_day(UNUSED void *arg)
{
    uint64_t wall = clock_wall_s();

    for (int i = 0; i < 24; i++)
        CHECK_ST(co_sleep(deadline_in(3600 * 1000)), ST_OK);
    CHECK_U64(clock_wall_s() - wall, 86400);
    CHECK_ST(co_sleep(0), ST_OK); /* long past */
}

TEST(clock_jumps_when_idle)
{
    on_core(sleep_a_day, NULL);
}

/* --- cancelling --- */

struct victim {
    struct co *co;
    enum st first, second;
    bool told;
};

static void wait_for_cancel(void *arg)
{
    struct victim *v = arg;

    v->co = co_here();
    v->first = co_sleep(NEVER);
    v->told = co_is_canceled();
    v->second = co_sleep(NEVER);
}

static void cancel(UNUSED void *arg)
{
    struct victim v = {0}, early = {0};

    CHECK_ST(co_spawn(wait_for_cancel, &v, "victim"), ST_OK);
    co_yield ();
    CHECK(v.co && strcmp(co_name(v.co), "victim") == 0);
    co_cancel(v.co);
    co_cancel(v.co);
    co_yield ();
    CHECK(v.first == ST_CANCELED && v.second == ST_CANCELED && v.told);

    CHECK_ST(co_spawn(wait_for_cancel, &early, "early"), ST_OK);
    core_stop(core_here()); /* cancels what has not even begun, and us */
    CHECK_ST(co_spawn(wait_for_cancel, &v, "late"), ST_OK);
    co_yield ();
    CHECK(early.first == ST_CANCELED);
    CHECK(v.first == ST_CANCELED);
    CHECK_ST(co_sleep(NEVER), ST_CANCELED);
}

TEST(cancelled_waits_end)
{
    on_core(cancel, NULL);
}

/* --- what belongs to a coroutine --- */

static const struct log_ctx other_ctx = {.sid = 2};

static void other_error(UNUSED void *arg)
{
    CHECK(log_here == NULL);
    log_here = &other_ctx;
    CHECK_ST(FAIL(ST_SYNTAX, "other"), ST_SYNTAX);
    co_yield ();
    CHECK(log_here == &other_ctx);
    CHECK(strcmp(err_get()->text, "other") == 0);
}

static void own_error(UNUSED void *arg)
{
    struct log_ctx ctx = {.sid = 1};

    log_here = &ctx;
    CHECK_ST(FAIL(ST_IO, "mine"), ST_IO);
    CHECK_ST(co_spawn(other_error, NULL, "other"), ST_OK);
    co_yield ();
    CHECK(strcmp(err_get()->text, "mine") == 0);
    CHECK(log_here == &ctx && co_log_ctx(co_here()) == &ctx);
    co_yield ();
}

TEST(error_and_log_context_are_switched)
{
    on_core(own_error, NULL);
    CHECK(log_here == NULL);
}

static void nothing(UNUSED void *arg)
{
}

static void use_up(UNUSED void *arg)
{
    unsigned n = 0;

    while (co_spawn(nothing, NULL, "nothing") == ST_OK)
        n++;
    CHECK_U64(n, 63);
    CHECK(err_get()->st == ST_LIMIT);
    co_yield ();
    CHECK_ST(co_spawn(nothing, NULL, "nothing"), ST_OK); /* stacks come back */
}

TEST(coroutines_are_bounded)
{
    struct core_stats s = on_core(use_up, NULL);

    CHECK_U64(s.peak, 64);
    CHECK_U64(s.running, 0);
    CHECK_U64(s.spawned, 65);
}

static unsigned eat_stack(unsigned depth)
{
    volatile char page[1024];

    page[0] = (char)depth;
    return depth ? eat_stack(depth - 1) + (unsigned)page[0] : 0;
}

static void deep(UNUSED void *arg)
{
    CHECK(eat_stack(50) > 0);
}

TEST(painted_stacks_tell_their_depth)
{
    struct core_stats s = on_core(deep, NULL);

    CHECK(s.stack_peak_bytes > 50 * 1024);
    CHECK(s.stack_peak_bytes < 512 * 1024);
}

static void count_living(const struct co *co, void *arg)
{
    CHECK(co_name(co) != NULL);
    ++*(unsigned *)arg;
}

static void list_all(UNUSED void *arg)
{
    unsigned n = 0;

    CHECK_ST(co_spawn(nothing, NULL, "nothing"), ST_OK);
    core_each(core_here(), count_living, &n);
    CHECK_U64(n, 2);
    NOYIELD_BEGIN;
    NOYIELD_END;
    co_yield ();
}

TEST(the_living_are_listed)
{
    on_core(list_all, NULL);
}
