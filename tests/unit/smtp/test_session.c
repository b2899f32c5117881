/* Whole dialogs over a socket pair, on a core, with fake neighbours: what the session says, and what it hands over. */
#include "smtp/session.c"

#include "config/config.h"
#include "test.h"

#include <sys/socket.h>
#include <unistd.h>

struct world {
    int fd; /* the client's end */
    const struct settings *set;
    struct config_listener row;
    struct core *core;
    struct stream *stream;
    char delivered[200000], from[300], rcpts[1000], params[1000], recorded[100];
    size_t n_delivered;
    unsigned letters, spools;
    uint64_t body_size;
    char refused[400], said[17];
    enum st deliver_st, end;
    bool done;
    size_t spool_held; /* of the gate's budget */
    bool no_spool, revoke_at_rcpt;
    struct smtp_session *session;
    struct smtp_auth_result user; /* of a trusted network; account 0: none */
    uint64_t ended_as;
    const char *no_room; /* for him */
    bool may_x;
    unsigned became, became_port;
    size_t txn_bytes; /* most that a transaction has held */
};

static struct world *w; /* of the running test */

static enum st authenticate(void *arg, const struct smtp_auth_try *t, struct arena *a, struct smtp_auth_result *out)
{
    (void)arg;
    if (!str_eq(t->user, STR("alice@example.test")) || !str_eq(t->password, STR("secret")))
        return FAIL(ST_DENIED, "wrong");
    *out = (struct smtp_auth_result){.account = 7, .login = arena_str(a, t->user)};
    return ST_OK;
}

static enum st resolve(void *arg, uint64_t txn, uint64_t account, uint64_t size, struct str address, struct arena *a,
                       struct smtp_rcpt_result *out)
{
    struct rcpt_target *t = ARENA_NEW(a, struct rcpt_target);

    (void)arg;
    (void)txn;
    w->txn_bytes = MAX(w->txn_bytes, w->session->txn_arena.used);
    if (w->revoke_at_rcpt)
        smtp_session_revoke(w->session);
    if (str_starts(address, STR("full@")))
        return FAIL(ST_OVERQUOTA, "full");
    if (str_starts(address, STR("small@")) && size > 1000)
        return FAIL(ST_TOOBIG, "too small");
    if (str_starts(address, STR("small@")))
        out->free = 1000;
    if (str_starts(address, STR("disabled@")))
        return FAIL(ST_DENIED, "disabled");
    *t = (struct rcpt_target){.kind = RCPT_LOCAL, .account = address.n, .address = address, .original = address};
    out->targets = t;
    out->n = 1;
    if (str_starts(address, STR("nobody@")))
        return FAIL(ST_NOTFOUND, "no such user");
    if (str_ends(address, STR("@example.test")) || str_eq(address, STR("postmaster")))
        return ST_OK;
    t->kind = RCPT_REMOTE;
    return account ? ST_OK : FAIL(ST_FOREIGN, "not ours");
}

static enum st may_send_as(void *arg, uint64_t account, struct str address)
{
    (void)arg;
    (void)account;
    if (str_eq(address, STR("alice@example.test")))
        return ST_OK;
    return FAIL(str_ends(address, STR("@example.test")) ? ST_DENIED : ST_FOREIGN, "not yours");
}

static enum st may_hold(void *arg, uint64_t size)
{
    (void)arg;
    return size == 7 ? FAIL(ST_OVERQUOTA, "too many") : size == 8 ? FAIL(ST_TRYLATER, "not now") : ST_OK;
}

static enum st spool(void *arg, int *out_fd)
{
    char name[] = "/tmp/restante-test-XXXXXX";

    (void)arg;
    w->spools++;
    if (w->no_spool)
        return FAIL(ST_TRYLATER, "the box is away");
    *out_fd = mkstemp(name);
    unlink(name);
    return *out_fd >= 0 ? ST_OK : FAIL(ST_IO, "no file");
}

static void spool_done(void *arg, int fd, uint64_t bytes)
{
    (void)arg;
    (void)bytes;
    w->spool_held = 0;
    close(fd);
}

static bool spool_may(void *arg, uint64_t more)
{
    (void)arg;
    w->spool_held += more;
    return true;
}

/* "RET=HDRS |NOTIFY=NEVER |": of the envelope, then of each recipient. */
static void keep_params(const struct smtp_letter *l)
{
    struct arena a = ARENA_INIT;
    struct attribute *list = (struct attribute *)(uintptr_t)l->attributes;
    size_t n = l->n_attributes;
    struct buf b;

    buf_init(&b, sizeof w->params - 1);
    for (size_t i = 0; i <= l->n_targets; i++) {
        for (size_t k = 0; k < n; k++)
            buf_addf(&b, "%.*s=%.*s ", STR_ARGS(list[k].name), STR_ARGS(list[k].value));
        buf_addc(&b, '|');
        n = 0;
        if (i < l->n_targets && l->targets[i].params.n)
            CHECK_ST(attributes_get(l->targets[i].params, &a, 10, &list, &n), ST_OK);
    }
    CHECK_ST(buf_check(&b), ST_OK);
    memcpy(w->params, b.p, b.n);
    w->params[b.n] = 0;
    buf_fini(&b);
    arena_fini(&a);
}

static enum st deliver(void *arg, const struct smtp_letter *l, uint64_t *out_id)
{
    struct mime_record rec;

    (void)arg;
    for (size_t i = 0; w->no_room && i < l->n_targets; i++)
        if (str_eq(l->targets[i].original, str_z(w->no_room)))
            return FAIL(ST_OVERQUOTA, "%s", w->no_room);
    CHECK_ST(mime_record_open(l->record, &rec), ST_OK);
    CHECK_U64(rec.size, l->body_size);
    w->body_size = l->body_size;
    w->n_delivered = 0;
    if (l->spool >= 0)
        w->n_delivered = (size_t)pread(l->spool, w->delivered, sizeof w->delivered, 0);
    else
        memcpy(w->delivered, l->body.p, w->n_delivered = MIN(l->body.n, sizeof w->delivered));
    snprintf(w->from, sizeof w->from, "%.*s", STR_ARGS(l->reverse_path));
    w->rcpts[0] = 0;
    for (size_t i = 0; i < l->n_targets; i++)
        snprintf(w->rcpts + strlen(w->rcpts), sizeof w->rcpts - strlen(w->rcpts), "%.*s;",
                 STR_ARGS(l->targets[i].address));
    keep_params(l);
    w->letters++;
    *out_id = 0xabc;
    return w->deliver_st;
}

static enum st start_tls(void *arg, struct stream *s)
{
    (void)arg;
    (void)s;
    return FAIL(ST_IO, "no TLS in this test");
}

static bool no_park(void *arg, struct stream *s, mono_ms deadline)
{
    (void)arg;
    (void)s;
    (void)deadline;
    return false;
}

/* Of a mechanism that the keeper runs: a last word behind the success. */
static enum st step(void *arg, struct arena *a, const struct sasl_message *m, struct sasl_reply *out,
                    struct smtp_auth_result *login)
{
    (void)arg;
    (void)a;
    if (m->is_gone)
        return ST_OK;
    *out = (struct sasl_reply){.challenge = STR("v=")};
    *login = (struct smtp_auth_result){.account = 9, .login = STR("mallory@example.test")};
    return ST_OK;
}

static void mechanisms(void *arg, unsigned *out_announced, unsigned *out_taken)
{
    (void)arg;
    *out_announced = 0;
    *out_taken = SASL_SCRAM;
}

static enum st become(void *arg, struct str address, uint16_t port, struct str *io_text, struct str *io_address,
                      struct smtp_auth_result *out_user, bool *out_is_stranger)
{
    static char text[100];

    (void)arg;
    (void)out_user;
    (void)out_is_stranger;
    w->became++;
    *io_address = str_n(text, (size_t)snprintf(text, sizeof text, "%.*s", STR_ARGS(address)));
    *io_text = *io_address;
    w->became_port = port;
    return ST_OK;
}

