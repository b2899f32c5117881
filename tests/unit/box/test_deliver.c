/* Letters from a gate that has been taken over: it may deliver what the keeper allowed just this letter, and nothing else. */
#include "rig.h"

#include "box/deliver.c"

#define T1 "0123456789abcdef"
#define T2 "fedcba9876543210"
#define TXN 4711

struct attempt {
    struct msg_deliver_ask m;
    struct rcpt_target t;
    unsigned char pass[PASS_BYTES];
    unsigned gate;
    int fd;
};

/* A letter to one recipient, with the pass that the keeper gives to gate 0 for it. */
static struct attempt *to(uint8_t kind, uint64_t account, uint64_t submitter)
{
    struct attempt *x = ARENA_NEW(&rig.a, struct attempt);
    struct new_mail mail = letter(rig.w, "hello");

    x->fd = -1;
    x->t = (struct rcpt_target){.kind = kind,
                                .account = account,
                                .address = STR("someone@example.test"),
                                .original = STR("someone@example.test")};
    pass_make(rig_key, 0, TXN, submitter, &x->t, x->pass);
    x->t.pass = str_n((const char *)x->pass, PASS_BYTES);
    x->m = (struct msg_deliver_ask){.txn = TXN,
                                    .conn = CONN,
                                    .account = submitter,
                                    .peer = STR("192.0.2.1:1"),
                                    .reverse_path = STR("a@b.test"),
                                    .body = mail.bytes,
                                    .record = mail.record,
                                    .body_size = mail.bytes.n,
                                    .record_size = mail.record.n};
    return x;
}

static enum st raw(struct attempt *x)
{
    struct msg_deliver_answer answer;

    CHECK_ST(ipc_ask(rig.far[x->gate], MSG_deliver_ask, &x->m, x->fd, MSG_deliver_answer, &rig.a, &answer, NULL,
                     deadline_in(20000)),
             ST_OK);
    return (enum st)answer.status;
}

static struct attribute wishes[2];
static size_t n_wishes;

static enum st attempt(struct attempt *x)
{
    struct buf rcpts, none;
    enum st st;

    buf_init(&rcpts, 4096);
    buf_init(&none, 256);
    rcpt_targets_put(&rcpts, &x->t, 1);
    attributes_put(&none, wishes, n_wishes);
    x->m.rcpts = buf_str(&rcpts);
    x->m.rcpts_size = rcpts.n;
    x->m.attributes = buf_str(&none);
    st = raw(x);
    x->m.attributes = STR_NONE;
    buf_fini(&none);
    buf_fini(&rcpts);
    return st;
}

static void stored(uint32_t local, uint64_t queued)
{
    struct account *a = open_account(rig.w, ALICE);
    struct mailbox_info info = {0};
    struct queue_counts counts;

    CHECK_ST(mailbox_status(a, &rig.a, STR("INBOX"), &info), ST_OK);
    CHECK_U64(info.messages, local);
    account_close(a);
    queue_get_counts(rig.box.queue, &counts);
    CHECK_U64(counts.entries, queued);
}

static void passes(void)
{
    struct attempt *x = to(RCPT_LOCAL, ALICE, 0);

    rig.core.has_pass_key = false;
    CHECK_ST(attempt(x), ST_TRYLATER);
    rig.core.has_pass_key = true;
    x->gate = 1; /* another gate's */
    CHECK_ST(attempt(x), ST_DENIED);
    x->gate = 0;
    x->m.txn++; /* an older transaction's */
    CHECK_ST(attempt(x), ST_DENIED);
    x->m.txn--;
    x->pass[7] ^= 1;
    CHECK_ST(attempt(x), ST_DENIED);
    x->pass[7] ^= 1;
    x->t.account = BOB;
    CHECK_ST(attempt(x), ST_DENIED);
    x->t.account = ALICE;
    x->t.mailbox = STR("Junk");
    CHECK_ST(attempt(x), ST_DENIED);
    x->t.mailbox = STR("");
    x->t.pass = STR_NONE;
    CHECK_ST(attempt(x), ST_DENIED);
    stored(0, 0);
    x->t.pass = str_n((const char *)x->pass, PASS_BYTES);
    CHECK_ST(attempt(x), ST_OK);
    stored(1, 0);
}
TEST(a_letter_goes_to_whom_the_keeper_resolved_for_it_only)
{
    rig_run(passes);
}

static enum st relay_with(const char *token, uint64_t account, uint64_t conn, unsigned gate)
{
    struct attempt *x = to(RCPT_REMOTE, 0, account);

    pass_make(rig_key, gate, TXN, account, &x->t, x->pass);
    x->m.token = str_n(token, token ? TOKEN_BYTES : 0);
    x->m.conn = conn;
    x->gate = gate;
    return attempt(x);
}

