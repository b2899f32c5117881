#include "keeper/admin.c"

#include "rig.h"

static struct buf answer;
static enum st answer_status;
static char answer_text[401];

static bool piece(const struct msg_admin_answer *m, void *arg)
{
    (void)arg;
    answer_status = (enum st)m->status;
    snprintf(answer_text, sizeof(answer_text), "%.*s", STR_ARGS(m->text));
    buf_add(&answer, m->json);
    return true;
}

static enum st command(const char *line, struct str input)
{
    struct str rest = str_z(line), words[20], part;
    struct msg_admin_ask ask = {.uid = 0, .input = input};
    struct buf b;
    size_t n = 0;

    while (str_split(&rest, ' ', &part))
        words[n++] = part;
    buf_init(&b, 16384);
    words_put(&b, words, n);
    ask.words = buf_str(&b);
    buf_fini(&answer);
    buf_init(&answer, 64 << 20);
    CHECK_ST(ipc_ask_pieces(rig.control_far, &ask, -1, piece, NULL, deadline_in(60000)), ST_OK);
    buf_fini(&b);
    return answer_status;
}

static enum st rcpt(struct arena *a, const char *address)
{
    struct msg_rcpt_ask ask = {.txn = 1, .address = str_z(address)};
    struct msg_rcpt_answer m;

    CHECK_ST(IPC_ASK(rig.gate_far, rcpt_ask, &ask, rcpt_answer, a, &m, deadline_in(20000)), ST_OK);
    return (enum st)m.status;
}

static void commands(void)
{
    struct arena a = ARENA_INIT;
    struct msg_auth_answer m;

    CHECK_ST(command("account add alice@example.test --quota 2G", STR("first word")), ST_OK);
    CHECK(str_search(buf_str(&answer), STR("\"quota_bytes\":2147483648")) < answer.n);
    CHECK(str_search(buf_str(&answer), STR("first word")) == answer.n);
    CHECK_ST(rig_login(&a, "alice@example.test", "first word", "192.0.2.1:1", &m), ST_OK);
    CHECK_ST(command("account password alice@example.test", STR("second word")), ST_OK);
    CHECK_U64(rig.boxes[0].revokes + rig.boxes[1].revokes, 2);
    CHECK_ST(rig_login(&a, "alice@example.test", "second word", "192.0.2.1:1", &m), ST_OK);
    CHECK_ST(rcpt(&a, "alice@example.test"), ST_OK);
    CHECK_U64(rig.keeper->resolved.by_text.n, 1);
    CHECK_ST(rcpt(&a, "alice@example.test"), ST_OK);
    CHECK_ST(command("account disable alice@example.test", STR("")), ST_OK);
    CHECK_ST(rcpt(&a, "alice@example.test"), ST_DENIED);
    CHECK_ST(rig_login(&a, "alice@example.test", "second word", "192.0.2.1:1", &m), ST_DISABLED);
    CHECK_U64(rig.gate_revokes, 2);
    CHECK_ST(command("account add alice@example.test --random", STR("")), ST_EXISTS);
    CHECK_ST(command("account shew alice@example.test", STR("")), ST_SYNTAX);
    CHECK_ST(command("queue list", STR("")), ST_NOTFOUND);
    buf_fini(&answer);
    arena_fini(&a);
}

static void limits(void)
{
    struct arena a = ARENA_INIT;
    struct msg_account_ask ask = {.address = STR("alice")};
    struct msg_account_answer m;
    struct rig_box *box;

    CHECK_ST(command("account add alice@example.test", STR("first word")), ST_OK);
    CHECK_ST(IPC_ASK(rig.control_far, account_ask, &ask, account_answer, &a, &m, deadline_in(20000)), ST_OK);
    CHECK_ST((enum st)m.status, ST_OK);
    box = &rig.boxes[route_core(m.account, 2)];
    CHECK_ST(command("account set alice@example.test --quota 5M --keep-deleted 1d", STR("")), ST_OK);
    CHECK_ST(command("account show alice@example.test", STR("")), ST_OK); /* the message before it has arrived */
    CHECK(str_search(buf_str(&answer), STR("\"used_bytes\":111,\"used_messages\":2")) < answer.n);
    CHECK_U64(box->limits, 1);
    CHECK(box->told.bytes == 5 << 20 && box->told.keep_s == 86400 && box->told.domain);
    CHECK_ST(command("domain set example.test --quota 1G", STR("")), ST_OK);
    CHECK_ST(command("domain show example.test", STR("")), ST_OK);
    CHECK(str_search(buf_str(&answer), STR("\"used_bytes\":333,\"used_messages\":4")) < answer.n);
    for (unsigned i = 0; i < 1000 && box->told.domain_bytes == 0; i++)
        CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    CHECK_U64(box->told.domain_bytes, 1 << 30);  /* the accounts of the domain are told, too */
    CHECK_ST(co_sleep(deadline_in(200)), ST_OK); /* the telling ends before the keeper does */
    ask.address = STR("nobody@example.test");
    CHECK_ST(IPC_ASK(rig.control_far, account_ask, &ask, account_answer, &a, &m, deadline_in(20000)), ST_OK);
    CHECK_ST((enum st)m.status, ST_NOTFOUND);
    CHECK(str_search(m.text, STR("no account nobody@example.test")) < m.text.n);
    buf_fini(&answer);
    arena_fini(&a);
}

TEST(the_box_hears_of_limits_and_is_asked_what_is_held)
{
    rig_run(limits);
}

TEST(commands_change_the_directory_and_end_sessions)
{
    rig_run(commands);
}

static void long_answers(void)
{
    CHECK_ST(directory_begin(rig.directory), ST_OK);
    for (int i = 0; i < 2000; i++) {
        char local[20];
        uint64_t id;

        snprintf(local, sizeof(local), "user%04d", i);
        CHECK_ST(directory_account_add(rig.directory, &(struct directory_address){str_z(local), STR("example.test")},
                                       &(struct directory_change){0}, &id),
                 ST_OK);
    }
    CHECK_ST(directory_commit(rig.directory), ST_OK);
    CHECK_ST(command("account list", STR("")), ST_OK);
    CHECK(answer.n > 200000);
    CHECK(str_search(buf_str(&answer), STR("user1999@example.test")) < answer.n);
    CHECK(str_ends(buf_str(&answer), STR("]}")));
    buf_fini(&answer);
}

TEST(a_long_answer_comes_in_pieces)
{
    rig_run(long_answers);
}