/* "stage=RCPT rcpt=nobody@example.test ": all that were told of. */
static void refused(void *arg, uint64_t txn, const struct attribute *v, size_t n)
{
    (void)arg;
    CHECK(txn != 0);
    for (size_t i = 0; i < n; i++)
        if (str_eq(v[i].name, STR("stage")) || str_eq(v[i].name, STR("rcpt")) || str_eq(v[i].name, STR("from")))
            snprintf(w->refused + strlen(w->refused), sizeof w->refused - strlen(w->refused), "%.*s=%.*s ",
                     STR_ARGS(v[i].name), STR_ARGS(v[i].value));
}

static const struct smtp_ops ops = {authenticate, resolve,    may_send_as,      may_hold,          spool,
                                    spool_done,   spool_may,  deliver,          start_tls,         no_park,
                                    step,         mechanisms, .become = become, .refused = refused};

static void serve_one(void *arg)
{
    struct smtp_setup setup = {.stream = w->stream,
                               .set = w->set,
                               .listener = &w->row,
                               .ops = &ops,
                               .sid = 1,
                               .peer_text = STR("192.0.2.9:99"),
                               .peer_address = STR("192.0.2.9"),
                               .may_xclient = w->may_x,
                               .may_xforward = w->may_x,
                               .tls_available = true};
    struct smtp_session *s;

    (void)arg;
    if (w->user.account)
        setup.user = &w->user;
    s = smtp_session_new(&setup);
    w->session = s;
    w->end = smtp_session_run(s, ST_OK);
    w->ended_as = s->user.account;
    smtp_session_free(s);
    stream_close(w->stream);
    core_stop(w->core);
}

static void start(void *arg)
{
    struct stream_options so = {65536, 16384, 5000, 5000};

    CHECK_ST(stream_new(*(int *)arg, &so, &w->stream), ST_OK);
    CHECK_ST(co_spawn(serve_one, NULL, "test"), ST_OK);
}

/* Sends the whole input at once (pipelining at its worst) and gives everything that was answered. */
/* Ids of letters are made up by chance: the first is kept, and all read alike then. */
static struct str same_ids(struct world *world, struct str got)
{
    const struct str before = STR("stored as ");
    size_t from = 0, at;

    while ((at = str_search(str_from(got, from), before)) < got.n - from && from + at + before.n + 16 <= got.n) {
        char *id = (char *)(uintptr_t)got.p + from + at + before.n;

        if (!world->said[0])
            memcpy(world->said, id, 16);
        memcpy(id, "0000000000000abc", 16);
        from += at + before.n + 16;
    }
    return got;
}

static struct str talk(struct world *world, struct str input, char *out, size_t max)
{
    struct core_options co = {.name = "test", .coroutines = 4};
    struct config_errors errors;
    int pair[2];
    size_t n = 0;
    ssize_t got;

    w = world;
    if (!w->set)
        CHECK_ST(config_parse(STR("host_name mx.example.test\nsmtp_max_message_size 100K\nsmtp_max_errors 5\n"), "test",
                              &w->set, &errors),
                 ST_OK);
    w->row.security = SECURITY_STARTTLS;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    CHECK(setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &(int){1 << 20}, sizeof(int)) == 0);
    CHECK(write(pair[1], input.p, input.n) == (ssize_t)input.n);
    shutdown(pair[1], SHUT_WR);
    w->core = core_new(&co);
    core_post(w->core, start, &pair[0]);
    core_run(w->core);
    core_free(w->core);
    while (n < max && (got = read(pair[1], out + n, max - n)) > 0)
        n += (size_t)got;
    close(pair[1]);
    config_unref(w->set);
    w->set = NULL;
    return same_ids(world, str_n(out, n));
}

static char out[65536];

TEST(a_letter_is_taken_and_framed)
{
    struct world world = {0};
    struct str got = talk(
        &world,
        STR("EHLO client.example\r\nMAIL FROM:<x@y.example> BODY=8BITMIME\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n"
            "Return-Path: <evil@z.example>\r\n (folded)\r\nSubject: hi\r\n\r\n..dot\r\nbye\r\n.\r\nQUIT\r\n"),
        out, sizeof out);
    struct str body = str_n(world.delivered, world.n_delivered);

    CHECK(str_starts(got, STR("220 mx.example.test ESMTP")));
    CHECK(str_search(got, STR("\r\n250-SIZE 102400\r\n")) < got.n);
    CHECK(str_search(got, STR("\r\n250-STARTTLS\r\n")) < got.n);
    CHECK(str_search(got, STR("\r\n354 ")) < got.n);
    CHECK(str_search(got, STR("\r\n250 2.0.0 Accepted and safely stored as ")) < got.n);
    CHECK(world.said[0] && str_search(body, str_z(world.said)) < body.n); /* the id of the Received line */
    CHECK(str_ends(got, STR("221 2.0.0 mx.example.test closing connection\r\n")));
    CHECK_U64(world.letters, 1);
    CHECK(str_starts(body, STR("Received: from client.example ([192.0.2.9])\r\n\tby mx.example.test with ESMTP id ")));
    CHECK(str_ends(body, STR("\r\nSubject: hi\r\n\r\n.dot\r\nbye\r\n")));
    CHECK(str_search(body, STR("evil")) == body.n);
    CHECK(str_search(body, STR("for <bob@example.test>;")) < body.n);
    CHECK_STR(str_z(world.from), STR("x@y.example"));
    CHECK_ST(world.end, ST_OK);
}

TEST(what_is_refused_is_told_of)
{
    struct world world = {0};

    talk(&world,
         STR("EHLO c\r\nMAIL FROM:<x@far.test>\r\nRCPT TO:<nobody@example.test>\r\nRCPT TO:<a b>\r\n"
             "RCPT TO:<bob@example.test>\r\nDATA\r\nbare\nline\r\n.\r\n"),
         out, sizeof out);
    CHECK_STR(str_z(world.refused), STR("stage=RCPT from=x@far.test rcpt=nobody@example.test "
                                        "stage=DATA from=x@far.test rcpt=bob@example.test "));
}

TEST(strangers_do_not_relay)
{
    struct world world = {0};
    struct str got = talk(&world,
                          STR("HELO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<x@elsewhere.example>\r\nRCPT "
                              "TO:<nobody@example.test>\r\nDATA\r\nQUIT\r\n"),
                          out, sizeof out);

    CHECK(str_search(got, STR("550 5.7.1 <x@elsewhere.example> relaying denied\r\n550 5.1.1 <nobody@example.test> no "
                              "such user here\r\n503 5.5.1 ")) < got.n);
    CHECK_U64(world.letters, 0);
}

TEST(bare_line_ends_in_a_letter_end_the_connection)
{
    static const struct str bad[] = {STR("a\nb\r\n.\r\n"), STR("a\rb\r\n.\r\n"),
                                     STR("a\r\n.\nMAIL FROM:<smuggled@b.example>\r\n"), STR("a\0b\r\n.\r\n")};

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct world world = {0};
        struct str got;
        char all[500];
        size_t n = (size_t)snprintf(all, sizeof all,
                                    "HELO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n");

        memcpy(all + n, bad[i].p, bad[i].n);
        got = talk(&world, str_n(all, n + bad[i].n), out, sizeof out);
        CHECK(str_ends(got, STR("554 5.6.0 Bare CR, bare LF or NUL in the message, closing connection\r\n")));
        CHECK_U64(world.letters, 0);
    }
}

TEST(what_follows_starttls_in_the_packet_is_never_run)
{
    struct world world = {0};
    struct str got = talk(&world, STR("EHLO c\r\nSTARTTLS\r\nMAIL FROM:<a@b.example>\r\n"), out, sizeof out);

    CHECK(str_ends(got, STR("\r\n503 5.5.1 Nothing may follow STARTTLS in the same packet, closing connection\r\n")));
}

