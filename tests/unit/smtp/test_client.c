/* Whole dialogs with a server that follows a script: lines "C ..." it must be told, lines "S ..." it says, "T ..." it says without a line end, "X" it hangs up. */
#include "smtp/client.c"
#include "smtp/client_answer.c"
#include "smtp/client_carry.c"

#include "test.h"

#include <sys/socket.h>
#include <unistd.h>

static const char *const *script;
static void (*test_fn)(struct smtp_client *c, struct arena *a);
static struct stream *server, *client;
static unsigned heard;
static bool is_done;
static bool is_slow; /* it says one byte at a time */

static void say_slowly(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        CHECK_ST(stream_write(server, str_sub(text, i, 1)), ST_OK);
        CHECK_ST(stream_flush(server), ST_OK);
        co_yield ();
    }
}

static void say_line(const char *line)
{
    if (is_slow) {
        say_slowly(str_z(line + 2));
        say_slowly(STR("\r\n"));
    } else {
        CHECK_ST(stream_writef(server, "%s%s", line + 2, *line == 'T' ? "" : "\r\n"), ST_OK);
    }
}

static void serve(void *arg)
{
    (void)arg;
    for (const char *const *line = script; *line && **line != 'X'; line++) {
        struct str said;

        if (**line == 'S' || **line == 'T') {
            say_line(*line);
            continue;
        }
        if (stream_line(server, 8192, &said) != ST_OK) {
            CHECK(!"the client says what the script wants");
            break;
        }
        CHECK(line_strip(&said) == LINE_CRLF);
        CHECK_STR(said, str_z(*line + 2));
        heard++;
    }
    IGNORE(stream_flush(server));
    stream_free(server);
    server = NULL;
    if (is_done)
        core_stop(core_here());
    is_done = true;
}

static void talk(void *arg)
{
    struct arena a = ARENA_INIT;
    struct smtp_client c;

    (void)arg;
    c = (struct smtp_client){.stream = client};
    test_fn(&c, &a);
    smtp_client_close(&c);
    arena_fini(&a);
    if (is_done)
        core_stop(core_here());
    is_done = true;
}

static void start(void *arg)
{
    const struct stream_options opt = {
        .in_max = 65536, .out_high = 16384, .read_timeout_ms = 20000, .write_timeout_ms = 20000};
    int pair[2];

    (void)arg;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
    CHECK_ST(stream_new(pair[0], &opt, &client), ST_OK);
    CHECK_ST(stream_new(pair[1], &opt, &server), ST_OK);
    CHECK_ST(co_spawn(serve, NULL, "server"), ST_OK);
    CHECK_ST(co_spawn(talk, NULL, "client"), ST_OK);
}

static void run(const char *const *lines, void (*fn)(struct smtp_client *c, struct arena *a))
{
    struct core *c = core_new(&(struct core_options){.name = "test", .coroutines = 20});

    script = lines;
    test_fn = fn;
    heard = 0;
    is_done = false;
    core_post(c, start, NULL);
    core_run(c);
    core_free(c);
}

#define RUN(fn, ...) run((const char *const[]){__VA_ARGS__, NULL}, fn)
#define HELLO "S 220 mx.example ready", "C EHLO us.example"
#define BARE HELLO, "S 250 mx.example"
#define PIPE HELLO, "S 250-mx.example", "S 250-SIZE 1000000", "S 250-DSN", "S 250-8BITMIME", "S 250 PIPELINING"
#define QUIT "C QUIT", "S 221 bye"

static struct smtp_answer open_it(struct smtp_client *c, enum st want)
{
    struct smtp_answer answer;

    CHECK_ST(smtp_client_open(c, c->stream, STR("us.example"), &answer), want);
    return answer;
}

static struct smtp_carry_rcpt rcpts[3];

static enum st carry(struct smtp_client *c, struct arena *a, size_t n, const char *letter, struct smtp_carry *t)
{
    static const char *const names[] = {"b@there.example", "c@there.example", "d@there.example"};

    for (size_t i = 0; i < n; i++)
        rcpts[i] = (struct smtp_carry_rcpt){.address = str_z(names[i])};
    *t =
        (struct smtp_carry){.reverse_path = STR("a@us.example"), .letter = str_z(letter), .rcpts = rcpts, .n_rcpts = n};
    return smtp_client_carry(c, a, t);
}

