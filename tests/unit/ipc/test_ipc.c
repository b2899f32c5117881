#include "ipc/ipc.c"

#include "test.h"

#include <fcntl.h>

/* Both ends stand on one core: `left` asks, `right` serves and counts what it has seen. */
static struct ipc *left, *right;
static unsigned served, downs, pieces;
static size_t remembers;
static uint64_t good;
static void (*test_fn)(void);

static void body(void *arg)
{
    (void)arg;
    test_fn();
    ipc_free(left);
    ipc_free(right);
    left = right = NULL;
    core_stop(core_here());
}

static void start(void *arg)
{
    (void)arg;
    CHECK_ST(co_spawn(body, NULL, "test"), ST_OK);
}

static void run(void (*fn)(void))
{
    struct core *c = core_new(&(struct core_options){.name = "test", .coroutines = 600});

    served = downs = pieces = 0;
    remembers = 100;
    good = 3600000;
    test_fn = fn;
    core_post(c, start, NULL);
    core_run(c);
    core_free(c);
}

static void went_down(struct ipc *p, void *arg)
{
    (void)p, (void)arg;
    downs++;
}

static void answer_sender(struct ipc_request *r)
{
    const struct msg_sender_ask *m = r->msg;
    struct msg_sender_answer a = {.status = ST_DENIED, .text = m->address};
    uint64_t epoch = r->from->epoch;

    served++;
    if (m->account == 7) /* slow */
        CHECK_ST(co_sleep(deadline_in(30)), ST_OK);
    if (m->account == 8) /* never */
        return;
    if (m->account == 9) /* until it is stopped */
        CHECK_ST(co_sleep(deadline_in(300000)), ST_CANCELED);
    if (m->account == 9 || !ipc_is_up(r->from))
        return;
    CHECK_ST(ipc_answer(r, MSG_sender_answer, &a, -1), r->from->epoch == epoch ? ST_OK : ST_TRYLATER);
}

static void answer_grant(struct ipc_request *r)
{
    const struct msg_grant_ask *m = r->msg;

    served++;
    CHECK_ST(
        ipc_answer(r, MSG_grant_answer, &(struct msg_grant_answer){.status = m->account == 1 ? ST_OK : ST_DENIED}, -1),
        ST_OK);
}

static void answer_spool(struct ipc_request *r)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    CHECK(r->fd >= 0);
    CHECK_ST(ipc_answer(r, MSG_spool_answer, &(struct msg_spool_answer){.status = ST_OK}, fd), ST_OK);
    close(fd);
}

static void answer_admin(struct ipc_request *r)
{
    static char big[50000];

    memset(big, 'j', sizeof big);
    for (unsigned i = 0; i < 300; i++) {
        struct msg_admin_answer a = {.more = i < 299, .json = str_n(big, sizeof big)};

        if (ipc_answer_room(r, deadline_in(5000)) != ST_OK)
            return; /* the test is over */
        CHECK_ST(ipc_answer(r, MSG_admin_answer, &a, -1), ST_OK);
    }
}

static void note_revoke(struct ipc_request *r)
{
    CHECK_U64(((const struct msg_revoke *)r->msg)->account, served);
    served++;
}

static void answer_with_the_wrong_kind(struct ipc_request *r)
{
    CHECK_ST(ipc_answer(r, MSG_grant_answer, &(struct msg_grant_answer){.status = ST_OK}, -1), ST_OK);
}

static const struct ipc_handler handlers[] = {
    {MSG_sender_ask, answer_sender},
    {MSG_grant_ask, answer_grant, .direct = true},
    {MSG_spool_ask, answer_spool},
    {MSG_admin_ask, answer_admin},
    {MSG_revoke, note_revoke, .direct = true},
    {MSG_sign_ask, answer_with_the_wrong_kind},
};

static void pair(int fd[2])
{
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) == 0);
}