TEST(a_letter_that_is_too_large_is_read_to_its_end_and_refused)
{
    struct world world = {0};
    static char in[200000];
    size_t n = (size_t)snprintf(in, sizeof in,
                                "EHLO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n\r\n");
    struct str got;

    for (int i = 0; i < 2000; i++)
        n += (size_t)snprintf(in + n, sizeof in - n, "%074d\r\n", i);
    n += (size_t)snprintf(in + n, sizeof in - n, ".\r\nNOOP\r\nQUIT\r\n");
    got = talk(&world, str_n(in, n), out, sizeof out);
    CHECK(str_search(got, STR("552 5.3.4 Message larger than the 102400 bytes taken here\r\n250 2.0.0 Ok\r\n221 ")) <
          got.n);
    CHECK_U64(world.letters, 0);
    got = talk(&world, STR("EHLO c\r\nMAIL FROM:<a@b.example> SIZE=102401\r\nQUIT\r\n"), out, sizeof out);
    CHECK(str_search(got, STR("552 5.3.4 ")) < got.n);
}

TEST(a_letter_beyond_memory_goes_by_spool)
{
    struct world world = {0};
    static char in[200000];
    size_t n = (size_t)snprintf(
        in, sizeof in, "EHLO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\nA: b\r\n\r\n");
    struct str body;

    for (int i = 0; i < 1200; i++)
        n += (size_t)snprintf(in + n, sizeof in - n, "%074d\r\n", i);
    n += (size_t)snprintf(in + n, sizeof in - n, ".\r\nQUIT\r\n");
    talk(&world, str_n(in, n), out, sizeof out);
    body = str_n(world.delivered, world.n_delivered);
    CHECK_U64(world.letters, 1);
    CHECK_U64(world.spools, 1);
    CHECK_U64(body.n, world.body_size);
    CHECK(str_ends(body, STR("0000001199\r\n")));
    CHECK(body.n > 1200 * 76);
}

TEST(submission_wants_a_login_over_tls)
{
    struct world world = {.row.protocol = PROTOCOL_SUBMISSION};
    struct str got = talk(
        &world,
        STR("EHLO c\r\nMAIL FROM:<alice@example.test>\r\nAUTH PLAIN AGFsaWNlQGV4YW1wbGUudGVzdABzZWNyZXQ=\r\nQUIT\r\n"),
        out, sizeof out);

    CHECK(str_search(got, STR("AUTH PLAIN")) == got.n);
    CHECK(str_search(got, STR("530 5.7.0 Say STARTTLS first\r\n538 5.7.11 ")) < got.n);
}

TEST(a_user_sends_as_himself_to_anywhere)
{
    struct world world = {.row = {.protocol = PROTOCOL_SUBMISSION, .plaintext_auth = true}};
    struct str got = talk(&world,
                          STR("EHLO c\r\nAUTH PLAIN AGFsaWNlQGV4YW1wbGUudGVzdAB3cm9uZw==\r\nAUTH "
                              "LOGIN\r\nYWxpY2VAZXhhbXBsZS50ZXN0\r\nc2VjcmV0\r\n"
                              "MAIL FROM:<bob@example.test>\r\nMAIL FROM:<alice@example.test>\r\nRCPT "
                              "TO:<x@elsewhere.example>\r\nDATA\r\n\r\nhi\r\n.\r\nQUIT\r\n"),
                          out, sizeof out);

    CHECK(str_search(got, STR("250-AUTH PLAIN LOGIN\r\n")) < got.n);
    CHECK(str_search(got, STR("535 5.7.8 ")) < got.n);
    CHECK(str_search(got, STR("334 VXNlcm5hbWU6\r\n")) < got.n);
    CHECK(str_search(got, STR("235 2.7.0 Authentication successful\r\n553 5.7.1 <bob@example.test> is not an address "
                              "of yours\r\n250 2.1.0 ")) < got.n);
    CHECK_U64(world.letters, 1);
    CHECK_STR(str_z(world.rcpts), STR("x@elsewhere.example;"));
    CHECK(str_search(str_n(world.delivered, world.n_delivered), STR("with ESMTPA id")) < world.n_delivered);
}

/* What is answered to a letter of alice with this header. */
static struct str answer_to(struct world *world, struct arena *a, const char *header, const char *setting)
{
    struct config_errors errors;
    struct str conf = arena_printf(a, "host_name mx.example.test\n%s\n", setting), got;
    size_t at;

    *world = (struct world){.row = {.protocol = PROTOCOL_SUBMISSION, .plaintext_auth = true}};
    CHECK_ST(config_parse(conf, "test", &world->set, &errors), ST_OK);
    got = talk(world,
               arena_printf(a,
                            "EHLO c\r\nAUTH PLAIN AGFsaWNlQGV4YW1wbGUudGVzdABzZWNyZXQ=\r\nMAIL FROM:<%s>\r\n"
                            "RCPT TO:<x@elsewhere.example>\r\nDATA\r\n%s\r\nhi\r\n.\r\n",
                            *header == '!' ? "" : "alice@example.test", header + (*header == '!')),
               out, sizeof out);
    at = str_search(got, STR("\r\n354 "));
    return str_from(got, at + str_search(str_from(got, at + 2), STR("\r\n")) + 4);
}

TEST(a_users_letter_is_from_himself)
{
    static const char no[] =
        "550 5.7.1 The letter says that it is from <bob@example.test>, which is not an address of yours";
    static const struct {
        const char *header, *answer;
    } cases[] = {
        {"Subject: x\r\n", "250 "},
        {"From: A <alice@example.test>\r\nSender: alice@Example.TEST\r\n", "250 "},
        {"From: bob@example.test\r\n", no},
        {"From: alice@example.test, bob@example.test\r\n", no},
        {"From: alice@example.test\r\nSender: bob@example.test\r\n", no},
        {"From: alice@example.test\r\nFrom: bob@example.test\r\n", no},
        {"no field\r\nFROM\t:\r\n bob@example.test\r\n", no},
        {"!From: bob@example.test\r\n", no},
        {"!From: alice@example.test\r\n", "250 "},
        {"From: \r\n",
         "550 5.7.1 From and Sender take full addresses only, of yours; this can't be read as such: \r\n"},
        {"From: x@elsewhere.example\r\n", "550 5.7.1 The letter says that it is from <x@elsewhere.example>"},
        {"From: root\r\n", "550 5.7.1 From and Sender take full addresses only"},
        {"To: x@y.test\r\n\r\nFrom: bob@example.test\r\n", "250 "},
    };
    struct arena a = ARENA_INIT;
    struct world world;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str got = answer_to(&world, &a, cases[i].header, "smtp_check_from all");

        CHECK_STR(str_sub(got, 0, strlen(cases[i].answer)), str_z(cases[i].answer));
        CHECK_U64(world.letters, cases[i].answer[0] == '2');
    }
    CHECK(str_starts(answer_to(&world, &a, "From: bob@example.test\r\n", "smtp_check_from any"), STR("250 ")));
    arena_fini(&a);
}

TEST(addresses_of_ours_are_guarded_by_default)
{
    static const struct {
        const char *header, *answer;
    } cases[] = {
        {"From: alice@example.test\r\nFrom: bob@example.test\r\n", "550 5.7.1 The letter says"},
        {"From: x@elsewhere.example\r\nSender: alice@example.test\r\n", "250 "},
        {"From: x@elsewhere.example\r\nSender: bob@example.test\r\n", "550 5.7.1 The letter says"},
        {"From: root\r\n", "250 "},
        {"From: \"x <bob@example.test>\r\n", "550 5.7.1 The letter says"},
        {"From: <alice@example.test> bob@example.test\r\n", "550 5.7.1 The letter says"},
        {"From: root\r\nFrom: bob@example.test\r\n", "550 5.7.1 The letter says"},
    };
    struct arena a = ARENA_INIT;
    struct world world;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str got = answer_to(&world, &a, cases[i].header, "");

        CHECK_STR(str_sub(got, 0, strlen(cases[i].answer)), str_z(cases[i].answer));
        CHECK_U64(world.letters, cases[i].answer[0] == '2');
    }
    arena_fini(&a);
}