static void relaying(void)
{
    struct attempt *x = to(RCPT_REMOTE, 0, ALICE);
    struct grant *g;

    x->m.account = 0; /* resolved for alice, handed in for nobody: no grant would be asked for */
    CHECK_ST(attempt(x), ST_DENIED);
    CHECK_ST(relay_with(NULL, ALICE, CONN, 0), ST_DENIED);
    CHECK_ST(relay_with(T1, ALICE, CONN, 0), ST_DENIED); /* forged */
    rig_grant_add(T2, ALICE, GRANT_MAIL);
    CHECK_ST(relay_with(T2, ALICE, CONN, 0), ST_DENIED); /* of a login to read */
    rig_grant_add(T1, ALICE, GRANT_SUBMIT);
    CHECK_ST(relay_with(T1, ALICE, CONN, 0), ST_DENIED); /* not redeemed */
    CHECK_ST(rig_submit(0, T1, ALICE, CONN), ST_OK);
    CHECK_ST(relay_with(T1, ALICE, CONN + 1, 0), ST_DENIED);
    CHECK_ST(relay_with(T1, ALICE, CONN, 1), ST_DENIED);
    CHECK_ST(relay_with(T1, BOB, CONN, 0), ST_DENIED);
    stored(0, 0);
    CHECK_ST(relay_with(T1, ALICE, CONN, 0), ST_OK);
    stored(0, 1);
    grants_revoke(&rig.core, ALICE, 0);
    CHECK_ST(relay_with(T1, ALICE, CONN, 0), ST_DENIED);
    CHECK_ST(grant_find(&rig.core, STR(T1), ALICE, 0, CONN, GRANT_SUBMIT, &g), ST_DENIED);
    stored(0, 1);
}
TEST(a_letter_leaves_the_house_under_a_live_submission_grant_only)
{
    rig_run(relaying);
}

static enum st wish(struct attempt *x, const char *name, const char *value)
{
    enum st st;

    wishes[0] = (struct attribute){str_z(name), str_z(value)};
    n_wishes = 1;
    st = attempt(x);
    n_wishes = 0;
    return st;
}

static void asking(void)
{
    struct attempt *nobody = to(RCPT_REMOTE, 0, 0), *x;
    struct queue_entry *list;
    uint64_t next;
    size_t n;
    bool more;

    CHECK_ST(wish(nobody, ATTR_RELEASE, "1"), ST_SYNTAX);
    CHECK_ST(wish(nobody, ".release", "1"), ST_SYNTAX);
    CHECK_ST(wish(nobody, ATTR_PRIORITY, "10"), ST_SYNTAX);
    CHECK_ST(wish(nobody, ATTR_DELIVER_BY, "60;X"), ST_SYNTAX);
    stored(0, 0);
    rig_grant_add(T1, ALICE, GRANT_SUBMIT);
    CHECK_ST(rig_submit(0, T1, ALICE, CONN), ST_OK);
    x = to(RCPT_LOCAL, ALICE, ALICE);
    x->m.token = STR(T1);
    CHECK_ST(wish(x, ATTR_RELEASE, "-1"), ST_SYNTAX);
    CHECK_ST(wish(x, ATTR_RELEASE, "18446744073709551615"), ST_SYNTAX);
    stored(0, 0);
    CHECK_ST(wish(x, ATTR_RELEASE, "9000000000000000"), ST_OK); /* to one of us, too */
    stored(0, 1);
    CHECK_ST(wish(x, ATTR_PRIORITY, "-9"), ST_OK); /* which is nothing to wait for */
    stored(1, 1);
    CHECK_ST(queue_list(rig.box.queue, &(struct queue_filter){.most = 9}, &rig.a, &list, &n, &next, &more), ST_OK);
    CHECK(n == 1 && list[0].due_us == 9000000000000000 && queue_release_us(&list[0]) == list[0].due_us);
    CHECK_STR(list[0].rcpts[0].address, x->t.original);
}
TEST(what_an_envelope_asks_for_is_checked_again)
{
    rig_run(asking);
}

