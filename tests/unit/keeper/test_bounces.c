/* Both cores of the box get the keys of notices, and so does one that comes later, in a new box: the same. */
#include "keeper/bounces.c"

#include "rig.h"

static struct str keys_of(unsigned core)
{
    for (unsigned i = 0; i < 1000 && !rig.boxes[core].n_bounce_keys; i++)
        IGNORE(co_sleep(deadline_in(5)));
    return str_n((const char *)rig.boxes[core].bounce_keys, rig.boxes[core].n_bounce_keys);
}

static struct co *running;

static void run(void *arg) SUSPENDS
{
    running = co_here();
    keeper_bounces(arg);
}

static void telling(void)
{
    struct arena a = ARENA_INIT;
    struct str keys;

    co_event_set(&rig.keeper->core_came);
    CHECK_ST(co_spawn(run, rig.keeper, "keys"), ST_OK);
    keys = arena_str(&a, keys_of(0));
    CHECK(keys.n == SRS_KEY_BYTES && str_eq(keys_of(1), keys));
    rig.boxes[1].n_bounce_keys = 0;
    keeper_core_is_up(rig.keeper, 1, rig.box[1]); /* another box */
    CHECK(str_eq(keys_of(1), keys));
    co_cancel(running);
    IGNORE(co_sleep(deadline_in(20)));
    arena_fini(&a);
}
TEST(all_cores_hear_of_the_same_keys)
{
    rig_run(telling);
}
