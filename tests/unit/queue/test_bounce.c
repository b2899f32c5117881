/* What a notice says, whatever it is made of; cut at each byte. */
#include "queue/bounce.c"

#include "test.h"

#define REPORT                                                                                                         \
    "Content-Type: Multipart/Report;\r\n report-type=\"delivery-status\"; "                                            \
    "boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n"                                                                     \
    "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\nOriginal-Envelope-Id: ab-cd\r\n\r\n"        \
    "Original-Recipient: rfc822;a@there.test\r\nFinal-Recipient: rfc822; b@else.test\r\nAction: failed\r\n"            \
    "Status: 5.1.1 (no such)\r\n\r\nFinal-Recipient: rfc822; c@there.test\r\nAction: delayed\r\nStatus: 4.4.1\r\n\r\n" \
    "--b\r\nContent-Type: text/rfc822-headers\r\n\r\nX-Restante-Sent: 01-23 there.test\r\nSubject: x\r\n\r\n--b--\r\n"

TEST(a_report)
{
    struct arena a = ARENA_INIT;
    struct bounce b;

    bounce_read(&a, STR(REPORT), &b);
    CHECK(b.is_report && b.n_rcpts == 2 && b.n_marks == 2);
    CHECK_STR(b.marks[0].text, STR("ab-cd"));
    CHECK(!b.marks[0].about.n);
    CHECK_STR(b.marks[1].text, STR("01-23"));
    CHECK_STR(b.marks[1].about, STR("there.test"));
    CHECK_STR(b.rcpts[0].address, STR("a@there.test"));
    CHECK_STR(b.rcpts[0].status, STR("5.1.1"));
    CHECK(b.rcpts[0].failed && !b.rcpts[1].failed);
    CHECK_STR(b.rcpts[1].address, STR("c@there.test"));
    arena_fini(&a);
}

TEST(cut_anywhere)
{
    for (size_t n = 0; n < sizeof REPORT; n++) {
        struct arena a = ARENA_INIT;
        struct bounce b;
        char *copy = mem_new(n + 1);

        memcpy(copy, REPORT, n); /* where a read behind its end shows */
        bounce_read(&a, str_n(copy, n), &b);
        CHECK(b.n_rcpts <= 2 && b.n_marks <= 2);
        mem_free(copy);
        arena_fini(&a);
    }
}

TEST(what_is_no_report)
{
    struct arena a = ARENA_INIT;
    struct bounce b;

    bounce_read(&a, STR("Subject: x\r\n\r\nAction: failed\r\nFinal-Recipient: x;y@z\r\n"), &b);
    CHECK(!b.is_report && b.n_rcpts == 1);
    bounce_read(&a, STR("Content-Type: multipart/report; report-type=disposition-notification\r\n\r\n"), &b);
    CHECK(!b.is_report && !b.n_rcpts && !b.n_marks);
    bounce_read(&a, STR("Content-Type: multipart/report; report-type=delivery-status\r\n\r\n"), &b);
    CHECK(!b.is_report); /* of nobody */
    bounce_read(&a, STR("\r\n\r\n> X-Restante-Sent: x y\r\n X-Restante-Sent: x y\r\nX-Restante-Sent:\r\n"), &b);
    CHECK(!b.n_marks);
    bounce_read(&a, STR(""), &b);
    CHECK(!b.is_report);
    arena_fini(&a);
}

TEST(bounded)
{
    struct arena a = ARENA_INIT;
    struct bounce b;
    struct buf text;

    buf_init(&text, 1u << 20);
    for (unsigned i = 0; i < 500; i++)
        buf_addz(&text, "Final-Recipient: rfc822; c@there.test\r\nAction: failed\r\nX-Restante-Sent: 1 d\r\n\r\n");
    bounce_read(&a, buf_str(&text), &b);
    CHECK(b.n_rcpts == BOUNCE_RCPTS_MAX && b.n_marks == BOUNCE_MARKS_MAX);
    buf_fini(&text);
    arena_fini(&a);
}
