/* Refusing addresses at which nobody is: counted, lifted by a success, for a while, and by hand for good; whatever was known before a command. */
#include "keeper/suppress.c"

#include "rig.h"

static enum st rcpt(struct arena *a, const char *address, uint64_t account, struct str *out_text)
{
    struct msg_rcpt_ask ask = {.txn = 1, .account = account, .address = str_z(address)};
    struct msg_rcpt_answer m;

    CHECK_ST(IPC_ASK(rig.gate_far, rcpt_ask, &ask, rcpt_answer, a, &m, deadline_in(20000)), ST_OK);
    *out_text = m.text;
    return (enum st)m.status;
}

/* As the courier's message does, when it has been carried out. */
static void note(struct arena *a, uint64_t account, const char *address, bool failed)
{
    struct msg_suppress_note m = {
        .account = account, .failed = failed, .address = str_z(address), .reason = STR("550 5.1.1 nobody")};
    struct ipc_request r = {.kind = MSG_suppress_note, .msg = &m, .fd = -1, .arg = rig.keeper, .arena = a};

    keeper_suppress_note(&r);
}

static void refusing(void)
{
    struct arena a = ARENA_INIT;
    struct directory_address x = {STR("y"), STR("elsewhere.test")};
    uint64_t alice = rig_account("alice", "x"), bob = rig_account("bob", "x");
    struct str text;

    note(&a, alice, "x@elsewhere.test", true);
    CHECK_ST(rcpt(&a, "x@elsewhere.test", alice, &text), ST_OK); /* he may try once more */
    note(&a, alice, "X@Elsewhere.test", true);
    CHECK_ST(rcpt(&a, "x@elsewhere.test", alice, &text), ST_SUPPRESSED);
    CHECK(str_search(text, STR("failed 2 times")) < text.n && str_search(text, STR("550 5.1.1 nobody")) < text.n);
    CHECK_ST(rcpt(&a, "x@elsewhere.test", bob, &text), ST_OK);
    CHECK_ST(rcpt(&a, "z@elsewhere.test", alice, &text), ST_OK);
    CHECK_ST(rcpt(&a, "x@elsewhere.test", 0, &text), ST_FOREIGN);
    keeper_directory_changed(rig.keeper);
    CHECK_ST(rcpt(&a, "x@elsewhere.test", alice, &text), ST_SUPPRESSED);
    note(&a, bob, "x@elsewhere.test", false);
    CHECK_ST(rcpt(&a, "x@elsewhere.test", alice, &text), ST_SUPPRESSED); /* another one's success */
    note(&a, alice, "x@elsewhere.test", false);
    CHECK_ST(rcpt(&a, "x@elsewhere.test", alice, &text), ST_OK);
    note(&a, alice, "no address", true);
    note(&a, 4711, "x@elsewhere.test", true); /* nobody's */
    CHECK_ST(directory_suppressed_add(rig.directory, alice, &x, STR("by hand"), clock_wall_us()), ST_OK);
    keeper_directory_changed(rig.keeper);
    CHECK_ST(rcpt(&a, "y@elsewhere.test", alice, &text), ST_SUPPRESSED);
    note(&a, alice, "y@elsewhere.test", false);
    CHECK_ST(rcpt(&a, "y@elsewhere.test", alice, &text), ST_SUPPRESSED); /* until it is lifted */
    arena_fini(&a);
}
static unsigned changes;
static void on_change(struct ipc_request *r)
{
    (void)r;
    changes++;
}

static enum st suppressed(struct ipc *courier, uint64_t account)
{
    struct msg_suppressed_ask ask = {.account = account};
    struct msg_suppressed_answer m;
    struct arena a = ARENA_INIT;

    CHECK_ST(IPC_ASK(courier, suppressed_ask, &ask, suppressed_answer, &a, &m, deadline_in(20000)), ST_OK);
    arena_fini(&a);
    return (enum st)m.status;
}

static void telling(void)
{
    static const struct ipc_handler near[] = {{MSG_suppressed_ask, keeper_suppressed, false}},
                                    far[] = {{MSG_changed_note, on_change, true}};
    struct keeper_gate *c = &rig.keeper->courier;
    struct arena a = ARENA_INIT;
    uint64_t alice = rig_account("alice", "x"), bob = rig_account("bob", "x");
    struct ipc *courier;

    changes = 0;
    rig_pair(near, 1, c, &c->ipc, far, 1, NULL, &courier);
    CHECK_ST(suppressed(courier, alice), ST_NOTFOUND);
    note(&a, alice, "x@elsewhere.test", true);
    CHECK_ST(suppressed(courier, alice), ST_OK);
    CHECK_ST(suppressed(courier, bob), ST_NOTFOUND);
    CHECK_U64(changes, 1);
    note(&a, alice, "y@elsewhere.test", true); /* that there are some is known */
    CHECK_ST(suppressed(courier, alice), ST_OK);
    CHECK_U64(changes, 1);
    keeper_directory_changed(rig.keeper);
    CHECK_ST(suppressed(courier, alice), ST_OK);
    CHECK_U64(changes, 2);
    ipc_free(TAKE(c->ipc));
    ipc_free(courier);
    arena_fini(&a);
}
TEST(the_courier_hears_when_an_account_has_its_first_such_address)
{
    rig_run(telling);
}

TEST(addresses_where_nobody_is)
{
    rig_run(refusing);
}

TEST(for_a_while)
{
    struct settings set = {.suppress_after = 2, .suppress_time = 1000};
    struct directory_suppressed v = {.failures = 2, .last_us = 5000000};

    CHECK(keeper_is_refused(&set, &v, 5500000) && keeper_is_refused(&set, &v, 6000000));
    CHECK(!keeper_is_refused(&set, &v, 6000001));
    v.failures = 1;
    CHECK(!keeper_is_refused(&set, &v, 5500000));
    v.by_hand = true;
    CHECK(keeper_is_refused(&set, &v, 99000000));
    v = (struct directory_suppressed){.failures = 9, .last_us = 5000000};
    set.suppress_after = 0;
    CHECK(!keeper_is_refused(&set, &v, 5500000));
}
