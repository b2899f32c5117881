/* Limits of what is handed in: counted at RCPT, taken back when nothing comes of it, of account and domain, with the time when there is room again; kept over a restart. */
#include "keeper/sending.c"

#include "rig.h"

static uint64_t alice, bob;

static enum st rcpt(struct arena *a, uint64_t txn, uint64_t account, const char *address, struct msg_rcpt_answer *out)
{
    struct msg_rcpt_ask ask = {.txn = txn, .account = account, .peer = STR("192.0.2.1"), .address = str_z(address)};

    CHECK_ST(IPC_ASK(rig.gate_far, rcpt_ask, &ask, rcpt_answer, a, out, deadline_in(20000)), ST_OK);
    return (enum st)out->status;
}

/* Behind it stands a question, so that it has been heard. */
static void over(struct arena *a, uint64_t txn, bool accepted)
{
    struct msg_txn_note m = {.txn = txn, .accepted = accepted};
    struct msg_health_ask ask = {0};
    struct msg_health_answer answer;

    CHECK_ST(ipc_send(rig.gate_far, MSG_txn_note, &m, -1), ST_OK);
    CHECK_ST(IPC_ASK(rig.gate_far, health_ask, &ask, health_answer, a, &answer, deadline_in(20000)), ST_OK);
}

static struct sending_shown shown(bool is_domain, uint64_t of)
{
    struct sending_shown s = {0};

    CHECK_ST(keeper_sending_show(rig.keeper, is_domain, of, &s), ST_OK);
    return s;
}

static void set_limit(bool is_domain, uint64_t of, enum send_limit which, uint64_t value)
{
    CHECK_ST(directory_send_limit_set(rig.directory, is_domain, of, which, value), ST_OK);
    keeper_directory_changed(rig.keeper);
}

static uint64_t domain_of(struct arena *a, uint64_t account)
{
    struct directory_account found;

    CHECK_ST(directory_account_by_id(rig.directory, a, account, &found), ST_OK);
    return found.domain;
}

static void counting(void)
{
    struct arena a = ARENA_INIT;
    struct msg_rcpt_answer m;

    alice = rig_account("alice", "x");
    bob = rig_account("bob", "x");
    set_limit(false, alice, SEND_LETTERS_HOUR, 2);
    set_limit(false, alice, SEND_RCPTS_DAY, 5);
    CHECK_ST(rcpt(&a, 1, alice, "x@there.test", &m), ST_OK);
    CHECK_ST(rcpt(&a, 1, alice, "y@there.test", &m), ST_OK);
    CHECK_ST(rcpt(&a, 2, alice, "bob@example.test", &m), ST_OK);
    CHECK_ST(rcpt(&a, 3, alice, "x@there.test", &m), ST_OVERRATE);
    CHECK(str_starts(m.text, STR("2 letters an hour of your account; again in ")) && str_ends(m.text, STR("minutes")));
    CHECK_ST(rcpt(&a, 2, alice, "nobody@example.test", &m), ST_NOTFOUND); /* not counted */
    CHECK_U64(shown(false, alice).day.rcpts, 3);
    over(&a, 2, false);
    CHECK_U64(shown(false, alice).hour.letters, 1);
    CHECK_U64(shown(false, alice).day.rcpts, 2);
    over(&a, 2, false); /* only once */
    over(&a, 1, true);
    CHECK_U64(shown(true, domain_of(&a, alice)).day.rcpts, 2);
    for (unsigned i = 0; i < 3; i++)
        CHECK_ST(rcpt(&a, 4, alice, "x@there.test", &m), ST_OK);
    CHECK_ST(rcpt(&a, 4, alice, "x@there.test", &m), ST_OVERRATE);
    CHECK(str_starts(m.text, STR("5 recipients a day of your account; again in ")));
    CHECK_ST(rcpt(&a, 9, bob, "x@there.test", &m), ST_OK);
    CHECK_ST(rcpt(&a, 10, 4711, "x@there.test", &m), ST_TRYLATER); /* no such account */
    arena_fini(&a);
}

TEST(letters_and_recipients_are_counted)
{
    rig_run(counting);
}

static void of_a_domain(void)
{
    struct arena a = ARENA_INIT;
    struct msg_rcpt_answer m;

    alice = rig_account("alice", "x");
    bob = rig_account("bob", "x");
    set_limit(true, domain_of(&a, alice), SEND_LETTERS_DAY, 2);
    set_limit(true, domain_of(&a, alice), SEND_LETTER_BYTES, 5000);
    set_limit(true, domain_of(&a, alice), SEND_LETTER_RCPTS, 1);
    set_limit(false, bob, SEND_LETTER_RCPTS, 0);
    CHECK_ST(rcpt(&a, 1, alice, "x@there.test", &m), ST_OK);
    CHECK_U64(m.most_bytes, 5000);
    CHECK_U64(m.most_rcpts, 1);
    CHECK_ST(rcpt(&a, 2, bob, "x@there.test", &m), ST_OK);
    CHECK_ST(rcpt(&a, 2, bob, "y@there.test", &m), ST_OK);
    CHECK_ST(rcpt(&a, 3, bob, "y@there.test", &m), ST_OVERRATE);
    CHECK(str_search(m.text, STR("2 letters a day of your domain; again in 2")) < m.text.n);
    arena_fini(&a);
}

TEST(a_domain_is_counted_together)
{
    rig_run(of_a_domain);
}

/* The directory stays, whatever was in memory goes. */
static void restart(void)
{
    struct arena a = ARENA_INIT;
    struct msg_rcpt_answer m;

    alice = rig_account("alice", "x");
    set_limit(false, alice, SEND_LETTERS_DAY, 1);
    CHECK_ST(rcpt(&a, 1, alice, "x@there.test", &m), ST_OK);
    keeper_write_sending(rig.keeper);
    senders_fini(&rig.keeper->senders);
    senders_init(&rig.keeper->senders);
    sending_txns_drop(&rig.keeper->gates[0].txns);
    CHECK_ST(rcpt(&a, 2, alice, "x@there.test", &m), ST_OVERRATE);
    CHECK_U64(shown(false, alice).day.letters, 1);
    CHECK_ST(directory_account_remove(rig.directory, alice), ST_OK);
    keeper_directory_changed(rig.keeper);
    take_back(rig.keeper, false, alice, &(struct sending_txn){0});
    keeper_write_sending(rig.keeper); /* nothing of who is gone is kept */
    CHECK_ST(directory_send_use_get(rig.directory, &a, false, alice, &m.text), ST_NOTFOUND);
    arena_fini(&a);
}

TEST(it_is_remembered_over_a_restart)
{
    rig_run(restart);
}

TEST(transactions_of_a_gate_are_bounded)
{
    struct sender s = {.of = 7};
    struct sending_txns all;

    sending_txns_init(&all);
    for (uint64_t i = 1; i <= SENDING_TXNS_MAX + 10; i++)
        (void)begin_txn(&all, i, &s);
    CHECK_U64(all.by_txn.n, SENDING_TXNS_MAX);
    CHECK(!map_get(&all.by_txn, 10) && map_get(&all.by_txn, 11));
    sending_txns_drop(&all);
    CHECK(list_is_empty(&all.by_age));
}

TEST(times_in_words)
{
    struct arena a = ARENA_INIT;

    CHECK_STR(in_words(&a, 1), STR("a minute"));
    CHECK_STR(in_words(&a, 61), STR("2 minutes"));
    CHECK_STR(in_words(&a, 2040), STR("34 minutes"));
    CHECK_STR(in_words(&a, 7200), STR("2 hours"));
    arena_fini(&a);
}
