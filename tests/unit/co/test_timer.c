#include "help.h"

#include "co/timer.c"

static mono_ms fired_at;
static unsigned fired;

static void fire(void *arg)
{
    struct co_timer *t = arg;

    CHECK(t->at >= fired_at && t->place == 0);
    CHECK(t->at <= core_now(core_here()));
    fired_at = t->at;
    fired++;
}

static void heap_is_sound(const struct timer_heap *h)
{
    for (unsigned i = 1; i <= h->n; i++) {
        CHECK(h->slots[i].timer->place == i && h->slots[i].at == h->slots[i].timer->at);
        CHECK(i == 1 || h->slots[parent_of(i)].at <= h->slots[i].at);
    }
}

static void many_timers(UNUSED void *arg)
{
    static struct co_timer t[500];
    unsigned armed = 0;
    uint32_t seed = 7;

    fired = 0;
    fired_at = 0;
    for (unsigned i = 0; i < 3 * ARRAY_LEN(t); i++) { /* set, set again, cleared: whatever comes */
        seed = seed * 1664525 + 1013904223;
        if (seed >> 30 == 0)
            co_timer_clear(&t[i % ARRAY_LEN(t)]);
        else
            co_timer_set(&t[i % ARRAY_LEN(t)], core_now(core_here()) + (seed >> 8) % 10000, fire, &t[i % ARRAY_LEN(t)]);
    }
    heap_is_sound(&core_of_thread->timers);
    co_timer_set(&t[0], NEVER, fire, &t[0]);
    CHECK(t[0].place == 0);
    for (unsigned i = 0; i < ARRAY_LEN(t); i++)
        armed += t[i].place != 0;
    CHECK(armed > 300);
    CHECK_ST(co_sleep(deadline_in(20000)), ST_OK);
    CHECK_U64(fired, armed);
    CHECK_U64(timers_next(&core_of_thread->timers), NEVER);
}

TEST(timers_fire_in_order)
{
    on_core(many_timers, NULL);
}

static void again(void *arg)
{
    fired++;
    co_timer_set(arg, 0, again, arg); /* at once, for ever */
}

static void self_arming(UNUSED void *arg)
{
    struct co_timer t = {0};

    fired = 0;
    co_timer_set(&t, 0, again, &t);
    for (int i = 0; i < 5; i++)
        co_yield ();
    CHECK_ST(co_sleep(deadline_in(0)), ST_OK);
    co_timer_clear(&t);
}

TEST(a_timer_that_arms_itself_lets_others_run)
{
    on_core(self_arming, NULL);
    CHECK(fired < 20);
}