/* --- the connection ---------------------------------------------------------------------------------------------- */

static void features_are_known(struct smtp_client *c, struct arena *a)
{
    (void)a;
    open_it(c, ST_OK);
    CHECK(c->has[SMTP_HAS_SIZE] && c->size_max == 1000000);
    CHECK(c->has[SMTP_HAS_PIPELINING] && c->has[SMTP_HAS_DSN] && !c->has[SMTP_HAS_CHUNKING] &&
          !c->has[SMTP_HAS_STARTTLS]);
}

TEST(what_the_server_announces)
{
    RUN(features_are_known, PIPE, QUIT);
    CHECK_U64(heard, 2);
}

static void helo_is_said(struct smtp_client *c, struct arena *a)
{
    (void)a;
    open_it(c, ST_OK);
    CHECK(!c->has[SMTP_HAS_PIPELINING]);
}

TEST(an_old_server_is_greeted_with_helo)
{
    RUN(helo_is_said, HELLO, "S 500 what?", "C HELO us.example", "S 250 hello", QUIT);
    CHECK_U64(heard, 3);
}

static void it_is_not_wanted(struct smtp_client *c, struct arena *a)
{
    struct smtp_answer answer = open_it(c, ST_DENIED);

    (void)a;
    CHECK_U64(answer.code, 554);
    CHECK_STR(answer.text, STR("554 go\naway"));
}

TEST(a_server_that_does_not_want_us)
{
    RUN(it_is_not_wanted, "S 554-go", "S 554 away", QUIT);
}

static void it_is_busy(struct smtp_client *c, struct arena *a)
{
    (void)a;
    CHECK_U64(open_it(c, ST_DENIED).code, 421);
    CHECK(c->is_over); /* no QUIT is said */
}

TEST(a_server_that_closes_with_421)
{
    RUN(it_is_busy, "S 421 4.3.2 busy", "X");
}

static void it_is_no_server(struct smtp_client *c, struct arena *a)
{
    (void)a;
    open_it(c, ST_SYNTAX);
    CHECK(c->is_over);
}

TEST(what_is_no_answer_ends_the_connection)
{
    RUN(it_is_no_server, "S SSH-2.0-x", "X");
    RUN(it_is_no_server, "S 220-a", "S 221 b", "X");
    RUN(it_is_no_server, "S 220x", "X");
    RUN(it_is_no_server, "S 120 hm", "X");
}

static void it_hangs_up(struct smtp_client *c, struct arena *a)
{
    (void)a;
    open_it(c, ST_EOF);
}

TEST(a_server_that_hangs_up)
{
    RUN(it_hangs_up, "X");
    RUN(it_hangs_up, HELLO, "S 250-half", "X");
}

static void no_tls(struct smtp_client *c, struct arena *a)
{
    struct smtp_answer answer;

    (void)a;
    open_it(c, ST_OK);
    CHECK_ST(smtp_client_starttls(c, NULL, STR("mx.example")), ST_NOTFOUND);
    CHECK_ST(smtp_client_auth(c, STR("u"), STR("p"), &answer), ST_INTERNAL);
}

TEST(a_password_is_never_sent_in_the_clear)
{
    RUN(no_tls, BARE, QUIT);
    CHECK_U64(heard, 2);
}

TEST(enhanced_codes_are_told_from_text)
{
    CHECK_STR(status_of(STR("5.1.1 no such user"), 550), STR("5.1.1"));
    CHECK_STR(status_of(STR("4.7.650"), 451), STR("4.7.650"));
    CHECK_U64(status_of(STR("4.1.1 no"), 550).n, 0); /* of another class */
    CHECK_U64(status_of(STR("5.1 no"), 550).n, 0);
    CHECK_U64(status_of(STR("5.1.1no"), 550).n, 0);
    CHECK_U64(status_of(STR("5..1 no"), 550).n, 0);
    CHECK_U64(status_of(STR("5.1.1234 no"), 550).n, 0);
    CHECK_U64(status_of(STR("5.1.1.1 no"), 550).n, 0);
    CHECK_U64(status_of(STR("no"), 550).n, 0);
    CHECK_U64(status_of(STR(""), 550).n, 0);
}

/* --- letters ----------------------------------------------------------------------------------------------------- */