TEST(a_header_without_end_hides_no_author)
{
    struct arena a = ARENA_INIT;
    struct world world;
    struct buf header;
    struct str got;

    buf_init(&header, LIMIT_HEADER * 2);
    while (header.n < LIMIT_HEADER)
        buf_addz(&header, "X-Filler: 0123456789012345678901234567890123456789012345678901234567890123456789\r\n");
    buf_addz(&header, "From: bob@example.test\r\n");
    buf_addc(&header, 0);
    got = answer_to(&world, &a, header.p, "");
    CHECK(str_starts(got, STR("552 5.3.4 Header larger than the 1048576 bytes taken here\r\n")));
    CHECK_U64(world.letters, 0);
    buf_fini(&header);
    arena_fini(&a);
}

TEST(order_and_mistakes_are_answered_in_the_protocols_words)
{
    struct world world = {0};
    struct str got = talk(&world,
                          STR("MAIL FROM:<a@b.example>\r\nEHLO c\r\nRCPT TO:<bob@example.test>\r\nFOO\r\nMAIL "
                              "FROM:a\r\nMAIL FROM:<a@b.example> X=1\r\nNOOP\r\n"),
                          out, sizeof out);

    CHECK(str_search(got, STR("503 5.5.1 Say EHLO or HELO first\r\n")) < got.n);
    CHECK(str_search(
              got, STR("503 5.5.1 Give the sender first (MAIL)\r\n500 5.5.2 Command not recognized\r\n501 5.5.4 "
                       "Syntax: MAIL FROM:<address> [parameters]\r\n"
                       "555 5.5.4 Parameter not recognized: X\r\n421 4.7.0 Too many errors, closing connection\r\n")) <
          got.n);
    CHECK(!str_ends(got, STR("250 2.0.0 Ok\r\n")));
}

TEST(a_right_to_send_that_is_gone_ends_the_connection)
{
    struct world world = {.deliver_st = ST_DENIED};
    struct str got =
        talk(&world, STR("HELO c\r\nMAIL FROM:<>\r\nRCPT TO:<Postmaster>\r\nDATA\r\n\r\nx\r\n.\r\nQUIT\r\n"), out,
             sizeof out);

    CHECK(str_search(got, STR("\r\n421 4.3.2 ")) < got.n);
    CHECK(str_search(got, STR("221 ")) == got.n); /* QUIT is not read any more */
}

TEST(a_letter_that_one_commit_can_not_hold_is_refused_for_good)
{
    struct world world = {.deliver_st = ST_LIMIT};
    struct str got =
        talk(&world,
             STR("EHLO c\r\nMAIL FROM:<x@y.example>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n\r\nhi\r\n.\r\nQUIT\r\n"),
             out, sizeof out);

    CHECK(str_search(got, STR("\r\n552 5.3.4 Message of too many parts for so many recipients at once\r\n221 ")) <
          got.n);
}

TEST(a_failed_commit_is_a_temporary_answer)
{
    struct world world = {.deliver_st = ST_NOSPACE};
    struct str got =
        talk(&world, STR("HELO c\r\nMAIL FROM:<>\r\nRCPT TO:<Postmaster>\r\nDATA\r\n\r\nx\r\n.\r\nQUIT\r\n"), out,
             sizeof out);

    CHECK(str_search(got, STR("\r\n452 4.3.1 ")) < got.n);
    CHECK_STR(str_z(world.from), STR(""));
    CHECK_STR(str_z(world.rcpts), STR("postmaster;"));
}

TEST(a_spool_that_is_not_there_costs_no_budget)
{
    struct world world = {.no_spool = true};
    static char in[200000];
    size_t n = (size_t)snprintf(
        in, sizeof in, "EHLO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\nA: b\r\n\r\n");
    struct str got;

    for (int i = 0; i < 1200; i++)
        n += (size_t)snprintf(in + n, sizeof in - n, "%074d\r\n", i);
    n += (size_t)snprintf(in + n, sizeof in - n, ".\r\nQUIT\r\n");
    got = talk(&world, str_n(in, n), out, sizeof out);
    CHECK(str_search(got, STR("\r\n451 4.3.0 ")) < got.n);
    CHECK_U64(world.letters, 0);
    CHECK_U64(world.spool_held, 0);
}

TEST(recipients_that_are_repeated_or_refused_cost_no_memory)
{
    struct world world = {0};
    static char in[60000];
    size_t n = (size_t)snprintf(in, sizeof in, "EHLO c\r\nMAIL FROM:<a@b.example>\r\n");

    for (int i = 0; i < 900; i++)
        n += (size_t)snprintf(in + n, sizeof in - n, "RCPT TO:<%s@example.test>\r\n", i % 2 ? "disabled" : "bob");
    n += (size_t)snprintf(in + n, sizeof in - n, "QUIT\r\n");
    talk(&world, str_n(in, n), out, sizeof out);
    CHECK(world.txn_bytes < 20000);
}

TEST(a_session_ends_when_the_rights_of_its_user_do)
{
    struct world world = {.row = {.protocol = PROTOCOL_SUBMISSION, .plaintext_auth = true}, .revoke_at_rcpt = true};
    struct str got =
        talk(&world,
             STR("EHLO c\r\nAUTH LOGIN\r\nYWxpY2VAZXhhbXBsZS50ZXN0\r\nc2VjcmV0\r\nMAIL FROM:<alice@example.test>\r\n"
                 "RCPT TO:<x@elsewhere.example>\r\nDATA\r\n\r\nhi\r\n.\r\nNOOP\r\nQUIT\r\n"),
             out, sizeof out);

    CHECK(str_ends(got, STR("\r\n250 2.1.5 Recipient ok\r\n421 4.7.0 Access withdrawn, closing connection\r\n")));
    CHECK_U64(world.letters, 0);
}

/* What the log says of a dialog. */
static struct str logged(struct world *world, struct str input, char *text, size_t max)
{
    char name[] = "/tmp/restante-test-XXXXXX";
    int fd = mkstemp(name);
    ssize_t n;

    CHECK(fd >= 0 && unlink(name) == 0);
    log_set_fd(fd);
    log_set_level(LOG_DEBUG);
    talk(world, input, out, sizeof out);
    log_set_level(LOG_INFO);
    log_set_fd(1);
    n = pread(fd, text, max, 0);
    close(fd);
    return str_n(text, n > 0 ? (size_t)n : 0);
}

TEST(passwords_do_not_get_into_the_log_whatever_the_client_does_wrong)
{
    static const char *const dialogs[] = {
        "EHLO c\r\nAUTH LOGIN\r\nYWxpY2VAZXhhbXBsZS50ZXN0\r\nSECRETSECRET\r\n", /* where AUTH is refused */
        "EHLO c\r\nAUTH FOO\r\nSECRETSECRET\r\n",
        "EHLO c\r\nAUTHPLAIN SECRETSECRET\r\nAUTH=PLAIN SECRETSECRET\r\n",
        "EHLO c\r\nAUTH PLAIN SECRETSECRET!\r\nAUTH PLAIN\r\n*\r\nSECRETSECRET\r\n",
        "EHLO c\r\nAUTH PLAIN AGFsaWNlAFNFQ1JFVFNFQ1JFVA==\r\n",
    };
    static char text[20000];

    for (size_t i = 0; i < 2 * ARRAY_LEN(dialogs); i++) {
        struct world world = {.row = {.protocol = PROTOCOL_SUBMISSION, .plaintext_auth = i % 2}};
        struct str got = logged(&world, str_z(dialogs[i / 2]), text, sizeof text);

        CHECK(str_search(got, STR("event=smtp_session_closed")) < got.n);
        CHECK(str_search(got, STR("SECRET")) == got.n);
        CHECK(str_search(got, STR("AFNFQ1JF")) == got.n);
    }
}

