/* Letters of accounts that look as if somebody else used them are held: the box hears of it at once and when it comes again, two are told once, and lifting it forgives what was. */
#include "keeper/brake.c"

#include "rig.h"

static uint64_t alice;
static struct co *running;

static void run(void *arg) SUSPENDS
{
    running = co_here();
    keeper_brakes(arg);
}

static void stop(void)
{
    co_cancel(running);
    IGNORE(co_sleep(deadline_in(20)));
}

static enum st rcpt(struct arena *a, uint64_t txn, unsigned i, const char *peer)
{
    struct msg_rcpt_answer m;
    struct msg_rcpt_ask ask = {
        .txn = txn, .account = alice, .peer = str_z(peer), .address = arena_printf(a, "x%u@there.test", i)};

    CHECK_ST(IPC_ASK(rig.gate_far, rcpt_ask, &ask, rcpt_answer, a, &m, deadline_in(20000)), ST_OK);
    return (enum st)m.status;
}

static struct rig_box *box(void)
{
    return &rig.boxes[route_core(alice, 2)];
}

static void quiet(void)
{
    for (unsigned i = 0; i < 1000 && (next_untold(rig.keeper) || i < 5); i++)
        CHECK_ST(co_sleep(deadline_in(2)), ST_OK);
}

static void pulled(void)
{
    struct directory_address postmaster = {STR("postmaster"), STR("example.test")};
    struct directory_brake *v;
    struct arena a = ARENA_INIT;
    size_t n;

    alice = rig_account("alice", "x");
    CHECK_ST(
        directory_alias_add(rig.directory, &postmaster, &(struct directory_address){STR("alice"), STR("example.test")}),
        ST_OK);
    CHECK_ST(co_spawn(run, rig.keeper, "brakes"), ST_OK);
    for (unsigned i = 0; i < 200; i++)
        CHECK_ST(rcpt(&a, 1, i, "127.0.0.1"), ST_OK);
    CHECK(!keeper_is_braked(rig.keeper, alice));
    CHECK_ST(rcpt(&a, 2, 200, "127.0.0.1"), ST_OK); /* it goes, but is held */
    CHECK(keeper_is_braked(rig.keeper, alice));
    quiet();
    CHECK_U64(box()->braked, 1);
    CHECK_U64(rig.boxes[0].alerts, 1);
    CHECK_STR(str_z(rig.boxes[0].alert), STR("alice@example.test postmaster@example.test rate 201"));
    CHECK_ST(directory_brake_list(rig.directory, &a, &v, &n), ST_OK);
    CHECK(n == 1 && v[0].account == alice && v[0].is_told);
    keeper_brakes_tell(rig.keeper, route_core(alice, 2)); /* a new box */
    quiet();
    CHECK_U64(box()->braked, 1);
    CHECK_U64(rig.boxes[0].alerts, 1);
    keeper_brake_lift(rig.keeper, alice, STR("alice"));
    quiet();
    CHECK_U64(box()->braked, 0);
    for (unsigned i = 201; i < 300; i++)
        CHECK_ST(rcpt(&a, 3, i, "127.0.0.1"), ST_OK);
    CHECK(!keeper_is_braked(rig.keeper, alice)); /* that many are usual now */
    for (unsigned i = 0; i < 25; i++)
        keeper_sending_failed(rig.keeper, alice);
    CHECK(!keeper_is_braked(rig.keeper, alice)); /* of 300 */
    for (unsigned i = 0; i < 25; i++)
        keeper_sending_failed(rig.keeper, alice);
    CHECK(keeper_is_braked(rig.keeper, alice));
    quiet();
    stop();
    arena_fini(&a);
}

TEST(letters_are_held_and_two_are_told)
{
    rig_run(pulled);
}

static void restarted(void)
{
    const struct directory_brake row = {
        .sign = STR("bounces"), .value = 7, .since_us = 5, .from_afar = STR("192.0.2.1")};
    struct directory_brake mine = row;

    mine.account = alice = rig_account("alice", "x");
    CHECK_ST(directory_brake_put(rig.directory, &mine), ST_OK);
    CHECK_ST(keeper_brakes_load(rig.keeper), ST_OK);
    CHECK(keeper_is_braked(rig.keeper, alice) && next_untold(rig.keeper) == alice);
    keeper_brakes_tell(rig.keeper, route_core(alice, 2));
    CHECK_ST(co_spawn(run, rig.keeper, "brakes"), ST_OK);
    quiet();
    CHECK_U64(box()->braked, 1);
    CHECK_U64(rig.boxes[0].alerts, 1);
    keeper_brake_pull(rig.keeper, alice, STR("alice"), BRAKE_BY_HAND, 0, STR(""));
    quiet();
    CHECK_U64(rig.boxes[0].alerts, 1); /* it was already */
    stop();
}

TEST(who_died_in_between_tells_of_it_then)
{
    rig_run(restarted);
}
