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
                                         .account = 7,
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
                        .full_max = 65536,
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

TEST(when_it_was_tried_last_is_said_only_where_it_is_known) /* RFC 3464 section 2.3.7 */
{
    struct dsn_rcpt v = {.rcpt = &rcpts[1], .action = DSN_FAILED, .status = STR("4.4.7")};
    struct arena a = ARENA_INIT;
    struct dsn d = notice(&v, 1);

    CHECK(has_text(build(&a, &d), "\r\nLast-Attempt-Date: "));
    v.is_untried = true;
    CHECK(!has_text(build(&a, &d), "Last-Attempt-Date: "));
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

TEST(a_letter_that_requires_tls_comes_back_as_its_header_only) /* RFC 8689 section 5 */
{
    const struct queue_attr attrs[] = {{STR("REQUIRETLS"), STR("")}, {STR("RET"), STR("FULL")}};
    const struct dsn_rcpt v = {.rcpt = &rcpts[1], .action = DSN_FAILED, .status = STR("5.7.30")};
    struct queue_entry e = entry;
    struct arena a = ARENA_INIT;
    struct dsn d = notice(&v, 1);
    struct str s;

    e.attrs = attrs;
    d.entry = &e;
    s = build(&a, &d);
    CHECK(has_text(s, "Subject: x\r\n") && !has_text(s, "The text"));
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
    CHECK(has_text(s, "Final-Recipient: utf-8; b=C3=BC@there.test\r\n")); /* its reader may have a server of 7 bits */
    CHECK(has_text(s, "Content-Type: message/global-headers\r\n"));
    arena_fini(&a);
}

static bool is_7bit(struct str s)
{
    return str_is_ascii(s);
}

TEST(chinese_is_encoded_so_that_every_server_takes_it)
{
    const struct dsn_rcpt v[] = {{.rcpt = &rcpts[0],
                                  .action = DSN_FAILED,
                                  .is_remote = true,
                                  .answer = STR("550 no"),
                                  .host = STR("mx.there.test")},
                                 {.rcpt = &rcpts[1], .action = DSN_DELAYED, .retry_until_us = 1792432000000000}};
    struct arena a = ARENA_INIT;
    struct dsn d = notice(v, 2);
    struct str s, rest, line;
    size_t at;

    d.language = LANGUAGE_ZH;
    s = rest = build(&a, &d);
    CHECK(is_7bit(s) && has_text(s, "Subject: =?utf-8?B?6YCA5L+h77ya") && has_text(s, "Content-Language: zh\r\n"));
    CHECK(has_text(s, "From: =?utf-8?B?6YKu5Lu25oqV6YCS57O757uf?= <MAILER-DAEMON@mail.here.test>\r\n"));
    CHECK(has_text(s, "Diagnostic-Code: smtp; 550 no\r\n")); /* programs read the same in every language */
    while (str_split(&rest, '\n', &line))
        CHECK(line.n <= 78);
    at = str_search(s, STR("Content-Transfer-Encoding: base64\r\n\r\n"));
    CHECK(at < s.n);
    arena_fini(&a);
}

/* Words are cut between characters. */
TEST(words_of_a_header)
{
    char text[200];
    struct buf b;

    for (size_t n = 0; n < 60; n++) {
        struct str rest, line;

        memset(text, 'x', n % 3);
        for (size_t i = 0; i < n; i++)
            memcpy(text + n % 3 + 3 * i, "\xe9\x82\xae", 3);
        buf_init(&b, 1000);
        dsn_add_words(str_n(text, n % 3 + 3 * n), &b);
        CHECK(!b.over);
        rest = buf_str(&b);
        while (str_split(&rest, '\n', &line)) {
            struct arena a = ARENA_INIT;
            struct str word = str_trim(line), raw;

            if (str_is_ascii(str_n(text, n % 3 + 3 * n)))
                continue;
            CHECK(word.n <= 75 && str_starts(word, STR("=?utf-8?B?")) && str_ends(word, STR("?=")));
            CHECK_ST(base64_decode(&a, str_sub(word, 10, word.n - 12), &raw), ST_OK);
            CHECK(str_is_utf8(raw));
            arena_fini(&a);
        }
        buf_fini(&b);
    }
}

TEST(whose_language)
{
    static const struct queue_attr own = {STR(QUEUE_LANGUAGE), STR("zh")}, utf8 = {STR("SMTPUTF8"), STR("")};
    struct queue_entry e = {0};
    static const struct {
        const char *header;
        enum config_language want;
    } cases[] = {{"Content-Language: zh\r\n\r\n", LANGUAGE_ZH},
                 {"Content-Language: zh-Hans-CN, en\r\n\r\n", LANGUAGE_ZH},
                 {"A: b\r\ncontent-language:\r\n ZH\r\n\r\n", LANGUAGE_ZH},
                 {"Content-Language: zhx\r\n\r\n", LANGUAGE_EN},
                 {"Content-Language:\r\n\r\n", LANGUAGE_EN},
                 {"\r\nContent-Language: zh\r\n", LANGUAGE_EN}};

    CHECK(dsn_language(&e, STR("Content-Language: zh\r\n\r\n"), LANGUAGE_EN) == LANGUAGE_EN);
    e.n_attrs = 1;
    e.attrs = &utf8;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK(dsn_language(&e, str_z(cases[i].header), LANGUAGE_EN) == cases[i].want);
    CHECK(dsn_language(&e, STR("Content-Language: en\r\n\r\n"), LANGUAGE_ZH) == LANGUAGE_EN);
    CHECK(dsn_language(&e, STR("Content-Language: fr\r\n\r\n"), LANGUAGE_ZH) == LANGUAGE_ZH);
    e.attrs = &own;
    CHECK(dsn_language(&e, STR("Content-Language: en\r\n\r\n"), LANGUAGE_EN) == LANGUAGE_ZH);
    CHECK(dsn_language(&e, STR_NONE, LANGUAGE_EN) == LANGUAGE_ZH);
}

TEST(it_refers_to_the_letter)
{
    static const char *const bad[] = {"x", "<a@b> <c@d>", "<a b>", "<>", "<a@b", "<\xc3\xbc@b>"};
    const struct dsn_rcpt v = {.rcpt = &rcpts[0], .action = DSN_FAILED};
    struct arena a = ARENA_INIT;
    struct dsn d = notice(&v, 1);

    d.letter = STR("Message-ID:\r\n <a1@here.test>\r\nFrom: x\r\n\r\ntext\r\n");
    CHECK(has_text(build(&a, &d), "\r\nIn-Reply-To: <a1@here.test>\r\nReferences: <a1@here.test>\r\n"));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        d.letter = arena_printf(&a, "Message-ID: %s\r\n\r\ntext\r\n", bad[i]);
        CHECK(!has_text(build(&a, &d), "In-Reply-To"));
    }
    arena_fini(&a);
}