TEST(full_mailboxes_are_refused_by_rfc_5248)
{
    struct world world = {0};
    struct str got = talk(&world,
                          STR("EHLO c\r\nMAIL FROM:<a@b.example> SIZE=2000\r\nRCPT TO:<full@example.test>\r\n"
                              "RCPT TO:<small@example.test>\r\nRCPT TO:<bob@example.test>\r\nQUIT\r\n"),
                          out, sizeof out);

    CHECK(str_search(got, STR("\r\n452 4.2.2 The mailbox full@example.test is full\r\n"
                              "552 5.2.3 The letter is larger than all that the mailbox small@example.test may hold\r\n"
                              "250 2.1.5 Recipient ok\r\n")) < got.n);
}

/* Its size not being said, a letter that may not fit one mailbox comes alone. */
TEST(nearly_full_mailboxes_get_letters_of_their_own)
{
    struct world world = {0};
    struct str got = talk(&world,
                          STR("EHLO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<bob@example.test>\r\n"
                              "RCPT TO:<small@example.test>\r\nRSET\r\nMAIL FROM:<a@b.example>\r\n"
                              "RCPT TO:<small@example.test>\r\nRCPT TO:<bob@example.test>\r\nRSET\r\n"
                              "MAIL FROM:<a@b.example> SIZE=900\r\nRCPT TO:<small@example.test>\r\n"
                              "RCPT TO:<bob@example.test>\r\nQUIT\r\n"),
                          out, sizeof out);

    CHECK(str_search(got, STR("250 2.1.5 Recipient ok\r\n452 4.5.3 small@example.test is nearly full: send that letter "
                              "alone, or say its SIZE\r\n250 ")) < got.n);
    CHECK(str_search(got, STR("250 2.1.5 Recipient ok\r\n452 4.5.3 Another recipient is nearly full")) < got.n);
    CHECK(str_search(got, STR("250 2.1.5 Recipient ok\r\n250 2.1.5 Recipient ok\r\n221 ")) < got.n);
}

TEST(a_mailbox_that_became_full_is_told_after_the_letter)
{
    struct world world = {.deliver_st = ST_OVERQUOTA}, other = {.deliver_st = ST_TOOBIG};
    static const char one[] = "HELO c\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n\r\nx\r\n.\r\nQUIT\r\n";
    struct str got = talk(&world, STR(one), out, sizeof out);

    CHECK(str_search(got, STR("\r\n452 4.2.2 ")) < got.n);
    got = talk(&other, STR(one), out, sizeof out);
    CHECK(str_search(got, STR("\r\n552 5.2.3 ")) < got.n);
    got =
        talk(&other,
             STR("HELO c\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.test>\r\nRCPT TO:<carl2@example.test>\r\nDATA\r\n\r\nx"
                 "\r\n.\r\nQUIT\r\n"),
             out, sizeof out);
    CHECK(str_search(got, STR("\r\n452 4.2.2 ")) < got.n); /* the others shall have it when it comes again */
}

TEST(dsn_parameters_travel_by_name)
{
    struct world world = {0};

    talk(&world,
         STR("EHLO c\r\nMAIL FROM:<a@b.example> RET=hdrs ENVID=QQ+2B1 BODY=8BITMIME\r\n"
             "RCPT TO:<bob@example.test> NOTIFY=SUCCESS,delay ORCPT=rfc822;Bob+40<x>\r\nRCPT TO:<al@example.test>\r\n"
             "RCPT TO:<carl2@example.test> notify=never\r\nDATA\r\n\r\nx\r\n.\r\nQUIT\r\n"),
         out, sizeof out);
    CHECK_U64(world.letters, 1);
    CHECK_STR(str_z(world.params), STR("RET=hdrs ENVID=QQ+2B1 BODY=8BITMIME |NOTIFY=SUCCESS,delay "
                                       "ORCPT=rfc822;Bob+40<x> ||NOTIFY=never |"));
}

TEST(dsn_parameters_that_are_none)
{
    static const char *const mail[] = {"RET",     "RET=",      "RET=HALF",  "RET=FULL RET=FULL", "ENVID=",
                                       "ENVID=+", "ENVID=+4g", "ENVID=+0A", "ENVID=+7F",         "ENVID=j\xc3\xb6"},
                             *const rcpt[] = {"NOTIFY=",
                                              "NOTIFY=NEVER,DELAY",
                                              "NOTIFY=SUCCESS,,DELAY",
                                              "NOTIFY=SUCCESS,",
                                              "NOTIFY=x",
                                              "NOTIFY",
                                              "ORCPT=rfc822",
                                              "ORCPT=;a",
                                              "ORCPT=rfc822;",
                                              "ORCPT=utf-8;j\xc3\xb6",
                                              "NOTIFY=NEVER NOTIFY=NEVER"};
    char line[200];

    for (size_t i = 0; i < ARRAY_LEN(mail); i++) {
        struct world world = {0};
        struct str got;

        snprintf(line, sizeof line, "EHLO c\r\nMAIL FROM:<a@b.example> %s\r\nQUIT\r\n", mail[i]);
        got = talk(&world, str_z(line), out, sizeof out);
        CHECK(str_search(got, STR("\r\n501 5.5.4 ")) < got.n);
    }
    for (size_t i = 0; i < ARRAY_LEN(rcpt); i++) {
        struct world world = {0};
        struct str got;

        snprintf(line, sizeof line, "EHLO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<bob@example.test> %s\r\nQUIT\r\n",
                 rcpt[i]);
        got = talk(&world, str_z(line), out, sizeof out);
        CHECK(str_search(got, STR("\r\n501 5.5.4 ")) < got.n);
    }
}

/* RFC 6710 section 4.1: who has not logged in may only ask for less. */
TEST(priorities_are_for_those_who_are_known)
{
    static const char *const bad[] = {"10", "-0", "+1", "x", "1;2", "01"};
    char line[200];
    struct str got;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct world world = {0};

        snprintf(line, sizeof line, "EHLO c\r\nMAIL FROM:<a@b.example> MT-PRIORITY=%s\r\nQUIT\r\n", bad[i]);
        got = talk(&world, str_z(line), out, sizeof out);
        CHECK(str_search(got, STR("\r\n501 5.5.2 ")) < got.n);
    }
    for (int p = -1; p <= 1; p++) {
        struct world world = {0};

        snprintf(line, sizeof line,
                 "EHLO c\r\nMAIL FROM:<a@b.example> MT-PRIORITY=%d\r\nRCPT "
                 "TO:<bob@example.test>\r\nDATA\r\n\r\nx\r\n.\r\nQUIT\r\n",
                 p);
        got = talk(&world, str_z(line), out, sizeof out);
        CHECK(str_search(got, STR("\r\n250-MT-PRIORITY\r\n")) < got.n);
        CHECK((str_search(got, STR("\r\n250 2.3.6 0 is the priority ")) < got.n) == (p > 0));
        CHECK_U64(world.letters, 1);
        CHECK_STR(str_z(world.params), p < 0 ? STR("MT-PRIORITY=-1 ||") : STR("MT-PRIORITY=0 ||"));
        snprintf(line, sizeof line, "\r\n\tPRIORITY %d;\r\n\t", p);
        CHECK(memmem(world.delivered, world.n_delivered, line, strlen(line)));
    }
}

/* RFC 2852 section 4. */
TEST(a_time_by_which_it_is_to_be_delivered)
{
    static const char *const bad[] = {"BY", "BY=", "BY=120", "BY=0;R", "BY=-5;R", "BY=1;X", "BY=1;N BY=1;N"};
    struct deliver_by by;
    char line[200];
    struct str got, attribute;
    uint64_t now = clock_wall_us();

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct world world = {0};

        snprintf(line, sizeof line, "EHLO c\r\nMAIL FROM:<a@b.example> %s\r\nQUIT\r\n", bad[i]);
        got = talk(&world, str_z(line), out, sizeof out);
        CHECK(str_search(got, STR("\r\n250-DELIVERBY\r\n")) < got.n);
        CHECK(str_search(got, STR("\r\n501 5.5.4 ")) < got.n);
    }
    {
        struct world world = {0};

        talk(&world,
             STR("EHLO c\r\nMAIL FROM:<a@b.example> BY=120;rt\r\nRCPT "
                 "TO:<bob@example.test>\r\nDATA\r\n\r\nx\r\n.\r\nQUIT\r\n"),
             out, sizeof out);
        attribute = str_sub(str_z(world.params), 0, str_find(str_z(world.params), ' '));
        CHECK(str_starts(attribute, STR("BY=")));
        CHECK_ST(deliver_by_get(str_from(attribute, 3), &by), ST_OK);
        CHECK(by.returns && by.traces && by.at_us >= now + 120000000 && by.at_us < clock_wall_us() + 120000000);
    }
}