static void sizes(void)
{
    struct attempt *x = to(RCPT_LOCAL, ALICE, 0);
    struct msg_deliver_ask good = x->m;

    x->m.body_size++;
    CHECK(attempt(x) != ST_OK);
    x->m = good, x->m.record_size--;
    CHECK(attempt(x) != ST_OK);
    x->m = good, x->m.body.n--, x->m.body_size--; /* the record of another letter */
    CHECK(attempt(x) != ST_OK);
    x->m = good, x->m.record = STR_NONE, x->m.record_size = 0;
    CHECK(attempt(x) != ST_OK);
    x->m = good, x->m.body_size = UINT64_MAX;
    CHECK(attempt(x) != ST_OK);
    for (size_t cut = 0; cut < good.record.n; cut += 7) {
        x->m = good;
        x->m.record.n = cut;
        x->m.record_size = cut;
        CHECK(attempt(x) != ST_OK);
    }
    x->m = good; /* for nobody */
    CHECK(raw(x) != ST_OK);
    x->m.rcpts = STR("\xff\xff\xff\xff nonsense"), x->m.rcpts_size = x->m.rcpts.n;
    CHECK(raw(x) != ST_OK);
    x->m = good, x->m.reverse_path = STR("a@b>\r\nX-Forged: yes");
    CHECK(attempt(x) != ST_OK);
    x->m = good, x->t.original = STR("x\r\nX-Forged: yes");
    CHECK(attempt(x) != ST_OK);
    stored(0, 0);
}
TEST(sizes_and_texts_that_lie_are_refused)
{
    rig_run(sizes);
}

static int file_with(struct str a, struct str b, struct str c)
{
    char name[] = "/tmp/restante-spool-XXXXXX";
    int fd = mkstemp(name);

    CHECK(fd >= 0 && unlink(name) == 0);
    CHECK(write(fd, a.p, a.n) == (ssize_t)a.n && write(fd, b.p, b.n) == (ssize_t)b.n &&
          write(fd, c.p, c.n) == (ssize_t)c.n);
    return fd;
}

static void spools(void)
{
    struct attempt *x = to(RCPT_LOCAL, ALICE, 0);
    struct buf rcpts;
    int pipes[2];

    buf_init(&rcpts, 4096);
    rcpt_targets_put(&rcpts, &x->t, 1);
    x->m.rcpts_size = rcpts.n;
    x->fd = file_with(x->m.body, x->m.record, buf_str(&rcpts));
    x->m.body = x->m.record = STR_NONE;
    x->m.rcpts_size = 60001; /* beyond the file */
    CHECK(raw(x) != ST_OK);
    x->m.rcpts_size = rcpts.n;
    x->m.body_size += 1000;
    CHECK(raw(x) != ST_OK);
    x->m.body_size -= 1000;
    x->m.record_size = 1ull << 40;
    CHECK(raw(x) != ST_OK);
    x->m.record_size = 0;
    CHECK(raw(x) != ST_OK);
    stored(0, 0);
    close(x->fd);
    CHECK(pipe(pipes) == 0);
    x = to(RCPT_LOCAL, ALICE, 0);
    x->m.rcpts_size = rcpts.n;
    x->fd = pipes[0]; /* no file at all: it must not make the core wait */
    CHECK(raw(x) != ST_OK);
    close(pipes[0]);
    close(pipes[1]);
    stored(0, 0);
    x->fd = file_with(x->m.body, x->m.record, buf_str(&rcpts));
    x->m.body = x->m.record = STR_NONE;
    CHECK_ST(raw(x), ST_OK);
    close(x->fd);
    stored(1, 0);
    buf_fini(&rcpts);
}
TEST(a_spool_file_is_believed_as_little)
{
    rig_run(spools);
}

/* --- notices that were asked for (RFC 3461) --------------------------------------------------------------------- */

static struct rcpt_target told_target(struct attempt *x, uint8_t kind, const char *address, const char *original,
                                      const char *notify)
{
    struct rcpt_target t = {.kind = kind,
                            .account = kind == RCPT_LOCAL ? ALICE : 0,
                            .address = str_z(address),
                            .original = str_z(original)};
    struct attribute at[] = {{STR("NOTIFY"), str_z(notify)}, {STR("ORCPT"), STR("rfc822;so")}};
    unsigned char *pass = arena_alloc(&rig.a, PASS_BYTES);
    struct buf b;

    buf_init(&b, 1000);
    attributes_put(&b, at, ARRAY_LEN(at));
    t.params = arena_str(&rig.a, buf_str(&b));
    buf_fini(&b);
    pass_make(rig_key, 0, TXN, x->m.account, &t, pass);
    t.pass = str_n((const char *)pass, PASS_BYTES);
    return t;
}

static enum st attempt_all(struct attempt *x, const struct rcpt_target *t, size_t n)
{
    struct buf rcpts, none;
    enum st st;

    buf_init(&rcpts, 40960);
    buf_init(&none, 64);
    rcpt_targets_put(&rcpts, t, n);
    attributes_put(&none, NULL, 0);
    x->m.rcpts = buf_str(&rcpts);
    x->m.rcpts_size = rcpts.n;
    x->m.attributes = buf_str(&none);
    st = raw(x);
    x->m.attributes = STR_NONE;
    buf_fini(&none);
    buf_fini(&rcpts);
    return st;
}

