/* Tombstones: their mail is asked away piece by piece, and they stay until the box says that nothing is left. */
#include "keeper/removals.c"

#include "rig.h"

static size_t left(struct arena *a)
{
    uint64_t *ids;
    size_t n = 99;

    CHECK_ST(directory_removed_list(rig.directory, a, 10, &ids, &n), ST_OK);
    return n;
}

static void removals(void)
{
    uint64_t alice = rig_account("alice", "x"), bob = rig_account("bob", "x");
    struct rig_box *box = &rig.boxes[route_core(alice, 2)], *other = &rig.boxes[route_core(bob, 2)];
    struct arena a = ARENA_INIT;

    CHECK(erase_all(rig.keeper, &a)); /* nothing to do */
    CHECK_ST(directory_account_remove(rig.directory, alice), ST_OK);
    box->erase_steps = 3;
    CHECK(erase_all(rig.keeper, &a));
    CHECK_U64(box->erases, 3);
    CHECK_U64(left(&a), 0);
    CHECK_ST(directory_account_remove(rig.directory, bob), ST_OK);
    other->erases = other->erase_steps = 0;
    other->answer = ST_TRYLATER;
    CHECK(!erase_all(rig.keeper, &a));
    CHECK_U64(left(&a), 1);
    other->answer = ST_OK;
    CHECK(erase_all(rig.keeper, &a));
    CHECK_U64(left(&a), 0);
    arena_fini(&a);
}

TEST(removed_accounts_are_purged_and_forgotten)
{
    log_set_level(LOG_ERROR);
    rig_run(removals);
}