TEST(how_much_comes_back)
{
    static const struct queue_attr full = {STR("RET"), STR("FULL")};
    const struct dsn_rcpt v = {.rcpt = &rcpts[1], .action = DSN_FAILED};
    struct queue_entry e = entry;
    struct arena a = ARENA_INIT;
    struct dsn d = notice(&v, 1);

    e.attrs = &full;
    e.n_attrs = 1;
    d.entry = &e;
    CHECK(has_text(build(&a, &d), "The text"));
    d.full_max = d.letter.n - 1;
    CHECK(!has_text(build(&a, &d), "The text") && has_text(build(&a, &d), "Content-Type: text/rfc822-headers\r\n"));
    d.full_max = 65536;
    e.account = 0;
    CHECK(has_text(build(&a, &d), "The text"));
    e.n_attrs = 0; /* a stranger who has not asked for it */
    CHECK(!has_text(build(&a, &d), "The text"));
    arena_fini(&a);
}

/* RFC 6533 section 4.5: whoever gets it may have a server that takes ASCII only. */
TEST(letters_beyond_ascii_come_back_encoded)
{
    const struct queue_rcpt r = {.address = STR("b\303\274@there.test")};
    const struct dsn_rcpt v = {.rcpt = &r, .action = DSN_FAILED};
    struct queue_entry e = entry;
    struct arena a = ARENA_INIT;
    struct dsn d = notice(&v, 1);
    struct str s;

    e.n_attrs = 0;
    d.entry = &e;
    d.letter = STR("Subject: gr\303\274n\r\n\r\nText \303\274\r\n");
    s = build(&a, &d);
    CHECK(is_7bit(s) && has_text(s, "Content-Type: message/global\r\nContent-Transfer-Encoding: base64\r\n"));
    CHECK(has_text(s, "Final-Recipient: utf-8; b=C3=BC@there.test"));
    d.full_max = 0;
    s = build(&a, &d);
    CHECK(is_7bit(s) && has_text(s, "message/global-headers\r\nContent-Transfer-Encoding: quoted-printable\r\n"));
    d.full_max = 65536;
    e.reverse_path = STR("j\303\266@here.test");
    s = build(&a, &d);
    CHECK(!is_7bit(s) && str_is_utf8(s) &&
          has_text(s, "Content-Type: message/global\r\nContent-Transfer-Encoding: 8bit\r\n"));
    d.letter = STR("Subject: x\r\n\r\nText \303\274\r\n");
    s = build(&a, &d);
    CHECK(has_text(s, "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n"));
    d.letter = STR("Subject: \377\r\n\r\nText\r\n"); /* no UTF-8: nothing that is whole fits it */
    s = build(&a, &d);
    CHECK(str_is_utf8(s) && has_text(s, "text/rfc822-headers\r\nContent-Transfer-Encoding: quoted-printable\r\n"));
    arena_fini(&a);
}