static void one_letter(struct smtp_client *c, struct arena *a)
{
    struct smtp_carry t;

    open_it(c, ST_OK);
    CHECK_ST(carry(c, a, 1, "Subject: x\r\n\r\n.dot\r\n..\r\nend\r\n", &t), ST_OK);
    CHECK(rcpts[0].fate == SMTP_TAKEN);
    CHECK_STR(rcpts[0].answer.status, STR("2.0.0"));
    CHECK_U64(c->letters, 1);
}

TEST(a_letter_step_by_step)
{
    RUN(one_letter, BARE, "C MAIL FROM:<a@us.example>", "S 250 ok", "C RCPT TO:<b@there.example>", "S 250 ok", "C DATA",
        "S 354 go", "C Subject: x", "C ", "C ..dot", "C ...", "C end", "C .", "S 250 2.0.0 taken", QUIT);
    CHECK_U64(heard, 11);
}

TEST(a_letter_with_all_commands_at_once)
{
    RUN(one_letter, PIPE, "C MAIL FROM:<a@us.example> SIZE=29", "C RCPT TO:<b@there.example>", "C DATA", "S 250 ok",
        "S 250 ok", "S 354 go", "C Subject: x", "C ", "C ..dot", "C ...", "C end", "C .", "S 250 2.0.0 taken", QUIT);
    CHECK_U64(heard, 11);
}

TEST(a_letter_in_one_chunk)
{
    RUN(one_letter, HELLO, "S 250-mx.example", "S 250-CHUNKING", "S 250 PIPELINING", "C MAIL FROM:<a@us.example>",
        "C RCPT TO:<b@there.example>", "S 250 ok", "S 250 ok", "C BDAT 29 LAST", "C Subject: x", "C ", "C .dot", "C ..",
        "C end", "S 250 2.0.0 taken", QUIT);
    CHECK_U64(heard, 10);
}

static void mixed_fates(struct smtp_client *c, struct arena *a)
{
    struct smtp_carry t;

    open_it(c, ST_OK);
    CHECK_ST(carry(c, a, 3, "x\r\n", &t), ST_OK);
    CHECK(rcpts[0].fate == SMTP_TAKEN && rcpts[1].fate == SMTP_REFUSED && rcpts[2].fate == SMTP_DEFERRED);
    CHECK_STR(rcpts[1].answer.status, STR("5.1.1"));
    CHECK_U64(rcpts[2].answer.code, 450);
}

TEST(each_recipient_has_a_fate_of_his_own)
{
    RUN(mixed_fates, PIPE, "C MAIL FROM:<a@us.example> SIZE=3", "C RCPT TO:<b@there.example>",
        "C RCPT TO:<c@there.example>", "C RCPT TO:<d@there.example>", "C DATA", "S 250 ok", "S 250 ok",
        "S 550 5.1.1 who?", "S 450 4.2.0 grey", "S 354 go", "C x", "C .", "S 250 taken", QUIT);
}

static void nobody_is_wanted(struct smtp_client *c, struct arena *a)
{
    struct smtp_carry t;

    open_it(c, ST_OK);
    CHECK_ST(carry(c, a, 1, "x\r\n", &t), ST_OK);
    CHECK(rcpts[0].fate == SMTP_REFUSED);
    CHECK_U64(rcpts[0].answer.code, 550);
}

TEST(a_server_that_asks_for_the_letter_although_it_wants_nobody_gets_an_empty_one)
{
    RUN(nobody_is_wanted, PIPE, "C MAIL FROM:<a@us.example> SIZE=3", "C RCPT TO:<b@there.example>", "C DATA",
        "S 250 ok", "S 550 no", "S 354 go", "C .", "S 554 none", QUIT);
    CHECK_U64(heard, 6);
}

TEST(no_letter_follows_when_nobody_is_wanted)
{
    RUN(nobody_is_wanted, PIPE, "C MAIL FROM:<a@us.example> SIZE=3", "C RCPT TO:<b@there.example>", "C DATA",
        "S 250 ok", "S 550 no", "S 503 none", QUIT);
    RUN(nobody_is_wanted, BARE, "C MAIL FROM:<a@us.example>", "S 250 ok", "C RCPT TO:<b@there.example>", "S 550 no",
        QUIT);
    RUN(nobody_is_wanted, PIPE, "C MAIL FROM:<a@us.example> SIZE=3", "C RCPT TO:<b@there.example>", "C DATA",
        "S 550 not you", "S 503 no", "S 503 no", QUIT);
    RUN(nobody_is_wanted, BARE, "C MAIL FROM:<a@us.example>", "S 550 not you", QUIT);
}

