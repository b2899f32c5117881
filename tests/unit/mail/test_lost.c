#include "mail/lost.c"

#include "mime/scan.h"
#include "test.h"

static struct email email_of(struct arena *a, struct str letter)
{
    struct email e = {.size = letter.n};
    struct buf b;

    buf_init(&b, LIMIT_MIME_RECORD);
    mime_record_build(letter, &b);
    CHECK_ST(mime_record_open(arena_str(a, buf_str(&b)), &e.rec), ST_OK);
    buf_fini(&b);
    return e;
}

static bool holds(struct str text, const char *part)
{
    return str_search(text, str_z(part)) < text.n;
}

TEST(what_the_record_knows_stands_in_the_header)
{
    struct arena a = ARENA_INIT;
    struct email e = email_of(
        &a, STR("From: \"A \\\"B\\\" C\" <abc@far.test>, =?utf-8?q?K=C3=A4the?= <k@far.test>\r\n"
                "To: friends: x@a.test, y@b.test;, z@c.test\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n at night\r\n"
                "Date: Mon, 23 Nov 2026 08:00:00 +0000\r\nMessage-ID: <1@far.test>\r\n"
                "In-Reply-To: <0@near.test>\r\n\r\nText\r\n"));
    struct str text = lost_letter(&a, &e, STR("lost+found/5.damaged"));

    CHECK(holds(text, "Date: Mon, 23 Nov 2026 08:00:00 +0000\r\n"));
    CHECK(holds(text, "From: \"A \\\"B\\\" C\" <abc@far.test>, =?utf-8?q?K=C3=A4the?= <k@far.test>\r\n"));
    CHECK(holds(text, "<x@a.test>, <y@b.test>, <z@c.test>\r\n"));
    CHECK(holds(text, "Message-ID: <1@far.test>\r\n") && holds(text, "In-Reply-To: <0@near.test>\r\n"));
    CHECK(holds(text, "kept on the server, in lost+found/5.damaged.\r\n"));
    CHECK(!holds(lost_letter(&a, &e, STR_NONE), "lost+found"));
    CHECK_STR(lost_subject(&a, &e), STR("Grüße at night"));
    CHECK(holds(lost_sender(&a, &e), "<abc@far.test>") && holds(lost_sender(&a, &e), "Käthe"));
    e = email_of(&a, text);
    CHECK_STR(lost_subject(&a, &e), STR("Grüße at night"));
    arena_fini(&a);
}

/* Whatever stands in the record: a letter comes of it, with nothing in its header that was no field. */
TEST(a_damaged_envelope_makes_a_letter_too)
{
    static const char whole[] =
        "(\"d\" {4}\r\nQ\r\nX ((\"n\" NIL \"m\" \"h\")(NIL NIL \"g\" NIL)) NIL NIL NIL NIL NIL NIL \"<i>\")";
    struct arena a = ARENA_INIT;

    for (size_t n = 0; n < sizeof whole; n++) {
        struct email e = {.rec = {.envelope = str_n(whole, n)}};
        struct str text = lost_letter(&a, &e, STR_NONE);

        CHECK(holds(text, "\r\n\r\n[This text stands here"));
        CHECK(!holds(text, "\r\nX"));
        arena_reset(&a);
    }
    arena_fini(&a);
}