static void connect_both(unsigned credits)
{
    int fd[2];

    pair(fd);
    CHECK_ST(
        ipc_new(fd[0], 1, &(struct ipc_options){.peer = "right", .on_down = went_down, .remembers = remembers}, &left),
        ST_OK);
    CHECK_ST(ipc_new(fd[1], 1,
                     &(struct ipc_options){
                         .peer = "left", .handlers = handlers, .n_handlers = ARRAY_LEN(handlers), .credits = credits},
                     &right),
             ST_OK);
}

static enum st ask_sender(uint64_t account, struct arena *a, uint64_t ms)
{
    struct msg_sender_ask q = {.account = account, .address = STR("a@example.test")};
    struct msg_sender_answer got = {0};
    enum st st = IPC_ASK(left, sender_ask, &q, sender_answer, a, &got, deadline_in(ms));

    if (st != ST_OK)
        return st;
    CHECK_U64(got.status, ST_DENIED);
    CHECK_STR(got.text, STR("a@example.test"));
    return ST_OK;
}

static void ask_and_answer(void)
{
    struct arena a = ARENA_INIT;
    struct msg_grant_answer got;

    connect_both(0);
    CHECK_ST(ask_sender(1, &a, 1000), ST_OK);
    CHECK_ST(
        IPC_ASK(left, grant_ask, (&(struct msg_grant_ask){.account = 1}), grant_answer, &a, &got, deadline_in(1000)),
        ST_OK);
    CHECK_U64(got.status, ST_OK);
    CHECK_U64(served, 2);
    arena_fini(&a);
}
TEST(a_request_is_answered)
{
    run(ask_and_answer);
}

static void no_answer(void)
{
    struct arena a = ARENA_INIT;

    connect_both(0);
    CHECK_ST(ask_sender(8, &a, 1000), ST_TRYLATER);
    CHECK_ST(ask_sender(1, &a, 1000), ST_OK);
    CHECK_U64(right->serving, 0);
    arena_fini(&a);
}
TEST(a_handler_that_gives_none_ends_the_request)
{
    run(no_answer);
}

static void late(void)
{
    struct arena a = ARENA_INIT;

    connect_both(1);
    CHECK_ST(ask_sender(7, &a, 5), ST_TIMEOUT);
    CHECK_U64(left->asked, 1); /* its credit is not free before the answer */
    CHECK_ST(ask_sender(1, &a, 5), ST_TIMEOUT);
    CHECK_ST(ask_sender(1, &a, 2000), ST_OK);
    CHECK_U64(served, 2);
    CHECK(ipc_is_up(left));
    arena_fini(&a);
}
TEST(a_late_answer_is_dropped_and_frees_its_credit)
{
    run(late);
}

static unsigned asked_ok;
static void one_asker(void *arg)
{
    struct arena a = ARENA_INIT;

    (void)arg;
    asked_ok += ask_sender(7, &a, 5000) == ST_OK;
    arena_fini(&a);
}

static void many(void)
{
    connect_both(3);
    asked_ok = 0;
    for (int i = 0; i < 20; i++)
        CHECK_ST(co_spawn(one_asker, NULL, "asker"), ST_OK);
    for (int i = 0; i < 1000 && asked_ok < 20; i++) {
        CHECK(right->serving <= 3);
        CHECK_ST(co_sleep(deadline_in(5)), ST_OK);
    }
    CHECK_U64(asked_ok, 20);
    CHECK(ipc_is_up(right));
}
TEST(askers_wait_for_credits)
{
    run(many);
}

static void wait_in_vain(void *arg)
{
    struct arena a = ARENA_INIT;

    (void)arg;
    CHECK_ST(ask_sender(7, &a, 60000), ST_TRYLATER);
    asked_ok++;
    arena_fini(&a);
}

