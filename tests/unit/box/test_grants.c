/* Tokens that are forged, foreign, expired, used twice or withdrawn are worth nothing. */
#include "rig.h"

#include "box/grants.c"

#define T1 "0123456789abcdef"
#define T2 "fedcba9876543210"

static enum st find(const char *token, size_t n, uint64_t account, uint32_t gate, uint64_t conn, uint32_t right)
{
    struct grant *g;

    return grant_find(&rig.core, str_n(token, n), account, gate, conn, right, &g);
}

static void bound(void)
{
    char forged[TOKEN_BYTES];

    rig_grant_add(T1, ALICE, GRANT_MAIL);
    CHECK_ST(find(T1, 16, ALICE, 0, CONN, GRANT_MAIL), ST_OK);
    CHECK_ST(find(T1, 16, BOB, 0, CONN, GRANT_MAIL), ST_DENIED);
    CHECK_ST(find(T1, 16, ALICE, 1, CONN, GRANT_MAIL), ST_DENIED);
    CHECK_ST(find(T1, 16, ALICE, 0, CONN + 1, GRANT_MAIL), ST_DENIED);
    CHECK_ST(find(T1, 16, ALICE, 0, CONN, GRANT_SUBMIT), ST_DENIED);
    CHECK_ST(find(T1, 15, ALICE, 0, CONN, GRANT_MAIL), ST_DENIED);
    CHECK_ST(find(T1, 0, ALICE, 0, CONN, GRANT_MAIL), ST_DENIED);
    for (unsigned i = 0; i < sizeof forged * 8; i++) {
        memcpy(forged, T1, sizeof forged);
        forged[i / 8] ^= (char)(1 << i % 8);
        CHECK_ST(find(forged, 16, ALICE, 0, CONN, GRANT_MAIL), ST_DENIED);
    }
}
TEST(a_grant_is_good_for_its_account_gate_connection_and_right)
{
    rig_run(bound);
}

static void expired(void)
{
    struct grant *g;

    rig_grant_add(T1, ALICE, GRANT_MAIL);
    CHECK_ST(grant_find(&rig.core, STR(T1), ALICE, 0, CONN, GRANT_MAIL, &g), ST_OK);
    CHECK(g->expires > clock_mono_ms() && g->expires <= clock_mono_ms() + GRANT_LIFE_MS);
    g->expires = clock_mono_ms();
    CHECK_ST(find(T1, 16, ALICE, 0, CONN, GRANT_MAIL), ST_DENIED);
    CHECK_U64(rig.core.grants.n, 0);
}
TEST(a_grant_expires)
{
    rig_run(expired);
}

static void redeemed(void)
{
    struct msg_submit_end end = {.token = STR(T1), .account = ALICE, .conn = CONN};
    struct grant *g;

    rig_grant_add(T1, ALICE, GRANT_SUBMIT);
    CHECK_ST(grant_submitting(&rig.core, STR(T1), ALICE, 0, CONN, &g), ST_DENIED); /* not redeemed yet */
    CHECK_ST(rig_submit(1, T1, ALICE, CONN), ST_DENIED);
    CHECK_ST(rig_submit(0, T1, BOB, CONN), ST_DENIED);
    CHECK_ST(rig_submit(0, T1, ALICE, CONN + 1), ST_DENIED);
    CHECK_ST(rig_submit(0, T1, ALICE, CONN), ST_OK);
    CHECK_ST(rig_submit(0, T1, ALICE, CONN), ST_DENIED); /* a second time */
    CHECK_ST(grant_submitting(&rig.core, STR(T1), ALICE, 0, CONN, &g), ST_OK);
    CHECK_ST(grant_submitting(&rig.core, STR(T1), ALICE, 1, CONN, &g), ST_DENIED);
    CHECK_ST(find(T1, 16, ALICE, 0, CONN, GRANT_MAIL), ST_DENIED);   /* no way to the mailbox */
    CHECK_ST(ipc_send(rig.far[1], MSG_submit_end, &end, -1), ST_OK); /* another gate can't end it */
    CHECK_ST(co_sleep(deadline_in(20)), ST_OK);
    CHECK_U64(rig.core.grants.n, 1);
    CHECK_ST(ipc_send(rig.far[0], MSG_submit_end, &end, -1), ST_OK);
    CHECK_ST(rig_submit(0, T1, ALICE, CONN), ST_DENIED); /* in order behind it */
    CHECK_U64(rig.core.grants.n, 0);
    rig_grant_add(T2, ALICE, GRANT_MAIL);
    CHECK_ST(rig_submit(0, T2, ALICE, CONN), ST_DENIED); /* a login to read is none to send */
}
TEST(a_submission_grant_is_redeemed_once_and_lives_as_long_as_its_connection)
{
    rig_run(redeemed);
}

static void revoked(void)
{
    struct msg_grant_ask other = rig_grant(T2, BOB, GRANT_MAIL);
    char token[TOKEN_BYTES] = "";

    for (int i = 0; i < 100; i++) {
        token[0] = (char)i;
        rig_grant_add(token, ALICE, i % 2 ? GRANT_SUBMIT : GRANT_MAIL);
        if (i % 2)
            CHECK_ST(rig_submit(0, token, ALICE, CONN), ST_OK);
    }
    other.gate = 1;
    CHECK_ST(grant_add(&rig.core, &other), ST_OK);
    grants_revoke(&rig.core, ALICE, 6); /* another credential */
    CHECK_U64(rig.core.grants.n, 101);
    grants_revoke(&rig.core, ALICE, 0);
    CHECK_U64(rig.core.grants.n, 1);
    grants_drop_gate(&rig.core, 0);
    CHECK_U64(rig.core.grants.n, 1);
    grants_drop_gate(&rig.core, 1);
    CHECK_U64(rig.core.grants.n, 0);
}
TEST(grants_end_with_the_account_s_rights_and_with_their_gate)
{
    rig_run(revoked);
}

static void malformed(void)
{
    struct msg_grant_ask m = rig_grant(T1, ALICE, GRANT_MAIL);
    char longer[LIMIT_ADDRESS + 2];

    m.token.n = 15;
    CHECK_ST(grant_add(&rig.core, &m), ST_SYNTAX);
    m = rig_grant(T1, ALICE, GRANT_MAIL);
    memset(longer, 'x', sizeof longer);
    m.login = str_n(longer, LIMIT_ADDRESS + 1);
    CHECK_ST(grant_add(&rig.core, &m), ST_SYNTAX);
    CHECK_U64(rig.core.grants.n, 0);
}
TEST(malformed_grants_are_refused)
{
    rig_run(malformed);
}