static const char submission[] = "host_name mx.example.test\nsmtp_future_release_max 1h\n";

static struct str submit(struct world *world, const char *mail, char *input, size_t max)
{
    struct config_errors errors;

    CHECK_ST(config_parse(str_z(submission), "test", &world->set, &errors), ST_OK);
    world->row.protocol = PROTOCOL_SUBMISSION;
    world->row.plaintext_auth = true;
    snprintf(input, max,
             "EHLO c\r\nAUTH PLAIN AGFsaWNlQGV4YW1wbGUudGVzdABzZWNyZXQ=\r\nMAIL FROM:<alice@example.test> %s\r\n"
             "RCPT TO:<x@far.test>\r\nDATA\r\nFrom: alice@example.test\r\n\r\nx\r\n.\r\nQUIT\r\n",
             mail);
    return talk(world, str_z(input), out, sizeof out);
}

/* RFC 4865 section 4.2. */
TEST(letters_that_leave_later)
{
    static const char *const bad[] = {"HOLDFOR=0",
                                      "HOLDFOR=3601",
                                      "HOLDFOR=1 HOLDFOR=1",
                                      "HOLDFOR",
                                      "HOLDFOR=1 HOLDUNTIL=2999-01-01T00:00:00Z",
                                      "HOLDUNTIL=2999-01-01T00:00:00Z",
                                      "HOLDUNTIL=2001-01-01T00:00:00Z",
                                      "HOLDUNTIL=tomorrow",
                                      "HOLDFOR=100 BY=99;R",
                                      "BY=99;N HOLDFOR=100"};
    char input[1000], until[64];
    struct arena a = ARENA_INIT;
    struct str got;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct world world = {0};

        got = submit(&world, bad[i], input, sizeof input);
        CHECK(str_search(got, STR("\r\n250-FUTURERELEASE 3600 2")) < got.n);
        CHECK(str_search(got, STR("\r\n501 5.5.4 ")) < got.n && !world.letters);
    }
    {
        struct world world = {0};

        got = submit(&world, "HOLDFOR=100 BY=101;R", input, sizeof input);
        CHECK(world.letters == 1 && strstr(world.params, "HOLDFOR=100 RELEASE=") && strstr(world.params, "BY="));
    }
    {
        struct world world = {0};

        snprintf(until, sizeof until, "HOLDUNTIL=%.*s", STR_ARGS(time_rfc3339(&a, clock_wall_us() + 1800000000)));
        got = submit(&world, until, input, sizeof input);
        CHECK(world.letters == 1 && str_starts(str_z(world.params), str_z(until)));
    }
    {
        struct world world = {0};

        got = submit(&world, "HOLDFOR=100 SIZE=7", input, sizeof input);
        CHECK(str_search(got, STR("\r\n552 5.7.16 ")) < got.n && !world.letters);
    }
    {
        struct world world = {0};

        got = submit(&world, "HOLDFOR=100 SIZE=8", input, sizeof input);
        CHECK(str_search(got, STR("\r\n451 4.3.0 ")) < got.n && !world.letters);
    }
    {
        struct world world = {0};

        got = talk(&world, STR("EHLO c\r\nMAIL FROM:<a@b.example> HOLDFOR=100\r\nQUIT\r\n"), out, sizeof out);
        CHECK(str_search(got, STR("FUTURERELEASE")) == got.n && str_search(got, STR("\r\n555 5.5.4 ")) < got.n);
    }
    arena_fini(&a);
}

static bool answers(const char *input, const char *want)
{
    struct world world = {0};
    struct str got = talk(&world, str_z(input), out, sizeof out);
    bool has = str_search(got, str_z(want)) < got.n;

    if (!has)
        printf("%.*s\n", STR_ARGS(got));
    return has;
}

#define OPEN_TXN "EHLO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<bob@example.test>\r\n"

TEST(chunks_become_a_letter)
{
    struct world world = {0};
    struct str got =
        talk(&world,
             STR(OPEN_TXN "BDAT 14\r\nSubject: hi\r\n\rBDAT 11\r\n\n.\r\n..\r\nhalNOOP\r\nBDAT 4 LAST\r\nf.\r\n"
                          "BDAT 3\r\nabcQUIT\r\n"),
             out, sizeof out);
    struct str body = str_n(world.delivered, world.n_delivered);

    CHECK(str_search(got, STR("\r\n250-CHUNKING\r\n250-BINARYMIME\r\n")) < got.n);
    CHECK(str_search(got, STR("250 2.0.0 14 octets received\r\n250 2.0.0 11 octets received\r\n250 2.0.0 Ok\r\n"
                              "250 2.0.0 Accepted and safely stored as ")) < got.n);
    CHECK(str_search(got, STR("\r\n503 5.5.1 Give the sender first (MAIL)\r\n221 ")) < got.n);
    CHECK(str_ends(body, STR("\r\nSubject: hi\r\n\r\n.\r\n..\r\nhalf.\r\n")));
    CHECK_U64(world.letters, 1);
}

TEST(a_chunk_of_nothing_may_be_the_last)
{
    CHECK(answers(OPEN_TXN "BDAT 5\r\nA: b\rBDAT 1\r\n\nBDAT 0 LAST\r\nQUIT\r\n",
                  "5 octets received\r\n250 2.0.0 1 octets received\r\n250 2.0.0 Accepted"));
    CHECK(answers(OPEN_TXN "BDAT 0 LAST\r\nQUIT\r\n", "250 2.0.0 Accepted"));
    CHECK(answers(OPEN_TXN "BDAT 5\r\nA: b\rBDAT 0 LAST\r\nQUIT\r\n", "554 5.6.0 Bare CR"));
}

TEST(what_is_refused_is_read_away)
{
    CHECK(answers("BDAT 6\r\nNOOP\r\nQUIT\r\n", "503 5.5.1 Say EHLO or HELO first\r\n221 "));
    CHECK(answers("EHLO c\r\nBDAT 6 LAST\r\nNOOP\r\nQUIT\r\n", "503 5.5.1 Give the sender first (MAIL)\r\n221 "));
    CHECK(answers("EHLO c\r\nMAIL FROM:<a@b.example>\r\nBDAT 6\r\nNOOP\r\nBDAT 6 LAST\r\nQUIT\r\nRSET\r\nQUIT\r\n",
                  "503 5.5.1 Give a recipient first (RCPT)\r\n503 5.5.1 A chunk was refused: say RSET\r\n250 2.0.0 "
                  "Ok\r\n221 "));
    CHECK(answers(OPEN_TXN "BDAT 6 FIRST\r\nNOOP\r\nQUIT\r\n", "501 5.5.4 Syntax: BDAT octets [LAST]\r\n221 "));
    CHECK(answers(OPEN_TXN "BDAT 6\r\nA: \nb\nBDAT 6 LAST\r\nNOOP\r\nRCPT TO:<bob@example.test>\r\nDATA\r\nRSET\r\n"
                           "MAIL FROM:<a@b.example>\r\nRCPT TO:<bob@example.test>\r\nBDAT 6 LAST\r\nA: b\r\nQUIT\r\n",
                  "554 5.6.0 Bare CR, bare LF or NUL in the message, which takes BODY=BINARYMIME and a header without "
                  "them\r\n503 5.5.1 A chunk was refused: say RSET\r\n503 5.5.1 Chunks have come, or failed, in this "
                  "transaction: go on with BDAT, or RSET\r\n503 5.5.1 Chunks have"));
}

