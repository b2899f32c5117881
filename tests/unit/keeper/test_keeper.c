#include "keeper/keeper.c"

#include "rig.h"

static void settle(void)
{
    CHECK_ST(co_sleep(deadline_in(20)), ST_OK);
}

static void what_is_told(void)
{
    const struct settings *set = rig_settings("tls_session_tickets no");

    settle();
    CHECK(memcmp(rig.boxes[0].pass_key, rig.keeper->pass_key, PASS_KEY_BYTES) == 0);
    CHECK(memcmp(rig.boxes[1].pass_key, rig.keeper->pass_key, PASS_KEY_BYTES) == 0);
    CHECK(rig.certs_begun == 1 && rig.certs == 0 && rig.certs_ended == 1 && rig.tickets == 1);
    CHECK_U64(rig.ticket_bytes, TLS_TICKET_KEY_BYTES);
    rotate_tickets(rig.keeper);
    settle();
    CHECK_U64(rig.ticket_bytes, 2 * TLS_TICKET_KEY_BYTES);
    for (int i = 0; i < 3; i++)
        rotate_tickets(rig.keeper);
    settle();
    CHECK_U64(rig.ticket_bytes, 3 * TLS_TICKET_KEY_BYTES);
    keeper_reload(rig.keeper, set, certs_new(1));
    config_unref(set);
    settle();
    CHECK_U64(rig.ticket_bytes, 0);
    CHECK(rig.certs_begun == 2 && rig.certs_ended == 2);
}

TEST(gates_and_boxes_are_told_what_they_need)
{
    rig_run(what_is_told);
}

static void revocations(void)
{
    keeper_revoke(rig.keeper, 5, 0, STR("because"));
    settle();
    CHECK(rig.boxes[0].revokes == 1 && rig.boxes[1].revokes == 1 && rig.gate_revokes == 1);
}

TEST(a_revocation_reaches_all)
{
    rig_run(revocations);
}

static void no_key(void)
{
    struct arena a = ARENA_INIT;
    struct msg_sign_ask ask = {.key = 9, .kind = TLS_KEY_ECDSA, .input = STR("0123456789abcdef0123456789abcdef")};
    struct msg_sign_answer answer;

    CHECK_ST(IPC_ASK(rig.gate_far, sign_ask, &ask, sign_answer, &a, &answer, deadline_in(5000)), ST_OK);
    CHECK_U64(answer.status, ST_NOTFOUND);
    CHECK_U64(answer.signature.n, 0);
    arena_fini(&a);
}

TEST(an_unknown_key_signs_nothing)
{
    rig_run(no_key);
}