static void death(void)
{
    struct arena a = ARENA_INIT;
    int fd[2];

    connect_both(1);
    asked_ok = 0;
    CHECK_ST(co_spawn(wait_in_vain, NULL, "open request"), ST_OK);
    CHECK_ST(co_spawn(wait_in_vain, NULL, "waiting for credit"), ST_OK);
    CHECK_ST(co_sleep(deadline_in(5)), ST_OK);
    ipc_replace(right, -1, 0);
    CHECK_ST(co_sleep(deadline_in(50)), ST_OK);
    CHECK_U64(asked_ok, 2);
    CHECK_U64(downs, 1);
    CHECK(!ipc_is_up(left));
    CHECK_ST(ask_sender(1, &a, 1000), ST_TRYLATER);
    CHECK_ST(ipc_send(left, MSG_revoke, &(struct msg_revoke){0}, -1), ST_TRYLATER);
    pair(fd);
    ipc_replace(left, fd[0], 2);
    ipc_replace(right, fd[1], 2);
    CHECK_ST(ask_sender(1, &a, 1000), ST_OK);
    CHECK_U64(downs, 1);
    arena_fini(&a);
}
TEST(when_the_peer_dies_requests_end_and_a_new_pair_goes_on)
{
    run(death);
}

static void answer_too_late(struct ipc_request *r)
{
    CHECK_ST(co_sleep(deadline_in(20)), ST_OK);
    CHECK_ST(ipc_answer(r, MSG_sender_answer, &(struct msg_sender_answer){0}, -1), ST_TRYLATER);
    served++;
}
static void old_answers(void)
{
    static const struct ipc_handler slow[] = {{MSG_sender_ask, answer_too_late}};
    int fd[2];

    pair(fd);
    CHECK_ST(ipc_new(fd[0], 1, &(struct ipc_options){.peer = "right"}, &left), ST_OK);
    CHECK_ST(ipc_new(fd[1], 1, &(struct ipc_options){.peer = "left", .handlers = slow, .n_handlers = 1}, &right),
             ST_OK);
    CHECK_ST(co_spawn(wait_in_vain, NULL, "slow one"), ST_OK);
    CHECK_ST(co_sleep(deadline_in(5)), ST_OK);
    pair(fd);
    ipc_replace(left, fd[0], 2);
    ipc_replace(right, fd[1], 2);
    CHECK_ST(co_sleep(deadline_in(60)), ST_OK);
    CHECK_U64(served, 1);
    CHECK_U64(right->serving, 0);
}
TEST(an_answer_after_a_restart_belongs_to_nobody)
{
    run(old_answers);
}

static void only_epochs(void)
{
    struct arena a = ARENA_INIT;
    int fd[2];

    connect_both(0);
    pair(fd);
    ipc_replace(left, fd[0], 3);
    ipc_replace(right, fd[1], 2);
    CHECK_ST(ask_sender(1, &a, 20), ST_TIMEOUT);
    CHECK_U64(served, 0);
    arena_fini(&a);
}
TEST(two_ends_of_different_epochs_do_not_talk)
{
    run(only_epochs);
}

static void descriptors(void)
{
    struct arena a = ARENA_INIT;
    struct msg_spool_answer got;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC), back = -1;

    connect_both(0);
    CHECK_ST(ipc_ask(left, MSG_spool_ask, &(struct msg_spool_ask){0}, null, MSG_spool_answer, &a, &got, &back,
                     deadline_in(1000)),
             ST_OK);
    CHECK(back >= 0 && back != null && fcntl(back, F_GETFD) == FD_CLOEXEC);
    close(back);
    /* nobody takes it: closed, not leaked */
    CHECK_ST(ipc_ask(left, MSG_spool_ask, &(struct msg_spool_ask){0}, null, MSG_spool_answer, &a, &got, NULL,
                     deadline_in(1000)),
             ST_OK);
    CHECK_ST(co_sleep(deadline_in(2)), ST_OK);
    CHECK(open("/dev/null", O_RDWR | O_CLOEXEC) == back);
    close(back);
    close(null);
    arena_fini(&a);
}
TEST(descriptors_go_along_and_none_is_lost)
{
    run(descriptors);
}

