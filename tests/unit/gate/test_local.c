/* A keeper that has no room for messages for a while hears of all connections that have ended in the end. */
#include "gate/gate.h"

static enum st play_keeper(struct ipc *p, enum msg_kind kind, const void *msg, int fd);
#define ipc_send play_keeper
#include "gate/local.c"
#undef ipc_send

#include "test.h"

static struct gate gate;
static bool is_full;
static uint64_t heard, n_heard;

static enum st play_keeper(struct ipc *p, enum msg_kind kind, const void *msg, int fd)
{
    CHECK(p == gate.keeper && kind == MSG_local_end && fd == -1);
    if (is_full)
        return FAIL(ST_TRYLATER, "too much waits");
    heard |= 1ull << ((const struct msg_local_end *)msg)->conn;
    n_heard++;
    return ST_OK;
}

static void body(void *core) SUSPENDS
{
    local_ended(&gate, 1);
    CHECK(heard == 2 && !gate.n_ended);
    is_full = true;
    local_ended(&gate, 2);
    local_ended(&gate, 3);
    IGNORE(co_sleep(deadline_in(2 * AGAIN_MS)));
    CHECK(heard == 2 && gate.n_ended == 2);
    is_full = false;
    for (unsigned i = 0; i < 100 && gate.n_ended; i++)
        IGNORE(co_sleep(deadline_in(AGAIN_MS / 2)));
    CHECK(heard == 14 && n_heard == 3);
    is_full = true;
    for (unsigned i = 0; i < GATE_ENDED_MAX + 10; i++)
        local_ended(&gate, 4);
    CHECK_U64(gate.n_ended, GATE_ENDED_MAX);
    co_timer_clear(&gate.ended_again);
    core_stop(core);
}

static void begin(void *core)
{
    CHECK_ST(co_spawn(body, core, "test"), ST_OK);
}

TEST(the_keeper_hears_of_every_end_although_it_had_no_room)
{
    struct core *core = core_new(&(struct core_options){.name = "test", .coroutines = 4});

    core_post(core, begin, core);
    core_run(core);
    core_free(core);
}