static void too_many(struct smtp_client *c, struct arena *a)
{
    struct smtp_carry t;

    open_it(c, ST_OK);
    CHECK_ST(carry(c, a, 3, "x\r\n", &t), ST_OK);
    CHECK(rcpts[0].fate == SMTP_TAKEN && rcpts[1].fate == SMTP_NEXT_TIME && rcpts[2].fate == SMTP_DEFERRED);
}

TEST(recipients_over_the_limit_of_a_transaction_come_with_the_next_one)
{
    RUN(too_many, PIPE, "C MAIL FROM:<a@us.example> SIZE=3", "C RCPT TO:<b@there.example>",
        "C RCPT TO:<c@there.example>", "C RCPT TO:<d@there.example>", "C DATA", "S 250 ok", "S 250 ok",
        "S 452 4.5.3 too many", "S 452 4.2.2 full", "S 354 go", "C x", "C .", "S 250 taken", QUIT);
}

static void two_letters(struct smtp_client *c, struct arena *a)
{
    struct smtp_carry t;

    open_it(c, ST_OK);
    CHECK_ST(carry(c, a, 1, "x\r\n", &t), ST_OK);
    CHECK(rcpts[0].fate == SMTP_REFUSED);
    CHECK_ST(carry(c, a, 1, "x\r\n", &t), ST_OK);
    CHECK(rcpts[0].fate == SMTP_TAKEN);
}

TEST(behind_a_transaction_that_came_to_nothing_the_next_begins_anew)
{
    RUN(two_letters, BARE, "C MAIL FROM:<a@us.example>", "S 250 ok", "C RCPT TO:<b@there.example>", "S 550 no",
        "C RSET", "S 250 ok", "C MAIL FROM:<a@us.example>", "S 250 ok", "C RCPT TO:<b@there.example>", "S 250 ok",
        "C DATA", "S 354 go", "C x", "C .", "S 250 ok", QUIT);
    RUN(two_letters, PIPE, "C MAIL FROM:<a@us.example> SIZE=3", "C RCPT TO:<b@there.example>", "C DATA", "S 250 ok",
        "S 550 no", "S 503 none", "C RSET", "C MAIL FROM:<a@us.example> SIZE=3", "C RCPT TO:<b@there.example>",
        "C DATA", "S 250 ok", "S 250 ok", "S 250 ok", "S 354 go", "C x", "C .", "S 250 ok", QUIT);
}

static void breaks_at_the_end(struct smtp_client *c, struct arena *a)
{
    struct smtp_carry t;

    open_it(c, ST_OK);
    CHECK_ST(carry(c, a, 2, "x\r\n", &t), ST_EOF);
    CHECK(rcpts[0].fate == SMTP_OPEN && rcpts[1].fate == SMTP_REFUSED);
    CHECK(t.is_uncertain && c->is_over);
}

TEST(a_connection_that_breaks_behind_the_final_dot_leaves_it_uncertain)
{
    RUN(breaks_at_the_end, PIPE, "C MAIL FROM:<a@us.example> SIZE=3", "C RCPT TO:<b@there.example>",
        "C RCPT TO:<c@there.example>", "C DATA", "S 250 ok", "S 250 ok", "S 550 no", "S 354 go", "C x", "C .", "X");
}

static void breaks_early(struct smtp_client *c, struct arena *a)
{
    struct smtp_carry t;

    open_it(c, ST_OK);
    CHECK_ST(carry(c, a, 1, "x\r\n", &t), ST_EOF);
    CHECK(rcpts[0].fate == SMTP_OPEN && !t.is_uncertain && c->is_over);
}

TEST(a_connection_that_breaks_before_has_carried_nothing)
{
    RUN(breaks_early, BARE, "C MAIL FROM:<a@us.example>", "X");
    RUN(breaks_early, BARE, "C MAIL FROM:<a@us.example>", "S 250 ok", "C RCPT TO:<b@there.example>", "S 250 ok",
        "C DATA", "X");
}

