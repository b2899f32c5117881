/* Room for a letter: asked with the keeper's passes, so that a gate learns of nobody else. */
#include "rig.h"

#include "box/room.c"

#include "config/config.h"

#define TXN 4711

static enum st ask(struct rcpt_target t, unsigned gate, uint64_t size, uint64_t *out_free)
{
    unsigned char pass[PASS_BYTES];
    struct msg_room_ask m = {.txn = TXN, .size = size};
    struct msg_room_answer answer;
    struct buf list;

    pass_make(rig_key, 0, TXN, 0, &t, pass);
    if (!t.pass.n)
        t.pass = str_n((const char *)pass, PASS_BYTES);
    buf_init(&list, 4096);
    rcpt_targets_put(&list, &t, 1);
    m.rcpts = buf_str(&list);
    CHECK_ST(IPC_ASK(rig.far[gate], room_ask, &m, room_answer, &rig.a, &answer, deadline_in(20000)), ST_OK);
    buf_fini(&list);
    if (out_free)
        *out_free = answer.free;
    return (enum st)answer.status;
}

static void rooms(void)
{
    struct rcpt_target t = {.kind = RCPT_LOCAL,
                            .account = BOB,
                            .address = STR("bob@example.test"),
                            .original = STR("bob@example.test"),
                            .limits = {.bytes = 1000, .keep_s = KEEP_DEFAULT}},
                       forged = t;
    const struct delivery_rcpt rcpt = {.account = BOB};
    struct delivery d = {.mail = letter(rig.w, "x"), .rcpts = &rcpt, .n_rcpts = 1};
    uint64_t room = 0;

    CHECK_ST(ask(t, 0, 900, &room), ST_OK);
    CHECK_U64(room, 1000);
    CHECK_ST(mail_deliver(rig.w->mail, &d), ST_OK);
    CHECK_ST(ask(t, 0, 10, &room), ST_OK);
    CHECK_U64(room, 1000 - d.mail.bytes.n);
    CHECK_ST(ask(t, 0, 1000, NULL), ST_OVERQUOTA);
    CHECK_ST(ask(t, 0, 1001, NULL), ST_TOOBIG);
    CHECK_ST(ask(t, 1, 10, NULL), ST_DENIED); /* of another gate */
    forged.pass = STR("0123456789abcdef");
    CHECK_ST(ask(forged, 0, 10, NULL), ST_DENIED);
}

TEST(room_is_told_to_those_who_may_deliver)
{
    rig_run(rooms);
}

/* Limits stand under the pass: a gate that raises them has none. */
static void raised(void)
{
    struct rcpt_target t = {.kind = RCPT_LOCAL, .account = BOB, .limits = {.bytes = 10}};
    unsigned char pass[PASS_BYTES];

    pass_make(rig_key, 0, TXN, 0, &t, pass);
    t.pass = str_n((const char *)pass, PASS_BYTES);
    CHECK_ST(ask(t, 0, 100, NULL), ST_TOOBIG);
    t.limits.bytes = 0;
    CHECK_ST(ask(t, 0, 100, NULL), ST_DENIED);
    t.limits.bytes = 10;
    t.limits.domain = 5;
    CHECK_ST(ask(t, 0, 1, NULL), ST_DENIED);
}

TEST(limits_cannot_be_raised_by_a_gate)
{
    rig_run(raised);
}

#define T1 "0123456789abcdef"

static enum st ask_future(const char *token, unsigned gate, uint64_t size)
{
    struct msg_future_ask m = {
        .account = ALICE, .conn = CONN, .size = size, .token = str_n(token, token ? TOKEN_BYTES : 0)};
    struct msg_future_answer answer;

    CHECK_ST(IPC_ASK(rig.far[gate], future_ask, &m, future_answer, &rig.a, &answer, deadline_in(20000)), ST_OK);
    return (enum st)answer.status;
}

/* Letters that leave later: as many of an account as the settings say, under its grant. */
static void futures(void)
{
    struct config_errors *errors = MEM_NEW(struct config_errors);
    struct queue_attr at = {STR(QUEUE_RELEASE),
                            arena_printf(&rig.a, "%llu", (unsigned long long)clock_wall_us() + 60000000)};
    struct queue_rcpt to = {.address = STR("x@far.test")};
    struct queue_entry e = {.account = ALICE, .size = 600000, .attrs = &at, .n_attrs = 1, .rcpts = &to, .n_rcpts = 1};
    struct queue_extra extra = {rig.box.queue, &e};
    struct delivery d = {.mail = letter(rig.w, "x"), .extra = queue_extra, .extra_arg = &extra};

    CHECK_ST(
        config_parse(STR("host_name mx.example.test\nsmtp_future_release_letters 2\nsmtp_future_release_size 1M\n"),
                     "test", &rig.core.set, errors),
        ST_OK);
    CHECK_ST(ask_future(NULL, 0, 1), ST_DENIED);
    rig_grant_add(T1, ALICE, GRANT_SUBMIT);
    CHECK_ST(rig_submit(0, T1, ALICE, CONN), ST_OK);
    CHECK_ST(ask_future(T1, 1, 1), ST_DENIED);
    CHECK_ST(ask_future(T1, 0, 1000000), ST_OK);
    d.blob_id = blob_new_id(rig.w->store);
    CHECK_ST(mail_deliver(rig.w->mail, &d), ST_OK);
    CHECK_ST(ask_future(T1, 0, 400000), ST_OK);
    CHECK_ST(ask_future(T1, 0, 500000), ST_OVERQUOTA);
    CHECK_ST(ask_future(T1, 0, UINT64_MAX), ST_OVERQUOTA);
    d.mail = letter(rig.w, "y");
    d.blob_id = blob_new_id(rig.w->store);
    e.size = 1;
    CHECK_ST(mail_deliver(rig.w->mail, &d), ST_OK);
    CHECK_ST(ask_future(T1, 0, 0), ST_OVERQUOTA);
    config_unref(rig.core.set);
    rig.core.set = NULL;
    mem_free(errors);
}

TEST(letters_that_leave_later_are_counted)
{
    rig_run(futures);
}
