/* What is told of modseqs, and when (RFC 7162). Letters are delivered before a session selects, so that numbers are known: the account's
 * first commit makes its mailboxes. */
#include "world.h"

#include "imap/condstore.c"

static bool says_somewhere(struct str all, const char *text)
{
    return str_search(all, str_z(text)) < all.n;
}

/* Modseqs 2 to n + 1. */
static void fill(struct world *w, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "letter"), ST_OK);
}

static void select_inbox(struct door *d)
{
    CHECK(str_ends(chat_say(&d->chat, "a SELECT INBOX\r\n"), STR("a OK [READ-WRITE] Done\n")));
}

/* The first time, something that enables it is answered with HIGHESTMODSEQ; from then on there are uid and modseq. */
static void body_enabling(struct world *w)
{
    static const char *const commands[] = {
        "a ENABLE CONDSTORE",
        "a STATUS INBOX (HIGHESTMODSEQ)",
        "a FETCH 1 (MODSEQ)",
        "a FETCH 1 UID (CHANGEDSINCE 1)",
        "a SEARCH NOT MODSEQ 1",
        "a SEARCH RETURN (COUNT) MODSEQ 1",
        "a SORT (DATE) UTF-8 MODSEQ 1",
        "a STORE 1 (UNCHANGEDSINCE 1) FLAGS ()",
        "a THREAD REFERENCES UTF-8 MODSEQ 1",
    };
    struct door d;

    fill(w, 1);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        struct str all;

        door_open(w, &d, "");
        select_inbox(&d);
        SAY(&d, "a STORE 1 FLAGS.SILENT (\\Seen)", "a OK Done");
        all = chat_say(&d.chat, arena_cstr(&w->arena, arena_printf(&w->arena, "%s\r\n", commands[i])));
        CHECK(says_somewhere(all, "] Told so far\na "));
        CHECK(says_somewhere(all, "* OK [HIGHESTMODSEQ "));
        all = chat_say(&d.chat, "b STORE 1 FLAGS.SILENT (\\Seen)\r\n");
        CHECK(str_starts(all, STR("* 1 FETCH (UID 1 MODSEQ (")));
        SAY(&d, "c NOOP", "c OK Done");
        door_close(&d);
    }
}
TEST(commands_that_enable_it)
{
    in_world(1, body_enabling);
}

