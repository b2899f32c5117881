#include "world.h"

#include "imap/fetch_preview.c"

static void body_previews(struct world *w)
{
    struct door d;

    door_open(w, &d, "");
    append(&d, "INBOX", "Subject: x\n\nHello there,\nall is well.\n");
    append(&d, "INBOX", "Subject: y\n\n");
    append(&d, "INBOX",
           "Content-Type: text/plain; charset=utf-8\n\nGr\xc3\xbc\xc3\x9f"
           "e\n");
    CHECK(str_ends(chat_say(&d.chat, "a EXAMINE INBOX\r\n"), STR("a OK [READ-ONLY] Done\n")));
    SAY(&d, "a FETCH 1:2 PREVIEW",
        "* 1 FETCH (PREVIEW \"Hello there, all is well.\")\n* 2 FETCH (PREVIEW \"\")\na OK Done");
    SAY(&d, "a FETCH 1 PREVIEW (LAZY)", "* 1 FETCH (PREVIEW \"Hello there, all is well.\")\na OK Done");
    SAY(&d, "a FETCH 3 (PREVIEW (LAZY LAZY) FLAGS)",
        "* 3 FETCH (PREVIEW {7}\nGr\xc3\xbc\xc3\x9f"
        "e FLAGS (\\Recent))\na OK Done");
    SAY(&d, "a UID FETCH 1 PREVIEW (PARTIAL 1:2)",
        "* 1 FETCH (UID 1 PREVIEW \"Hello there, all is well.\")\na OK Done");
    SAY(&d, "a UID FETCH 1 PREVIEW (LAZY) (PARTIAL 1:2)",
        "* 1 FETCH (UID 1 PREVIEW \"Hello there, all is well.\")\na OK Done");
    SAY(&d, "a FETCH 1 PREVIEW (EAGER)", "a BAD Unknown FETCH modifier");
    SAY(&d, "a FETCH 1 (PREVIEW (LAZY EAGER))", "a BAD Unknown PREVIEW modifier");
    SAY(&d, "a FETCH 1 (PREVIEW (EAGER))", "a BAD Expected a name");
    SAY(&d, "a FETCH 1 (PREVIEW (LAZY)", "a BAD Expected )");
    door_close(&d);
}
TEST(previews)
{
    in_world(1, body_previews);
}

TEST(what_is_undue)
{
    struct fetch_run f = {0};

    f.email.rec.size = LAZY_LETTER;
    CHECK(!is_undue(&f));
    f.email.rec.size = LAZY_LETTER + 1;
    CHECK(is_undue(&f));
    f.has_blob = true; /* it is there anyway */
    CHECK(!is_undue(&f));
    f.lazy_us = LAZY_MOST_US + 1;
    CHECK(is_undue(&f));
}