static void parameters(struct smtp_client *c, struct arena *a)
{
    const struct smtp_attr mail[] = {{STR("RET"), STR("HDRS")}, {STR("SMTPUTF8"), STR_NONE}, {STR("X-OWN"), STR("1")}};
    const struct smtp_attr rcpt[] = {{STR("NOTIFY"), STR("SUCCESS,FAILURE")}};
    struct smtp_carry_rcpt r = {.address = STR("b@there.example"), .attrs = rcpt, .n_attrs = 1};
    struct smtp_carry t = {
        .attrs = mail, .n_attrs = 3, .is_8bit = true, .letter = STR("x\r\n"), .rcpts = &r, .n_rcpts = 1};

    open_it(c, ST_OK);
    CHECK_ST(smtp_client_carry(c, a, &t), ST_OK);
    CHECK(r.fate == SMTP_TAKEN);
}

TEST(attributes_are_passed_on_to_a_server_that_knows_them)
{
    RUN(parameters, PIPE, "C MAIL FROM:<> SIZE=3 BODY=8BITMIME RET=HDRS",
        "C RCPT TO:<b@there.example> NOTIFY=SUCCESS,FAILURE", "C DATA", "S 250 ok", "S 250 ok", "S 354 go", "C x",
        "C .", "S 250 ok", QUIT);
    RUN(parameters, BARE, "C MAIL FROM:<>", "S 250 ok", "C RCPT TO:<b@there.example>", "S 250 ok", "C DATA", "S 354 go",
        "C x", "C .", "S 250 ok", QUIT);
}

static void by_a_time(struct smtp_client *c, struct arena *a)
{
    struct smtp_carry_rcpt r = {.address = STR("b@there.example")};
    struct smtp_carry t = {.letter = STR("x\r\n"), .rcpts = &r, .n_rcpts = 1};

    open_it(c, ST_OK);
    t.by = (struct deliver_by){.at_us = clock_wall_us() + 98500000, .returns = true, .traces = true};
    CHECK_ST(smtp_client_carry(c, a, &t), ST_OK);
    t.by.at_us = clock_wall_us(); /* it was more when that was looked at */
    CHECK_ST(smtp_client_carry(c, a, &t), ST_OK);
    t.by = (struct deliver_by){.at_us = clock_wall_us() - 2500000};
    CHECK_ST(smtp_client_carry(c, a, &t), ST_OK);
    CHECK_U64(c->by_min_s, 30);
}

#define BY_LETTER(mail)                                                                                                \
    mail, "S 250 ok", "C RCPT TO:<b@there.example>", "S 250 ok", "C DATA", "S 354 go", "C x", "C .", "S 250 ok"

TEST(the_time_that_is_left_is_passed_on)
{
    RUN(by_a_time, "S 220 there.example", "C EHLO us.example", "S 250-there.example", "S 250 DELIVERBY 30,x",
        BY_LETTER("C MAIL FROM:<> BY=98;RT"), BY_LETTER("C MAIL FROM:<> BY=1;RT"), BY_LETTER("C MAIL FROM:<> BY=-3;N"),
        QUIT);
}

static void least_time(struct smtp_client *c, struct arena *a)
{
    (void)a;
    open_it(c, ST_OK);
    CHECK(c->has[SMTP_HAS_DELIVERBY] && !c->by_min_s);
}

TEST(the_least_time_may_be_missing_or_none)
{
    static const char *const says[] = {"S 250 DELIVERBY", "S 250 DELIVERBY ,x", "S 250 DELIVERBY x",
                                       "S 250 DELIVERBY 1000000000"};

    for (size_t i = 0; i < ARRAY_LEN(says); i++)
        RUN(least_time, "S 220 there.example", "C EHLO us.example", "S 250-there.example", says[i], QUIT);
}

static void commands_in_addresses(struct smtp_client *c, struct arena *a)
{
    const struct str bad[] = {STR("b@there.example>\r\nRCPT TO:<x@y"), STR("b c@there.example"),
                              STR("b@there.example> X=1"), STR("")};
    struct smtp_carry_rcpt r = {0};
    struct smtp_carry t = {.letter = STR("x\r\n"), .rcpts = &r, .n_rcpts = 1};

    open_it(c, ST_OK);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        r.address = bad[i];
        CHECK_ST(smtp_client_carry(c, a, &t), ST_SYNTAX);
        CHECK(!c->is_over);
    }
}