/* "address NOTIFY .done;" of all recipients in the queue. */
static struct str queued_rcpts(void)
{
    struct queue_entry *list;
    uint64_t next;
    size_t n;
    bool more;
    struct buf b;
    struct str out;

    buf_init(&b, 4096);
    CHECK_ST(queue_list(rig.box.queue, &(struct queue_filter){.most = 100}, &rig.a, &list, &n, &next, &more), ST_OK);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < list[i].n_rcpts; k++) {
            const struct queue_rcpt *r = &list[i].rcpts[k];

            buf_add(&b, r->address);
            for (size_t j = 0; j < r->n_attrs; j++)
                buf_addf(&b, " %.*s=%.*s", STR_ARGS(r->attrs[j].name), STR_ARGS(r->attrs[j].value));
            buf_addc(&b, ';');
        }
        CHECK_ST(queue_drop(rig.box.queue, list[i].id), ST_OK);
    }
    out = arena_str(&rig.a, buf_str(&b));
    buf_fini(&b);
    return out;
}

static void asked_notices(void)
{
    struct attempt *x = to(RCPT_LOCAL, ALICE, 0);
    struct rcpt_target t[4];

    t[0] = told_target(x, RCPT_LOCAL, "alice@home.test", "al@home.test", "DELAY,success");
    CHECK_ST(attempt_all(x, t, 1), ST_OK);
    CHECK_STR(queued_rcpts(), STR("al@home.test NOTIFY=DELAY,success ORCPT=rfc822;so .done=arrived;"));
    t[0] = told_target(x, RCPT_LOCAL, "alice@home.test", "al@home.test", "FAILURE,DELAY");
    CHECK_ST(attempt_all(x, t, 1), ST_OK);
    CHECK_STR(queued_rcpts(), STR(""));
    t[0] = told_target(x, RCPT_LOCAL, "alice@home.test", "al@home.test", "SUCCESS");
    x->m.reverse_path = STR("");
    CHECK_ST(attempt_all(x, t, 1), ST_OK); /* nobody is there to be told */
    CHECK_STR(queued_rcpts(), STR(""));
    x->m.reverse_path = STR("a@b.test");
    stored(3, 0);
    t[0] = told_target(x, RCPT_LOCAL, "alice@home.test", "team@home.test", "SUCCESS,FAILURE");
    t[1] = told_target(x, RCPT_REMOTE, "x@far.test", "team@home.test", "SUCCESS,FAILURE");
    t[2] = told_target(x, RCPT_REMOTE, "y@far.test", "alias@home.test", "SUCCESS");
    t[3] = told_target(x, RCPT_REMOTE, "z@far.test", "z@far.test", "NEVER");
    CHECK_ST(attempt_all(x, t, 4), ST_OK);
    CHECK_STR(queued_rcpts(), STR("team@home.test NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;so .done=expanded;"
                                  "x@far.test NOTIFY=FAILURE ORCPT=rfc822;so .via=team@home.test;"
                                  "y@far.test NOTIFY=SUCCESS ORCPT=rfc822;so .via=alias@home.test;"
                                  "z@far.test NOTIFY=NEVER ORCPT=rfc822;so;"));
    t[0] = told_target(x, RCPT_REMOTE, "x@far.test", "team@home.test", "SUCCESS");
    t[1] = told_target(x, RCPT_REMOTE, "y@far.test", "team@home.test", "SUCCESS");
    CHECK_ST(attempt_all(x, t, 2), ST_OK);
    CHECK_STR(queued_rcpts(), STR("team@home.test NOTIFY=SUCCESS ORCPT=rfc822;so .done=expanded;"
                                  "x@far.test NOTIFY=NEVER ORCPT=rfc822;so .via=team@home.test;"
                                  "y@far.test NOTIFY=NEVER ORCPT=rfc822;so .via=team@home.test;"));
}
TEST(who_wants_to_hear_of_success_has_a_recipient_in_the_queue)
{
    rig_run(asked_notices);
}

static void forged_params(void)
{
    struct attempt *x = to(RCPT_LOCAL, ALICE, 0);
    struct attribute own = {STR(QUEUE_DONE), STR("arrived")};
    struct buf b;

    buf_init(&b, 1000);
    attributes_put(&b, &own, 1);
    x->t.params = buf_str(&b);
    CHECK_ST(attempt(x), ST_SYNTAX);
    x->t.params = STR("rubbish");
    CHECK_ST(attempt(x), ST_SYNTAX);
    buf_fini(&b);
    stored(0, 0);
}
TEST(a_gate_can_not_set_what_is_the_queues_own)
{
    rig_run(forged_params);
}
