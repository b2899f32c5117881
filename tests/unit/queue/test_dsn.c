/* Notices: what people and programs find in them, and that nothing a stranger said breaks their form. */
#include "queue/dsn.c"

#include "base/limits.h"
#include "test.h"

static struct str build(struct arena *a, const struct dsn *d)
{
    struct buf b;
    struct str out;

    buf_init(&b, 1u << 20);
    dsn_build(d, &b);
    CHECK_ST(buf_check(&b), ST_OK);
    out = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return out;
}

static bool has_text(struct str in, const char *what)
{
    return str_search(in, str_z(what)) < in.n;
}

static const struct queue_attr ret_hdrs[] = {{STR("RET"), STR("HDRS")}, {STR("ENVID"), STR("QQ+2B1")}};
static const struct queue_attr orcpt[] = {{STR("ORCPT"), STR("rfc822;Bob+40there.test")}};
static const struct queue_rcpt rcpts[] = {
    {.address = STR("bob@there.test"), .attrs = orcpt, .n_attrs = 1},
    {.address = STR("carl@there.test")},
};
static const struct queue_entry entry = {.id = 5,
                                         .reverse_path = STR("alice@here.test"),
                                         .rcpts = rcpts,
                                         .n_rcpts = 2,
                                         .attrs = ret_hdrs,
                                         .n_attrs = 2,
                                         .arrival_us = 1000000};

#define LETTER STR("From: alice@here.test\r\nSubject: x\r\n\r\nThe text\r\n")

static struct dsn notice(const struct dsn_rcpt *v, size_t n)
{
    return (struct dsn){.host_name = STR("mail.here.test"),
                        .entry = &entry,
                        .now_us = 1792000000000000,
                        .rcpts = v,
                        .n_rcpts = n,
                        .letter = LETTER};
}

TEST(a_failure_and_a_delay)
{
    const struct dsn_rcpt v[] = {
        {.rcpt = &rcpts[0],
         .action = DSN_FAILED,
         .is_remote = true,
         .status = STR("5.1.1"),
         .answer = STR("550 5.1.1 who\nis that?"),
         .host = STR("mx.there.test")},
        {.rcpt = &rcpts[1],
         .action = DSN_DELAYED,
         .status = STR("4.4.1"),
         .answer = STR("no answer"),
         .retry_until_us = 1792432000000000},
    };
    struct arena a = ARENA_INIT;
    struct dsn d = notice(v, 2);
    struct str s = build(&a, &d);

    CHECK(has_text(s, "To: <alice@here.test>\r\n") && has_text(s, "Auto-Submitted: auto-replied\r\n"));
    CHECK(has_text(s, "Reporting-MTA: dns; mail.here.test\r\n") && has_text(s, "Original-Envelope-Id: QQ+1\r\n"));
    CHECK(has_text(s, "Original-Recipient: rfc822;Bob@there.test\r\nFinal-Recipient: rfc822; bob@there.test\r\nAction: "
                      "failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; mx.there.test\r\n"
                      "Diagnostic-Code: smtp; 550 5.1.1 who\r\n  is that?\r\n"));
    CHECK(has_text(s, "Final-Recipient: rfc822; carl@there.test\r\nAction: delayed\r\nStatus: "
                      "4.4.1\r\nDiagnostic-Code: x-restante; no answer\r\n"));
    CHECK(has_text(s, "Will-Retry-Until: "));
    CHECK(has_text(s, "Content-Type: text/rfc822-headers\r\n\r\nFrom: alice@here.test\r\nSubject: x\r\n\r\n--"));
    CHECK(!has_text(s, "The text"));
    arena_fini(&a);
}

TEST(the_whole_letter_comes_back_unless_only_its_header_is_wanted)
{
    const struct dsn_rcpt v = {.rcpt = &rcpts[1], .action = DSN_FAILED, .status = STR("5.0.0")};
    struct queue_entry plain = entry;
    struct arena a = ARENA_INIT;
    struct dsn d = notice(&v, 1);
    struct str s;

    plain.n_attrs = 0;
    d.entry = &plain;
    s = build(&a, &d);
    CHECK(has_text(s, "Content-Type: message/rfc822\r\n\r\nFrom: alice@here.test\r\nSubject: x\r\n\r\nThe text\r\n"));
    d.letter = STR_NONE; /* it can't be read any more: the notice is given all the same */
    s = build(&a, &d);
    CHECK(has_text(s, "Action: failed\r\n"));
    arena_fini(&a);
}

TEST(the_class_of_a_status_fits_the_action)
{
    struct dsn_rcpt v = {.rcpt = &rcpts[1], .action = DSN_FAILED, .status = STR("4.2.2")};
    struct arena a = ARENA_INIT;
    struct dsn d = notice(&v, 1);

    CHECK(has_text(build(&a, &d), "Status: 5.0.0\r\n"));
    v.status = STR("4.4.7");
    CHECK(has_text(build(&a, &d), "Status: 4.4.7\r\n"));
    v.action = DSN_RELAYED;
    v.status = STR("2.6.0");
    CHECK(has_text(build(&a, &d), "Status: 2.6.0\r\n"));
    arena_fini(&a);
}

TEST(what_strangers_say_can_not_add_lines)
{
    const struct queue_attr bad[] = {{STR("ORCPT"), STR("rfc822;x+0D+0AStatus:+20y+0")}};
    const struct queue_rcpt r = {.address = STR("x@there.test"), .attrs = bad, .n_attrs = 1};
    const struct dsn_rcpt v = {.rcpt = &r,
                               .action = DSN_FAILED,
                               .is_remote = true,
                               .answer = STR("550 a\r\nAction: delivered\n\nb\x01\xff"),
                               .host = STR("h\nX: y")};
    struct arena a = ARENA_INIT;
    struct dsn d = notice(&v, 1);
    struct str s = build(&a, &d);

    CHECK(!has_text(s, "\r\nAction: delivered") && !has_text(s, "\r\nX: y") && !has_text(s, "\r\nStatus: y"));
    CHECK(has_text(s, "Original-Recipient: rfc822;x??Status: y+0\r\n"));
    CHECK(!has_text(s, "\xff"));
    arena_fini(&a);
}

TEST(no_line_is_longer_than_allowed)
{
    struct arena a = ARENA_INIT;
    char *text = arena_alloc(&a, 5000);
    const struct dsn_rcpt v = {
        .rcpt = &rcpts[0], .action = DSN_FAILED, .is_remote = true, .answer = str_n(memset(text, 'x', 5000), 5000)};
    struct dsn d = notice(&v, 1);
    struct str rest = build(&a, &d), line;

    while (str_split(&rest, '\n', &line))
        CHECK(line.n <= 999);
    arena_fini(&a);
}

TEST(addresses_beyond_ascii_make_an_international_report)
{
    const struct queue_rcpt r = {.address = STR("b\303\274@there.test")};
    const struct dsn_rcpt v = {.rcpt = &r, .action = DSN_FAILED};
    struct arena a = ARENA_INIT;
    struct dsn d = notice(&v, 1);
    struct str s = build(&a, &d);

    CHECK(has_text(s, "report-type=global-delivery-status") &&
          has_text(s, "Content-Type: message/global-delivery-status\r\n"));
    CHECK(has_text(s, "Final-Recipient: utf-8; b\303\274@there.test\r\n"));
    CHECK(has_text(s, "Content-Type: message/global-headers\r\n"));
    arena_fini(&a);
}