TEST(an_address_never_becomes_a_command)
{
    RUN(commands_in_addresses, BARE, QUIT);
    CHECK_U64(heard, 2);
}

/* --- LMTP (RFC 2033) ---------------------------------------------------------------------------------------------- */

#define LHELLO "S 220 box.example ready", "C LHLO us.example"
#define LPIPE LHELLO, "S 250-box.example", "S 250 PIPELINING"
#define LBARE LHELLO, "S 250 box.example"
#define THREE                                                                                                          \
    "C MAIL FROM:<a@us.example>", "C RCPT TO:<b@there.example>", "C RCPT TO:<c@there.example>",                        \
        "C RCPT TO:<d@there.example>"

static void open_lmtp(struct smtp_client *c, enum st want)
{
    struct smtp_answer answer;

    CHECK_ST(smtp_client_open_lmtp(c, c->stream, STR("us.example"), &answer), want);
    CHECK(c->is_lmtp);
}

static void each_is_answered(struct smtp_client *c, struct arena *a)
{
    struct smtp_carry t;

    open_lmtp(c, ST_OK);
    CHECK_ST(carry(c, a, 3, "x\r\n", &t), ST_OK);
    CHECK(rcpts[0].fate == SMTP_TAKEN && rcpts[1].fate == SMTP_DEFERRED && rcpts[2].fate == SMTP_REFUSED);
    CHECK_STR(rcpts[0].answer.text, STR("250 2.0.0 b has it"));
    CHECK_STR(rcpts[1].answer.text, STR("452 4.2.2 c\n4.2.2 is full"));
    CHECK_STR(rcpts[1].answer.status, STR("4.2.2"));
    CHECK_U64(rcpts[2].answer.code, 552);
    CHECK(!t.is_uncertain && !c->is_over && !c->is_dirty);
    CHECK_U64(c->letters, 1);
}

#define VERDICTS "S 250 2.0.0 b has it", "S 452-4.2.2 c", "S 452 4.2.2 is full", "S 552 5.2.2 d is full"

TEST(lmtp_answers_for_each_recipient_behind_the_dot)
{
    for (unsigned i = 0; i < 2; i++) {
        is_slow = i;
        RUN(each_is_answered, LPIPE, THREE, "C DATA", "S 250 ok", "S 250 ok", "S 250 ok", "S 250 ok", "S 354 go", "C x",
            "C .", VERDICTS, QUIT);
        CHECK_U64(heard, 9);
        RUN(each_is_answered, LBARE, "C MAIL FROM:<a@us.example>", "S 250 ok", "C RCPT TO:<b@there.example>",
            "S 250 ok", "C RCPT TO:<c@there.example>", "S 250 ok", "C RCPT TO:<d@there.example>", "S 250 ok", "C DATA",
            "S 354 go", "C x", "C .", VERDICTS, QUIT);
        CHECK_U64(heard, 9);
    }
    is_slow = false;
}

TEST(lmtp_answers_for_each_recipient_behind_the_last_chunk)
{
    RUN(each_is_answered, LHELLO, "S 250-box.example", "S 250-CHUNKING", "S 250 PIPELINING", THREE, "S 250 ok",
        "S 250 ok", "S 250 ok", "S 250 ok", "C BDAT 3 LAST", "C x", VERDICTS, QUIT);
    CHECK_U64(heard, 8);
}

static void only_the_welcome(struct smtp_client *c, struct arena *a)
{
    struct smtp_carry t;

    open_lmtp(c, ST_OK);
    CHECK_ST(carry(c, a, 3, "x\r\n", &t), ST_OK);
    CHECK(rcpts[0].fate == SMTP_REFUSED && rcpts[1].fate == SMTP_TAKEN && rcpts[2].fate == SMTP_DEFERRED);
    CHECK_STR(rcpts[0].answer.text, STR("550 5.1.1 who?"));
    CHECK_STR(rcpts[1].answer.text, STR("250 c has it"));
    CHECK_STR(rcpts[2].answer.text, STR("451 later"));
    CHECK_ST(carry(c, a, 1, "y\r\n", &t), ST_OK); /* what comes next is not misheard */
    CHECK(rcpts[0].fate == SMTP_TAKEN);
    CHECK_STR(rcpts[0].answer.text, STR("250 b has it"));
}

