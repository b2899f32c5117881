/* Which grants open a session. */
#include "rig.h"

#define mail_tell told_meanwhile
static enum st told_meanwhile(struct mail *m, uint64_t account, const struct account_limits *limits) SUSPENDS;
#include "box/sessions.c"
#undef mail_tell

#define T1 "0123456789abcdef"

static void (*meanwhile)(void);

static enum st told_meanwhile(UNUSED struct mail *m, UNUSED uint64_t account,
                              UNUSED const struct account_limits *limits)
{
    if (meanwhile)
        meanwhile();
    return ST_OK;
}

static void withdrawn(void)
{
    grants_revoke(&rig.core, ALICE, 5);
}

static struct msg_session_ask session = {
    .token = {T1, TOKEN_BYTES}, .account = ALICE, .conn = CONN, .service = PROTOCOL_IMAP};

static enum st ask(void)
{
    int fds[2];
    struct ipc_request r = {.msg = &session, .arg = &rig.core.gates[0]};
    enum st st;

    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    r.fd = fds[0];
    st = redeem(&r);
    CHECK(r.fd == fds[0]); /* no session has it */
    close(fds[0]);
    close(fds[1]);
    return st;
}

/* Somebody who comes with the same grant while the first still waits. */
static void again(void)
{
    meanwhile = NULL;
    CHECK_ST(ask(), ST_TRYLATER);
}

static void opened(void)
{
    rig.core.stopping = true; /* what comes behind the grant is not this test's */
    rig_grant_add(T1, ALICE, GRANT_MAIL);
    CHECK_ST(ask(), ST_TRYLATER);
    CHECK_ST(ask(), ST_DENIED);
    rig_grant_add(T1, ALICE, GRANT_MAIL);
    meanwhile = withdrawn;
    CHECK_ST(ask(), ST_DENIED);
    rig_grant_add(T1, ALICE, GRANT_MAIL);
    meanwhile = again;
    CHECK_ST(ask(), ST_DENIED);
}

TEST(a_grant_opens_one_session_and_none_once_it_is_revoked)
{
    rig_run(opened);
}
