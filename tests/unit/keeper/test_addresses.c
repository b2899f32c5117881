#include "keeper/addresses.c"

#include "rig.h"

static enum st rcpt(struct arena *a, const char *address, uint64_t account, struct msg_rcpt_answer *out)
{
    struct msg_rcpt_ask ask = {.txn = 4711, .account = account, .address = str_z(address)};

    CHECK_ST(IPC_ASK(rig.gate_far, rcpt_ask, &ask, rcpt_answer, a, out, deadline_in(20000)), ST_OK);
    return (enum st)out->status;
}

static void recipients(void)
{
    struct arena a = ARENA_INIT;
    struct msg_rcpt_answer m;
    struct rcpt_target *t;
    uint64_t id = rig_account("alice", "x");
    size_t n;

    CHECK_ST(directory_domain_add(rig.directory, STR("xn--bcher-kva.test")), ST_OK);
    CHECK_ST(directory_alias_add(rig.directory, &(struct directory_address){STR(""), STR("xn--bcher-kva.test")},
                                 &(struct directory_address){STR("alice"), STR("example.test")}),
             ST_OK);
    CHECK_ST(rcpt(&a, "Alice+x@Example.Test", 0, &m), ST_OK);
    CHECK_ST(rcpt_targets_get(m.targets, &a, &t, &n), ST_OK);
    CHECK(n == 1 && t[0].kind == RCPT_LOCAL && t[0].account == id);
    CHECK_STR(t[0].address, STR("alice@example.test"));
    CHECK_STR(t[0].original, STR("Alice+x@Example.Test"));
    CHECK(pass_is_good(rig.boxes[0].pass_key, 0, 4711, 0, &t[0]));
    CHECK(!pass_is_good(rig.boxes[0].pass_key, 0, 4712, 0, &t[0]));
    CHECK(!pass_is_good(rig.boxes[0].pass_key, 1, 4711, 0, &t[0]));
    CHECK_ST(rcpt(&a,
                  "who@b\xc3\xbc"
                  "cher.test",
                  0, &m),
             ST_OK);
    CHECK_ST(rcpt(&a, "who@XN--bcher-kva.test", 0, &m), ST_OK);
    CHECK_ST(rcpt(&a, "nobody@example.test", 0, &m), ST_NOTFOUND);
    CHECK_ST(rcpt(&a, "x@elsewhere.test", 0, &m), ST_FOREIGN);
    CHECK_ST(rcpt(&a, "x@elsewhere.test", id, &m), ST_OK);
    CHECK_ST(rcpt_targets_get(m.targets, &a, &t, &n), ST_OK);
    CHECK(n == 1 && t[0].kind == RCPT_REMOTE && t[0].account == 0);
    CHECK(pass_is_good(rig.boxes[0].pass_key, 0, 4711, id, &t[0]));
    CHECK(!pass_is_good(rig.boxes[0].pass_key, 0, 4711, 0, &t[0]));
    CHECK_ST(rcpt(&a, "postmaster", 0, &m), ST_OK);
    CHECK_ST(rcpt(&a, "no address", 0, &m), ST_SYNTAX);
    CHECK_ST(rcpt(&a, "alice", 0, &m), ST_SYNTAX);
    arena_fini(&a);
}

TEST(recipients_are_resolved_and_get_passes)
{
    rig_run(recipients);
}

static void senders(void)
{
    struct arena a = ARENA_INIT;
    struct msg_sender_answer m;
    uint64_t id = rig_account("alice", "x");
    struct msg_sender_ask ask = {.account = id, .address = STR("ALICE+list@example.test")};

    rig_account("bob", "x");
    CHECK_ST(IPC_ASK(rig.gate_far, sender_ask, &ask, sender_answer, &a, &m, deadline_in(20000)), ST_OK);
    CHECK_U64(m.status, ST_OK);
    ask.address = STR("bob@example.test");
    CHECK_ST(IPC_ASK(rig.gate_far, sender_ask, &ask, sender_answer, &a, &m, deadline_in(20000)), ST_OK);
    CHECK_U64(m.status, ST_DENIED);
    CHECK(m.text.n > 0);
    ask.address = STR("bob@elsewhere.test");
    CHECK_ST(IPC_ASK(rig.gate_far, sender_ask, &ask, sender_answer, &a, &m, deadline_in(20000)), ST_OK);
    CHECK_U64(m.status, ST_FOREIGN);
    arena_fini(&a);
}

TEST(senders_are_checked)
{
    rig_run(senders);
}

static enum st sender(struct arena *a, uint64_t account, const char *address)
{
    struct msg_sender_ask ask = {.account = account, .address = str_z(address)};
    struct msg_sender_answer m;

    CHECK_ST(IPC_ASK(rig.gate_far, sender_ask, &ask, sender_answer, a, &m, deadline_in(20000)), ST_OK);
    return (enum st)m.status;
}

/* What is remembered is no other answer than that of the directory, and goes when that changes. */
static void remembered(void)
{
    struct arena a = ARENA_INIT;
    struct msg_rcpt_answer m;
    struct rcpt_target *t;
    uint64_t alice = rig_account("alice", "x"), bob = rig_account("bob", "x");
    const struct directory_address other = {STR("other"), STR("example.test")};
    size_t n;

    for (int i = 0; i < 2; i++) {
        CHECK_ST(rcpt(&a, "X.y@Elsewhere.Test", alice, &m), ST_OK);
        CHECK_ST(rcpt_targets_get(m.targets, &a, &t, &n), ST_OK);
        CHECK(n == 1 && t[0].kind == RCPT_REMOTE && pass_is_good(rig.boxes[0].pass_key, 0, 4711, alice, &t[0]));
        CHECK_STR(t[0].address, STR("X.y@elsewhere.test"));
        CHECK_STR(t[0].original, STR("X.y@Elsewhere.Test"));
        CHECK_ST(rcpt(&a, "x@elsewhere.test", 0, &m), ST_FOREIGN);
        CHECK_ST(rcpt(&a, "x y@elsewhere.test", alice, &m), ST_SYNTAX);
        CHECK_ST(sender(&a, alice, "alice+1@example.test"), ST_OK);
        CHECK_ST(sender(&a, bob, "alice+1@example.test"), ST_DENIED);
        CHECK_ST(sender(&a, alice, "z@elsewhere.test"), ST_FOREIGN);
        CHECK_ST(sender(&a, alice, "z@mail.example.test"), ST_DENIED);
        CHECK_ST(sender(&a, alice, "other@example.test"), ST_DENIED);
    }
    CHECK_U64(rig.keeper->permits.by_key.n, 2); /* the domain, and one sender */
    CHECK_ST(directory_domain_add(rig.directory, STR("elsewhere.test")), ST_OK);
    CHECK_ST(directory_alias_add(rig.directory, &other, &(struct directory_address){STR("alice"), STR("example.test")}),
             ST_OK);
    keeper_directory_changed(rig.keeper);
    CHECK_ST(rcpt(&a, "x@elsewhere.test", bob, &m), ST_NOTFOUND);
    CHECK_ST(sender(&a, bob, "z@elsewhere.test"), ST_DENIED);
    arena_fini(&a);
}

TEST(what_is_remembered_is_what_the_directory_says)
{
    rig_run(remembered);
}