TEST(lmtp_does_not_answer_again_for_those_that_were_refused_at_once)
{
    RUN(only_the_welcome, LPIPE, THREE, "C DATA", "S 250 ok", "S 550 5.1.1 who?", "S 250 ok", "S 250 ok", "S 354 go",
        "C x", "C .", "S 250 c has it", "S 451 later", "C MAIL FROM:<a@us.example>", "C RCPT TO:<b@there.example>",
        "C DATA", "S 250 ok", "S 250 ok", "S 354 go", "C y", "C .", "S 250 b has it", QUIT);
}

static size_t whole_answers;

static void some_are_answered(struct smtp_client *c, struct arena *a)
{
    static const enum smtp_fate fates[] = {SMTP_TAKEN, SMTP_DEFERRED, SMTP_REFUSED};
    struct smtp_carry t;

    open_lmtp(c, ST_OK);
    CHECK_ST(carry(c, a, 3, "x\r\n", &t), whole_answers == 3 ? ST_OK : ST_EOF);
    for (size_t i = 0; i < 3; i++)
        CHECK(rcpts[i].fate == (i < whole_answers ? fates[i] : SMTP_OPEN));
    CHECK(t.is_uncertain == (whole_answers < 3) && c->is_over == (whole_answers < 3));
}

/* RFC 2033 section 5. */
TEST(what_lmtp_has_answered_holds_wherever_the_connection_breaks)
{
    static const char verdicts[] = "250 b has it\r\n452-4.2.2 c\r\n452 4.2.2 is full\r\n552 5.2.2 d is full\r\n";
    static const size_t ends[] = {14, 46, 67};
    char said[sizeof verdicts + 2] = "T ";

    CHECK_U64(ends[2], sizeof verdicts - 1);
    for (size_t cut = 0; cut < sizeof verdicts; cut++) {
        memcpy(said + 2, verdicts, cut);
        said[2 + cut] = '\0';
        whole_answers = 0;
        while (whole_answers < 3 && ends[whole_answers] <= cut)
            whole_answers++;
        RUN(some_are_answered, LPIPE, THREE, "C DATA", "S 250 ok", "S 250 ok", "S 250 ok", "S 250 ok", "S 354 go",
            "C x", "C .", said, "X");
    }
}

static void one_says_421(struct smtp_client *c, struct arena *a)
{
    struct smtp_carry t;

    open_lmtp(c, ST_OK);
    CHECK_ST(carry(c, a, 3, "x\r\n", &t), ST_OK);
    CHECK(rcpts[0].fate == SMTP_TAKEN && rcpts[1].fate == SMTP_DEFERRED && rcpts[2].fate == SMTP_TAKEN);
    CHECK(c->is_over && !t.is_uncertain);
}

static void one_says_421_and_goes(struct smtp_client *c, struct arena *a)
{
    struct smtp_carry t;

    open_lmtp(c, ST_OK);
    CHECK_ST(carry(c, a, 3, "x\r\n", &t), ST_EOF);
    CHECK(rcpts[0].fate == SMTP_TAKEN && rcpts[1].fate == SMTP_DEFERRED && rcpts[2].fate == SMTP_OPEN);
    CHECK(c->is_over && t.is_uncertain);
}

TEST(lmtp_may_say_421_of_one_recipient)
{
    RUN(one_says_421, LPIPE, THREE, "C DATA", "S 250 ok", "S 250 ok", "S 250 ok", "S 250 ok", "S 354 go", "C x", "C .",
        "S 250 ok", "S 421 4.3.0 not now", "S 250 ok", "X");
    RUN(one_says_421_and_goes, LPIPE, THREE, "C DATA", "S 250 ok", "S 250 ok", "S 250 ok", "S 250 ok", "S 354 go",
        "C x", "C .", "S 250 ok", "S 421 4.3.0 not now", "X");
}

static void not_lmtp(struct smtp_client *c, struct arena *a)
{
    (void)a;
    open_lmtp(c, ST_DENIED);
}

TEST(a_server_that_does_not_speak_lmtp_is_told_nothing_else)
{
    RUN(not_lmtp, LHELLO, "S 500 what?", QUIT);
    CHECK_U64(heard, 2);
}