TEST(rset_forgets_chunks)
{
    CHECK(answers(OPEN_TXN "BDAT 4\r\nA: bRSET\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<bob@example.test>\r\nBDAT 6 "
                           "LAST\r\nC: d\r\nQUIT\r\n",
                  "4 octets received\r\n250 2.0.0 Ok\r\n250 2.1.0 Sender ok\r\n250 2.1.5 Recipient ok\r\n250 2.0.0 "
                  "Accepted"));
    CHECK(answers(OPEN_TXN "BDAT 4\r\nA: bDATA\r\nBDAT 2 LAST\r\n\r\nQUIT\r\n",
                  "503 5.5.1 Chunks have come, or failed, in this transaction: go on with BDAT, or RSET\r\n503 5.5.1 A "
                  "chunk was refused: say RSET\r\n221 "));
}

TEST(chunks_have_a_size_that_can_be_read)
{
    static const char *const bad[] = {"BDAT",   "BDAT LAST", "BDAT x", "BDAT -1", "BDAT 99999999999999999999999",
                                      "BDAT 1x"};
    char in[200];

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        snprintf(in, sizeof in, OPEN_TXN "%s\r\nRCPT TO:<alice@example.test>\r\n", bad[i]);
        CHECK(answers(in, "501 5.5.4 Syntax: BDAT octets [LAST]\r\n"));
        CHECK(!answers(in, "octets [LAST]\r\n250"));
    }
    CHECK(answers(OPEN_TXN "BDAT 300000\r\n", "552 5.3.4 Message larger than the 102400 bytes taken here\r\n"));
}

TEST(chunks_that_are_too_large_together_are_refused_before_they_are_read)
{
    struct world world = {0};
    static char in[150000];
    size_t n = (size_t)snprintf(in, sizeof in, OPEN_TXN "BDAT 20\r\nA: b\r\n\r\n0123456789\r\nBDAT 102399 LAST\r\n");
    struct str got;

    memset(in + n, '\n', 102399);
    n += 102399;
    n += (size_t)snprintf(in + n, sizeof in - n, "QUIT\r\n");
    got = talk(&world, str_n(in, n), out, sizeof out);
    CHECK(str_search(got,
                     STR("20 octets received\r\n552 5.3.4 Message larger than the 102400 bytes taken here\r\n221 ")) <
          got.n);
    CHECK_U64(world.letters, 0);
    CHECK_U64(world.spools, 0);
}

TEST(binary_letters_keep_every_byte)
{
    static const struct str body = STR("\r\n.\r\n\0\n\r\xff.\n");
    struct world world = {0};
    char in[500];
    size_t n = (size_t)snprintf(in, sizeof in,
                                "EHLO c\r\nMAIL FROM:<a@b.example> BODY=BINARYMIME\r\nRCPT TO:<bob@example.test>\r\n"
                                "BDAT 8\r\nA: b\r\n\r\nBDAT %zu LAST\r\n",
                                body.n);
    struct str got, kept;

    memcpy(in + n, body.p, body.n);
    n += body.n;
    n += (size_t)snprintf(in + n, sizeof in - n, "QUIT\r\n");
    got = talk(&world, str_n(in, n), out, sizeof out);
    CHECK(str_search(got, STR("250 2.0.0 Accepted")) < got.n);
    kept = str_n(world.delivered, world.n_delivered);
    CHECK(kept.n > body.n && str_eq(str_from(kept, kept.n - body.n), body));
    CHECK_STR(str_z(world.params), STR("BODY=BINARYMIME ||"));
    CHECK(answers("EHLO c\r\nMAIL FROM:<a@b.example> BODY=BINARYMIME\r\nRCPT TO:<bob@example.test>\r\nDATA\r\nRSET\r\n"
                  "QUIT\r\n",
                  "503 5.5.1 BODY=BINARYMIME takes BDAT\r\n250 2.0.0 Ok\r\n221 "));
    CHECK(answers("EHLO c\r\nMAIL FROM:<a@b.example> BODY=BINARYMIME\r\nRCPT TO:<bob@example.test>\r\nBDAT 9 "
                  "LAST\r\nA: b\nc:d\n\nQUIT\r\n",
                  "554 5.6.0 Bare CR"));
}

static const struct settings *set_of(const char *text)
{
    const struct settings *set;
    struct config_errors errors;

    CHECK_ST(config_parse(str_z(text), "test", &set, &errors), ST_OK);
    return set;
}

static struct str with_set(struct world *world, const char *set, const char *input)
{
    world->set = set_of(set);
    return talk(world, str_z(input), out, sizeof out);
}

TEST(so_many_letters_over_one_connection)
{
    struct world world = {0};
    struct str got = with_set(&world, "host_name mx.example.test\nsmtp_max_letters 2\nsmtp_max_recipients 100\n",
                              "EHLO c\r\nMAIL FROM:<a@b.example>\r\nRSET\r\nMAIL FROM:<a@b.example>\r\nRSET\r\nMAIL "
                              "FROM:<a@b.example>\r\nNOOP\r\n");

    CHECK(str_search(got, STR("\r\n250-LIMITS RCPTMAX=100 MAILMAX=2\r\n")) < got.n);
    CHECK(str_ends(got, STR("250 2.0.0 Ok\r\n421 4.5.3 No more than 2 letters over one connection, come again with the "
                            "rest\r\n")));
}

TEST(vrfy_tells_users_where_it_may)
{
    static const char in[] = "EHLO c\r\nAUTH PLAIN AGFsaWNlQGV4YW1wbGUudGVzdABzZWNyZXQ=\r\nVRFY bob@example.test\r\n"
                             "VRFY Bob <bob@example.test>\r\nVRFY nobody@example.test\r\nVRFY <x@else.example>\r\n"
                             "VRFY disabled@example.test\r\nVRFY bob\r\nQUIT\r\n";
    struct world world = {0};
    struct str got;

    world.row.protocol = PROTOCOL_SUBMISSION;
    world.row.plaintext_auth = true;
    got = with_set(&world, "host_name mx.example.test\nsmtp_vrfy users\n", in);
    CHECK(str_search(got, STR("250 2.1.5 <bob@example.test>\r\n250 2.1.5 <bob@example.test>\r\n550 5.1.1 "
                              "<nobody@example.test> no such user here\r\n252 2.1.5 Send some mail, I will try my "
                              "best\r\n550 5.2.1 <disabled@example.test> does not take mail: disabled\r\n252 ")) <
          got.n);
    world = (struct world){.row = {.protocol = PROTOCOL_SUBMISSION, .plaintext_auth = true}};
    got = with_set(&world, "host_name mx.example.test\n", in);
    CHECK(str_search(got, STR("250 2.1.5 <")) == got.n && str_search(got, STR("550 ")) == got.n);
}

/* Who logs in as well, in a trusted network, is nobody else when his exchange ends without success. */
TEST(an_exchange_that_is_given_up_leaves_the_session_as_it_was)
{
    struct world world = {.row = {.protocol = PROTOCOL_SUBMISSION, .plaintext_auth = true},
                          .user = {.account = 5, .login = STR("printer@example.test")}};
    struct str got = talk(&world, STR("EHLO c\r\nAUTH SCRAM-SHA-256 bg==\r\n*\r\nMAIL FROM:<alice@example.test>\r\n"),
                          out, sizeof out);

    CHECK(str_search(got, STR("334 dj0=\r\n501 5.7.0 Authentication canceled\r\n")) < got.n);
    CHECK(str_search(got, STR("250 2.1.0")) == got.n); /* and it is over */
    CHECK_U64(world.ended_as, 5);
    got = talk(&world, STR("EHLO c\r\nAUTH SCRAM-SHA-256 bg==\r\n\r\nQUIT\r\n"), out, sizeof out);
    CHECK(str_search(got, STR("235 2.7.0 ")) < got.n);
    CHECK_U64(world.ended_as, 9);
}