static void body_told(struct world *w)
{
    struct door d, other;

    fill(w, 3);
    door_open(w, &d, "");
    CHECK(says_somewhere(chat_say(&d.chat, "a SELECT INBOX (CONDSTORE)\r\n"), "* OK [HIGHESTMODSEQ 4] "));
    door_open(w, &other, "");
    select_inbox(&other);
    SAY(&d, "a FETCH 1:3 (MODSEQ)",
        "* 1 FETCH (MODSEQ (2))\n* 2 FETCH (MODSEQ (3))\n* 3 FETCH (MODSEQ (4))\na OK Done");
    SAY(&d, "a FETCH 1:* UID (CHANGEDSINCE 2)",
        "* 2 FETCH (UID 2 MODSEQ (3))\n* 3 FETCH (UID 3 MODSEQ (4))\na OK Done");
    SAY(&d, "a UID FETCH 1:2 (FLAGS) (CHANGEDSINCE 2)", "* 2 FETCH (UID 2 FLAGS (\\Recent) MODSEQ (3))\na OK Done");
    SAY(&d, "a FETCH 1:* UID (CHANGEDSINCE 4)", "a OK Done");
    SAY(&other, "a STORE 2 +FLAGS (\\Flagged)", "* 2 FETCH (FLAGS (\\Flagged))\na OK Done");
    SAY(&d, "a NOOP", "* 2 FETCH (UID 2 FLAGS (\\Flagged \\Recent) MODSEQ (5))\na OK Done");
    SAY(&d, "a FETCH 1 BODY[TEXT]<0.4>",
        "* 1 FETCH (BODY[TEXT]<0> {4}\nBody FLAGS (\\Seen \\Recent) UID 1 MODSEQ (6))\na OK Done");
    SAY(&d, "a SEARCH MODSEQ 5", "* SEARCH 1 2 (MODSEQ 6)\na OK Done");
    SAY(&d, "a UID SEARCH MODSEQ \"/flags/\\\\draft\" all 6", "* SEARCH 1 (MODSEQ 6)\na OK Done");
    SAY(&d, "a SEARCH MODSEQ 7", "* SEARCH\na OK Done");
    SAY(&d, "a SORT (SIZE) UTF-8 OR MODSEQ 5 ALL", "* SORT 1 2 3 (MODSEQ 6)\na OK Done");
    SAY(&d, "a SEARCH RETURN (MIN) MODSEQ 4", "* ESEARCH (TAG \"a\") MIN 1 MODSEQ 6\na OK Done");
    SAY(&d, "a SEARCH RETURN (MAX) MODSEQ 4", "* ESEARCH (TAG \"a\") MAX 3 MODSEQ 4\na OK Done");
    SAY(&d, "a SEARCH RETURN (MAX COUNT) MODSEQ 4", "* ESEARCH (TAG \"a\") MAX 3 COUNT 3 MODSEQ 6\na OK Done");
    SAY(&d, "a SEARCH RETURN (PARTIAL 2:3) MODSEQ 4", "* ESEARCH (TAG \"a\") PARTIAL (2:3 2:3) MODSEQ 5\na OK Done");
    SAY(&d, "a SEARCH RETURN (COUNT) MODSEQ 7", "* ESEARCH (TAG \"a\") COUNT 0\na OK Done");
    SAY(&d, "a SEARCH RETURN (SAVE) MODSEQ 5", "a OK Done");
    SAY(&d, "a FETCH $ (UID) (CHANGEDSINCE 5)", "* 1 FETCH (UID 1 MODSEQ (6))\na OK Done");
    SAY(&d, "a THREAD ORDEREDSUBJECT UTF-8 MODSEQ 6", "* THREAD (1)\na OK Done");
    SAY(&d, "a STATUS INBOX (HIGHESTMODSEQ)", "* STATUS INBOX (HIGHESTMODSEQ 6)\na OK Done");
    door_close(&other);
    door_close(&d);
}
TEST(modseqs_are_told)
{
    in_world(1, body_told);
}

static void body_conditional(struct world *w)
{
    struct door d;

    fill(w, 3);
    door_open(w, &d, "");
    select_inbox(&d);
    SAY(&d, "a ENABLE CONDSTORE", "* ENABLED CONDSTORE\n* OK [HIGHESTMODSEQ 4] Told so far\na OK Done");
    SAY(&d, "a STORE 1:3 (UNCHANGEDSINCE 3) +FLAGS.SILENT (\\Seen)",
        "* 1 FETCH (UID 1 MODSEQ (5))\n* 2 FETCH (UID 2 MODSEQ (5))\n* 3 FETCH (UID 3 FLAGS (\\Recent) MODSEQ (4))\n"
        "a OK [MODIFIED 3] Some of the messages have changed");
    SAY(&d, "a UID STORE 1:3 (UNCHANGEDSINCE 4) +FLAGS (\\Flagged)",
        "* 1 FETCH (UID 1 FLAGS (\\Seen \\Recent) MODSEQ (5))\n* 2 FETCH (UID 2 FLAGS (\\Seen \\Recent) MODSEQ (5))\n"
        "* 3 FETCH (UID 3 FLAGS (\\Flagged \\Recent) MODSEQ (6))\na OK [MODIFIED 1:2] Some of the messages have "
        "changed");
    SAY(&d, "a STORE 1 (UNCHANGEDSINCE 0) +FLAGS.SILENT (\\Draft)",
        "* 1 FETCH (UID 1 FLAGS (\\Seen \\Recent) MODSEQ (5))\na OK [MODIFIED 1] Some of the messages have changed");
    SAY(&d, "a STORE 1 (UNCHANGEDSINCE 0) +FLAGS.SILENT (mine)",
        "* 1 FETCH (UID 1 MODSEQ (7))\n* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft mine)\n"
        "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft mine \\*)] Flags are kept\na OK Done");
    SAY(&d, "a STORE 1 (UNCHANGEDSINCE 0) +FLAGS.SILENT (mine)",
        "* 1 FETCH (UID 1 FLAGS (\\Seen \\Recent mine) MODSEQ (7))\na OK [MODIFIED 1] Some of the messages have "
        "changed");
    SAY(&d, "a STORE 1 (UNCHANGEDSINCE 7) -FLAGS (mine)",
        "* 1 FETCH (UID 1 FLAGS (\\Seen \\Recent) MODSEQ (8))\na OK Done");
    SAY(&d, "a STORE 1 +FLAGS (\\Seen)", "* 1 FETCH (UID 1 FLAGS (\\Seen \\Recent) MODSEQ (8))\na OK Done");
    door_close(&d);
}
TEST(stores_under_a_condition)
{
    in_world(1, body_conditional);
}