static bool take_piece(const struct msg_admin_answer *m, void *arg)
{
    size_t most = *(size_t *)arg;

    CHECK_U64(m->json.n, 50000);
    return ++pieces < most;
}

static void in_pieces(void)
{
    struct arena a = ARENA_INIT;
    size_t all = SIZE_MAX, some = 3;

    connect_both(0);
    CHECK_ST(ipc_ask_pieces(left, &(struct msg_admin_ask){0}, -1, take_piece, &all, deadline_in(5000)), ST_OK);
    CHECK_U64(pieces, 300);
    pieces = 0;
    CHECK_ST(ipc_ask_pieces(left, &(struct msg_admin_ask){0}, -1, take_piece, &some, deadline_in(5000)), ST_OK);
    CHECK_U64(pieces, 3);
    CHECK_ST(ask_sender(1, &a, 5000), ST_OK);
    CHECK(ipc_is_up(left) && ipc_is_up(right));
    arena_fini(&a);
}
TEST(answers_in_pieces_are_many_or_as_many_as_wanted)
{
    run(in_pieces);
}

static void queued(void)
{
    uint64_t sent = 0;

    connect_both(0);
    while (ipc_send(left, MSG_revoke, &(struct msg_revoke){.account = sent}, -1) == ST_OK)
        sent++;
    CHECK(sent > 10000 && left->queued >= QUEUE_SOFT);
    for (int i = 0; i < 1000 && served < sent; i++)
        CHECK_ST(co_sleep(deadline_in(5)), ST_OK);
    CHECK_U64(served, sent); /* in order: the handler compares */
    CHECK_U64(left->queued, 0);
}
TEST(what_the_socket_does_not_take_is_queued_up_to_a_bound)
{
    run(queued);
}

static void raw_frame(int fd, uint16_t kind, uint16_t flags, uint32_t id, uint64_t epoch, struct str fields)
{
    struct buf b;

    buf_init(&b, LIMIT_IPC_FRAME);
    rec_put_u16(&b, kind);
    rec_put_u16(&b, flags);
    rec_put_u32(&b, id);
    rec_put_u64(&b, epoch);
    buf_add(&b, fields);
    CHECK(send(fd, b.p, b.n, MSG_NOSIGNAL) == (ssize_t)b.n);
    buf_fini(&b);
}

static struct {
    uint16_t kind, flags;
    uint32_t id;
    struct str fields;
    bool is_fine;
} const hostile[] = {
    {MSG_COUNT, 0, 0, {"", 0}, false},
    {MSG_NONE, 0, 0, {"", 0}, false},
    {MSG_NONE, FLAG_ANSWER, 9, {"", 0}, false}, /* nobody asked */
    {MSG_sender_answer, FLAG_ANSWER, 1, {"", 0}, false},
    {MSG_sender_answer, 0, 1, {"", 0}, false},
    {MSG_sender_ask, FLAG_ASK, 0, {"", 0}, false},  /* a request without id */
    {MSG_revoke, 0, 5, {"", 0}, false},             /* with one where none belongs */
    {MSG_grant_ask, FLAG_ASK, 1, {"x", 1}, false},  /* not its layout, direct */
    {MSG_sender_ask, FLAG_ASK, 1, {"x", 1}, false}, /* and on a coroutine */
    {MSG_dns_ask, FLAG_ASK, 1, {"", 0}, true},      /* not served: answered with nothing */
    {MSG_NONE, FLAG_HELLO, 0xffffffff, {"", 0}, true},
};