static void nobody_there(struct smtp_client *c, struct arena *a)
{
    struct smtp_carry t;

    open_lmtp(c, ST_OK);
    CHECK_ST(carry(c, a, 1, "x\r\n", &t), ST_OK);
    CHECK(rcpts[0].fate == SMTP_REFUSED);
    CHECK_U64(rcpts[0].answer.code, 550);
}

static void nobody_there_but_go_on(struct smtp_client *c, struct arena *a)
{
    nobody_there(c, a);
    CHECK(c->is_over);
}

TEST(lmtp_gets_no_letter_for_nobody)
{
    RUN(nobody_there, LPIPE, "C MAIL FROM:<a@us.example>", "C RCPT TO:<b@there.example>", "C DATA", "S 250 ok",
        "S 550 no", "S 503 5.5.1 nobody", QUIT);
    CHECK_U64(heard, 5);
    RUN(nobody_there_but_go_on, LPIPE, "C MAIL FROM:<a@us.example>", "C RCPT TO:<b@there.example>", "C DATA",
        "S 250 ok", "S 550 no", "S 354 go on", "X");
    CHECK_U64(heard, 4);
}

TEST(a_password_that_the_server_repeats_is_not_repeated_by_us)
{
    static const char *const echoes[] = {"500 5.5.2 what is AUTH PLAIN AGJvYgBzZWNyZXQgd29yZA==",
                                         "535 5.7.8 c2VjcmV0IHdvcmQ= is wrong", "535 5.7.8 secret word?"};
    struct smtp_client c = {0};
    struct smtp_answer answer;

    for (size_t i = 0; i < ARRAY_LEN(echoes); i++) {
        answer = (struct smtp_answer){.code = 535, .status = STR("5.7.8"), .text = str_z(echoes[i])};
        hide(&c, STR("bob"), STR("secret word"), &answer);
        CHECK_STR(answer.text, STR("535 5.7.8 (more is not repeated)"));
    }
    answer.text = STR("535 5.7.8 who are you");
    hide(&c, STR("bob"), STR("secret word"), &answer);
    CHECK_STR(answer.text, STR("535 5.7.8 who are you"));
    arena_fini(&c.arena);
}

static void keeps_limits(struct smtp_client *c, struct arena *a)
{
    struct smtp_carry t;

    open_it(c, ST_OK);
    CHECK_U64(c->rcpt_max, 2);
    CHECK_U64(smtp_client_rcpts_max(c), 2);
    CHECK(smtp_client_may_carry(c));
    CHECK_ST(carry(c, a, 1, "A: b\r\n", &t), ST_OK);
    CHECK(!smtp_client_may_carry(c));
}

TEST(limits_that_are_announced_are_kept)
{
    RUN(keeps_limits, HELLO, "S 250-mx.example", "S 250 LIMITS RCPTMAX=2 MAILMAX=1 RCPTDOMAINMAX=x OTHER MAILMAX=0",
        "C MAIL FROM:<a@us.example>", "S 250 ok", "C RCPT TO:<b@there.example>", "S 250 ok", "C DATA", "S 354 go",
        "C A: b", "C .", "S 250 taken", QUIT);
}

static void carries_binary(struct smtp_client *c, struct arena *a)
{
    struct smtp_carry t;

    open_it(c, ST_OK);
    rcpts[0] = (struct smtp_carry_rcpt){.address = STR("b@there.example")};
    t = (struct smtp_carry){.reverse_path = STR("a@us.example"),
                            .letter = STR("A: b\r\n\r\nc\r\n"),
                            .is_binary = true,
                            .is_8bit = true,
                            .rcpts = rcpts,
                            .n_rcpts = 1};
    CHECK_ST(smtp_client_carry(c, a, &t), ST_OK);
    CHECK_U64(rcpts[0].fate, SMTP_TAKEN);
}

TEST(a_binary_letter_goes_by_bdat)
{
    RUN(carries_binary, HELLO, "S 250-mx.example", "S 250-8BITMIME", "S 250-CHUNKING", "S 250 BINARYMIME",
        "C MAIL FROM:<a@us.example> BODY=BINARYMIME", "S 250 ok", "C RCPT TO:<b@there.example>", "S 250 ok",
        "C BDAT 11 LAST", "C A: b", "C ", "C c", "S 250 taken", QUIT);
}