/* --- LMTP (RFC 2033) ----------------------------------------------------------------------------------------------- */

static struct str lmtp(struct world *world, const char *input)
{
    world->row.protocol = PROTOCOL_LMTP;
    return talk(world, str_z(input), out, sizeof out);
}

#define LHLO "LHLO c\r\nMAIL FROM:<a@b.example>\r\n"

TEST(each_recipient_has_an_answer_behind_the_letter)
{
    struct world world = {0};
    struct str got =
        lmtp(&world, "EHLO c\r\nHELO c\r\n" LHLO "RCPT TO:<bob@example.test>\r\nRCPT TO:<nobody@example.test>\r\n"
                     "RCPT TO:<x@else.example>\r\nRCPT TO:<alice@example.test>\r\nRCPT TO:<BOB@example.test>\r\n"
                     "DATA\r\nA: b\r\n\r\nhi\r\n.\r\nQUIT\r\n");

    CHECK(str_starts(got, STR("220 mx.example.test LMTP Restante\r\n500 5.5.2 Command not recognized\r\n500 5.5.2 ")));
    CHECK(str_search(got, STR("\r\n250-PIPELINING\r\n")) < got.n && str_search(got, STR("250-AUTH")) == got.n);
    CHECK(
        str_search(got, STR("250 2.1.5 Recipient ok\r\n550 5.1.1 <nobody@example.test> no such user here\r\n550 5.7.1 "
                            "<x@else.example> relaying denied\r\n250 2.1.5 Recipient ok\r\n250 2.1.5 Recipient "
                            "ok\r\n354 End data with <CR><LF>.<CR><LF>\r\n250 2.0.0 Accepted and safely stored as "
                            "0000000000000abc\r\n250 2.0.0 Accepted and safely stored as 0000000000000abc\r\n250 2.0.0 "
                            "Accepted and safely stored as 0000000000000abc\r\n221 ")) < got.n);
    CHECK_U64(world.letters, 1);
    CHECK(str_search(str_n(world.delivered, world.n_delivered), STR(" with LMTP id ")) < world.n_delivered);
}

TEST(who_has_no_room_is_refused_and_the_others_get_it)
{
    struct world world = {.no_room = "bob@example.test"};
    struct str got = lmtp(&world, LHLO "RCPT TO:<alice@example.test>\r\nRCPT TO:<bob@example.test>\r\nRCPT "
                                       "TO:<caroline@example.test>\r\nBDAT 6 LAST\r\nA: b\r\nQUIT\r\n");

    CHECK(str_search(got, STR("250 2.0.0 Accepted and safely stored as 0000000000000abc\r\n452 4.2.2 The mailbox "
                              "bob@example.test is full\r\n250 2.0.0 Accepted and safely stored as "
                              "0000000000000abc\r\n221 ")) < got.n);
    CHECK_STR(str_z(world.rcpts), STR("alice@example.test;caroline@example.test;"));
    world = (struct world){.no_room = "bob@example.test"};
    got = lmtp(&world, LHLO "RCPT TO:<bob@example.test>\r\nDATA\r\nA: b\r\n.\r\nQUIT\r\n");
    CHECK(str_search(got, STR("452 4.2.2 The mailbox bob@example.test is full\r\n221 ")) < got.n);
}

TEST(what_is_wrong_with_a_letter_is_said_to_each)
{
    struct world world = {0};
    struct str got = lmtp(&world, LHLO "RCPT TO:<alice@example.test>\r\nRCPT TO:<bob@example.test>\r\nBDAT 4 LAST\r\n"
                                       "a\nb\rRSET\r\nQUIT\r\n");

    CHECK(str_search(got, STR("header without them\r\n554 5.6.0 Bare CR, bare LF or NUL in the message, which takes "
                              "BODY=BINARYMIME and a header without them\r\n250 2.0.0 Ok\r\n221 ")) < got.n);
}

/* --- XCLIENT, XFORWARD --------------------------------------------------------------------------------------------- */

TEST(xclient_begins_the_session_of_another)
{
    struct world world = {.may_x = true};
    struct str got =
        talk(&world,
             STR("EHLO proxy\r\nMAIL FROM:<a@b.example>\r\nXCLIENT ADDR=203.0.113.7\r\nRSET\r\nXCLIENT "
                 "NAME=spike.example ADDR=IPV6:2001:db8::7 PORT=99 HELO=c PROTO=ESMTP DESTADDR=192.0.2.1 "
                 "DESTPORT=25\r\nMAIL FROM:<a@b.example>\r\nEHLO client\r\nMAIL FROM:<a@b.example>\r\nRCPT "
                 "TO:<bob@example.test>\r\nDATA\r\n\r\n.\r\nQUIT\r\n"),
             out, sizeof out);

    CHECK(str_search(got,
                     STR("\r\n250-XCLIENT NAME ADDR PORT PROTO HELO DESTADDR DESTPORT\r\n250-XFORWARD NAME ADDR PORT "
                         "PROTO HELO IDENT SOURCE\r\n")) < got.n);
    CHECK(str_search(got, STR("503 5.5.1 Not during a mail transaction\r\n250 2.0.0 Ok\r\n220 mx.example.test ESMTP "
                              "Restante\r\n503 5.5.1 Say EHLO or HELO first\r\n250-")) < got.n);
    CHECK_U64(world.became_port, 99);
    CHECK(str_starts(str_n(world.delivered, world.n_delivered),
                     STR("Received: from client (spike.example [IPv6:2001:db8::7])\r\n")));
}

TEST(xclient_of_nobody_named_is_no_command)
{
    struct world world = {0};
    struct str got = talk(&world, STR("EHLO c\r\nXCLIENT ADDR=203.0.113.7\r\nXFORWARD ADDR=203.0.113.7\r\nQUIT\r\n"),
                          out, sizeof out);

    CHECK(str_search(got, STR("XCLIENT")) == got.n);
    CHECK(str_search(got, STR("500 5.5.2 Command not recognized\r\n500 5.5.2 Command not recognized\r\n221 ")) < got.n);
}

TEST(attributes_that_are_wrong_change_nothing)
{
    static const char *const bad[] = {"",
                                      "ADDR=203.0.113",
                                      "ADDR=IPV6:203.0.113.7",
                                      "ADDR=2001:db8::1",
                                      "PORT=x",
                                      "LOGIN=alice",
                                      "PROTO=LMTP",
                                      "NAME=a(b",
                                      "NAME=a+0Db",
                                      "ADDR=[203.0.113.7]",
                                      "DESTPORT=65536 PORT=99",
                                      "OTHER=x"};
    char in[300];

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct world world = {.may_x = true};
        struct str got;

        snprintf(in, sizeof in, "XCLIENT %s\r\nQUIT\r\n", bad[i]);
        got = talk(&world, str_z(in), out, sizeof out);
        CHECK(str_search(got, STR("\r\n501 5.5.4 Bad attribute: ")) < got.n);
        CHECK_U64(world.became, 0);
    }
}

TEST(xforward_is_for_the_log)
{
    struct world world = {.may_x = true};
    struct str got =
        talk(&world,
             STR("EHLO c\r\nXFORWARD NAME=spike.example ADDR=203.0.113.7 IDENT=abc SOURCE=REMOTE\r\nXFORWARD "
                 "HELO=[UNAVAILABLE] PORT=9\r\nXFORWARD SOURCE=ELSEWHERE\r\nMAIL FROM:<a@b.example>\r\n"
                 "XFORWARD PORT=9\r\nQUIT\r\n"),
             out, sizeof out);

    CHECK(str_search(got, STR("250 2.0.0 Ok\r\n250 2.0.0 Ok\r\n501 5.5.4 Bad attribute: SOURCE\r\n250 2.1.0 Sender "
                              "ok\r\n503 5.5.1 Not during a mail transaction\r\n")) < got.n);
}