static void hostility(void)
{
    for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
        int fd[2];

        pair(fd);
        CHECK_ST(
            ipc_new(fd[1], 1,
                    &(struct ipc_options){
                        .peer = "left", .handlers = handlers, .n_handlers = ARRAY_LEN(handlers), .on_down = went_down},
                    &right),
            ST_OK);
        downs = 0;
        raw_frame(fd[0], hostile[i].kind, hostile[i].flags, hostile[i].id, 1, hostile[i].fields);
        CHECK_ST(co_sleep(deadline_in(3)), ST_OK);
        CHECK(ipc_is_up(right) == hostile[i].is_fine);
        CHECK_U64(downs, !hostile[i].is_fine);
        if (hostile[i].kind == MSG_NONE && hostile[i].flags & FLAG_HELLO)
            CHECK_U64(right->credits, CREDITS_MOST);
        close(fd[0]);
        ipc_free(right);
    }
    right = NULL;
}
TEST(a_peer_that_sends_what_it_may_not_is_not_listened_to_any_more)
{
    log_set_level(LOG_ERROR);
    run(hostility);
    log_set_level(LOG_INFO);
}

static void greed(void)
{
    char ask[20] = {9}; /* account 9, no connection, no address: served until the end of time */
    int fd[2];

    pair(fd);
    CHECK_ST(ipc_new(fd[1], 1,
                     &(struct ipc_options){
                         .peer = "left", .handlers = handlers, .n_handlers = ARRAY_LEN(handlers), .credits = 2},
                     &right),
             ST_OK);
    for (uint32_t id = 1; id <= 2; id++)
        raw_frame(fd[0], MSG_sender_ask, FLAG_ASK, id, 1, str_n(ask, sizeof ask));
    CHECK_ST(co_sleep(deadline_in(3)), ST_OK);
    CHECK(ipc_is_up(right));
    CHECK_U64(right->serving, 2);
    raw_frame(fd[0], MSG_sender_ask, FLAG_ASK, 3, 1, str_n(ask, sizeof ask));
    CHECK_ST(co_sleep(deadline_in(3)), ST_OK);
    CHECK(!ipc_is_up(right));
    close(fd[0]);
}
TEST(more_requests_than_credits_are_refused)
{
    log_set_level(LOG_ERROR);
    run(greed);
    log_set_level(LOG_INFO);
}

static void several_descriptors(void)
{
    char room[CMSG_SPACE(2 * sizeof(int))] = {0};
    struct iovec io = {room, 20};
    struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    int fd[2], give[2] = {0, 1};

    pair(fd);
    CHECK_ST(ipc_new(fd[1], 1, &(struct ipc_options){.peer = "left"}, &right), ST_OK);
    *c = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof give)};
    memcpy(CMSG_DATA(c), give, sizeof give);
    CHECK(sendmsg(fd[0], &m, 0) == 20);
    CHECK_ST(co_sleep(deadline_in(3)), ST_OK);
    CHECK(!ipc_is_up(right));
    close(fd[0]);
}
TEST(a_frame_with_several_descriptors_is_refused)
{
    log_set_level(LOG_ERROR);
    run(several_descriptors);
    log_set_level(LOG_INFO);
}

static void wrong_kind(void)
{
    struct arena a = ARENA_INIT;
    struct msg_sign_answer got;

    connect_both(0);
    CHECK_ST(IPC_ASK(left, sign_ask, (&(struct msg_sign_ask){0}), sign_answer, &a, &got, deadline_in(1000)),
             ST_TRYLATER);
    CHECK(!ipc_is_up(left));
    arena_fini(&a);
}
TEST(an_answer_of_another_kind_is_refused)
{
    log_set_level(LOG_ERROR);
    run(wrong_kind);
    log_set_level(LOG_INFO);
}

static void injected(void)
{
    struct arena a = ARENA_INIT;

    connect_both(0);
    CHECK_ST(ask_sender(1, &a, 1000), ST_OK);
    fault_arm(FAULT_ipc_send, 1, 1); /* the question */
    CHECK_ST(ask_sender(1, &a, 1000), ST_TRYLATER);
    CHECK_ST(ask_sender(1, &a, 1000), ST_OK);
    arena_fini(&a);
}
TEST(a_fault_in_sending_is_told_to_the_asker)
{
    run(injected);
}