/* While an expunge is held back the client learns of later modseqs, but not that it knows everything up to there. */
static void body_held(struct world *w)
{
    struct door d, other;

    fill(w, 3);
    door_open(w, &d, "");
    CHECK(says_somewhere(chat_say(&d.chat, "a SELECT INBOX (CONDSTORE)\r\n"), "* OK [HIGHESTMODSEQ 4] "));
    door_open(w, &other, "");
    select_inbox(&other);
    SAY(&other, "a STORE 1 +FLAGS.SILENT (\\Deleted)", "a OK Done");
    SAY(&other, "a EXPUNGE", "* 1 EXPUNGE\na OK Done");
    SAY(&d, "a STORE 3 +FLAGS.SILENT (\\Seen)", "* 3 FETCH (UID 3 MODSEQ (7))\na OK [HIGHESTMODSEQ 4] Done");
    SAY(&d, "a STORE 2 (UNCHANGEDSINCE 1) FLAGS.SILENT (\\Seen)",
        "* 2 FETCH (UID 2 FLAGS (\\Recent) MODSEQ (3))\na OK [MODIFIED 2] Some of the messages have changed");
    SAY(&d, "a FETCH 3 (MODSEQ)", "* 3 FETCH (MODSEQ (7))\na OK [HIGHESTMODSEQ 4] Done");
    SAY(&d, "a UID SEARCH 3 MODSEQ 1", "* SEARCH 3 (MODSEQ 7)\na OK [HIGHESTMODSEQ 4] Done");
    SAY(&d, "a NOOP", "* 1 EXPUNGE\na OK [HIGHESTMODSEQ 7] Done");
    SAY(&d, "a FETCH 2 (MODSEQ)", "* 2 FETCH (MODSEQ (7))\na OK Done");
    door_close(&other);
    door_close(&d);
}
TEST(held_expunges_hold_the_highest_modseq)
{
    in_world(1, body_held);
}

static void body_closed(struct world *w)
{
    struct door d;

    door_open(w, &d, "");
    CHECK(str_starts(chat_say(&d.chat, "a SELECT INBOX\r\n"), STR("* FLAGS ")));
    CHECK(str_starts(chat_say(&d.chat, "a EXAMINE Sent\r\n"), STR("* OK [CLOSED] ")));
    CHECK(str_starts(chat_say(&d.chat, "a SELECT none\r\n"), STR("* OK [CLOSED] ")));
    CHECK(str_starts(chat_say(&d.chat, "a SELECT Sent (X)\r\n"), STR("a BAD ")));
    CHECK(str_starts(chat_say(&d.chat, "a SELECT Sent\r\n"), STR("* FLAGS ")));
    CHECK(str_starts(chat_say(&d.chat, "a SELECT Sent (X)\r\n"), STR("a BAD ")));
    SAY(&d, "a CHECK", "a OK Done");
    door_close(&d);
}
TEST(a_mailbox_that_is_left_by_selecting)
{
    in_world(1, body_closed);
}