static uint64_t good_ms(const void *answer)
{
    CHECK_U64(((const struct msg_sender_answer *)answer)->status, ST_DENIED);
    return good;
}

static enum st ask_sender_again(uint64_t account)
{
    struct msg_sender_ask q = {.account = account, .address = STR("a@example.test")};
    struct msg_sender_answer got = {0};
    struct arena a = ARENA_INIT;
    enum st st = IPC_ASK_AGAIN(left, sender_ask, &q, sender_answer, &a, &got, deadline_in(2000), good_ms);

    CHECK(st != ST_OK || str_eq(got.text, STR("a@example.test")));
    arena_fini(&a);
    return st;
}

static void one_question(void)
{
    connect_both(0);
    CHECK_ST(ask_sender_again(1), ST_OK);
    CHECK_ST(ask_sender_again(1), ST_OK);
    CHECK_U64(served, 1);
    CHECK_ST(ask_sender_again(2), ST_OK);
    CHECK_U64(served, 2);
    ipc_forget(left);
    CHECK_ST(ask_sender_again(1), ST_OK);
    CHECK_U64(served, 3);
}
TEST(a_question_is_asked_once_until_its_answers_are_forgotten)
{
    run(one_question);
}

static void no_good(void)
{
    connect_both(0);
    good = 0;
    CHECK_ST(ask_sender_again(1), ST_OK);
    CHECK_ST(ask_sender_again(1), ST_OK);
    good = 1;
    CHECK_ST(ask_sender_again(1), ST_OK);
    CHECK_ST(co_sleep(deadline_in(5)), ST_OK);
    CHECK_ST(ask_sender_again(1), ST_OK);
    CHECK_U64(served, 4);
    CHECK_ST(ask_sender_again(8), ST_TRYLATER);
    CHECK_ST(ask_sender_again(8), ST_TRYLATER);
    CHECK_U64(served, 6);
}
TEST(an_answer_is_good_as_long_as_it_says_and_none_is_none)
{
    run(no_good);
}

static void without_memory(void)
{
    remembers = 0;
    connect_both(0);
    CHECK_ST(ask_sender_again(1), ST_OK);
    CHECK_ST(ask_sender_again(1), ST_OK);
    CHECK_U64(served, 2);
}
TEST(an_end_that_remembers_nothing_asks_each_time)
{
    run(without_memory);
}

static void slow_asker(void *arg)
{
    (void)arg;
    CHECK_ST(ask_sender_again(7), ST_OK);
    asked_ok++;
}

static void overtaken(void)
{
    connect_both(0);
    asked_ok = 0;
    CHECK_ST(co_spawn(slow_asker, NULL, "asker"), ST_OK);
    for (int i = 0; i < 1000 && !served; i++)
        CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    ipc_forget(left);
    for (int i = 0; i < 1000 && !asked_ok; i++)
        CHECK_ST(co_sleep(deadline_in(5)), ST_OK);
    CHECK_ST(ask_sender_again(7), ST_OK);
    CHECK_U64(served, 2);
}
TEST(an_answer_on_its_way_when_all_is_forgotten_is_not_kept)
{
    run(overtaken);
}

static void another_peer(void)
{
    int fd[2];

    connect_both(0);
    CHECK_ST(ask_sender_again(1), ST_OK);
    pair(fd);
    ipc_replace(left, fd[0], 2);
    ipc_replace(right, fd[1], 2);
    CHECK_ST(ask_sender_again(1), ST_OK);
    CHECK_U64(served, 2);
    ipc_replace(right, -1, 0);
    for (int i = 0; i < 1000 && ipc_is_up(left); i++)
        CHECK_ST(co_sleep(deadline_in(5)), ST_OK);
    CHECK_ST(ask_sender_again(1), ST_TRYLATER);
}
TEST(what_a_peer_said_is_forgotten_with_it)
{
    run(another_peer);
}
