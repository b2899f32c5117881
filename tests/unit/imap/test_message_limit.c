/* MESSAGELIMIT and SAVELIMIT (RFC 9738): the examples of its section 3.1, with a limit of three. */
#include "world.h"

#include "imap/message_limit.c"

static bool says_somewhere(struct str all, const char *text)
{
    return str_search(all, str_z(text)) < all.n;
}

static void fill(struct world *w, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "letter"), ST_OK);
}

static void open_limited(struct world *w, struct door *d, const char *settings, const char *withhold)
{
    door_open_with(w, d, "", settings_with(str_z(settings)), withhold);
    CHECK(str_ends(chat_say(&d->chat, "a SELECT INBOX\r\n"), STR("a OK [READ-WRITE] Done\n")));
}

static void body_announced(struct world *w)
{
    struct door d;

    fill(w, 1);
    open_limited(w, &d, "imap_message_limit 3\n", "");
    CHECK(says_somewhere(chat_say(&d.chat, "a CAPABILITY\r\n"), " MESSAGELIMIT=3 "));
    door_close(&d);
    open_limited(w, &d, "imap_message_limit 1000\nimap_message_limit_saves yes\n", "");
    CHECK(says_somewhere(chat_say(&d.chat, "a CAPABILITY\r\n"), " SAVELIMIT=1000 "));
    CHECK(!says_somewhere(chat_say(&d.chat, "a CAPABILITY\r\n"), "MESSAGELIMIT"));
    door_close(&d);
    open_limited(w, &d, "imap_message_limit 3\n", "MESSAGELIMIT");
    CHECK(!says_somewhere(chat_say(&d.chat, "a CAPABILITY\r\n"), "LIMIT=3"));
    SAY(&d, "a SEARCH UIDAFTER 1", "a BAD Unknown SEARCH key");
    door_close(&d);
    open_limited(w, &d, "imap_message_limit_saves yes\n", "");
    CHECK(!says_somewhere(chat_say(&d.chat, "a CAPABILITY\r\n"), " SAVELIMIT"));
    door_close(&d);
}
TEST(the_limit_is_announced)
{
    in_world(1, body_announced);
}

static void body_fetch(struct world *w)
{
    struct door d;

    fill(w, 6);
    open_limited(w, &d, "imap_message_limit 3\n", "");
    SAY(&d, "a FETCH 1:* UID",
        "* 4 FETCH (UID 4)\n* 5 FETCH (UID 5)\n* 6 FETCH (UID 6)\n"
        "a OK [MESSAGELIMIT 3 4] Done with the last 3 messages");
    SAY(&d, "a UID FETCH 1:3 UID", "* 1 FETCH (UID 1)\n* 2 FETCH (UID 2)\n* 3 FETCH (UID 3)\na OK Done");
    SAY(&d, "a FETCH 1,3:4,6 UID",
        "* 3 FETCH (UID 3)\n* 4 FETCH (UID 4)\n* 6 FETCH (UID 6)\n"
        "a OK [MESSAGELIMIT 3 3] Done with the last 3 messages");
    SAY(&d, "a UID FETCH 1:* UID (PARTIAL -1:-4)", "a NO [MESSAGELIMIT 3] Too many messages; try fewer of them");
    SAY(&d, "a UID FETCH 1:* UID (PARTIAL 2:4)", "* 2 FETCH (UID 2)\n* 3 FETCH (UID 3)\n* 4 FETCH (UID 4)\na OK Done");
    SAY(&d, "a UID FETCH 5:* UID (PARTIAL -1:-9)", "* 5 FETCH (UID 5)\n* 6 FETCH (UID 6)\na OK Done");
    /* of what has changed only so much, however large the set is */
    CHECK(
        str_starts(chat_say(&d.chat, "a FETCH 1:* UID (CHANGEDSINCE 4)\r\n"),
                   STR("* 4 FETCH (UID 4 MODSEQ (5))\n* 5 FETCH (UID 5 MODSEQ (6))\n* 6 FETCH (UID 6 MODSEQ (7))\n")));
    SAY(&d, "a FETCH 1:* UID (CHANGEDSINCE 3)",
        "* 4 FETCH (UID 4 MODSEQ (5))\n* 5 FETCH (UID 5 MODSEQ (6))\n* 6 FETCH (UID 6 MODSEQ (7))\n"
        "a OK [MESSAGELIMIT 3 4] Done with the last 3 messages");
    SAY(&d, "a FETCH 1:3,6 UID (CHANGEDSINCE 1)",
        "* 2 FETCH (UID 2 MODSEQ (3))\n* 3 FETCH (UID 3 MODSEQ (4))\n* 6 FETCH (UID 6 MODSEQ (7))\n"
        "a OK [MESSAGELIMIT 3 2] Done with the last 3 messages");
    door_close(&d);
}
TEST(the_last_messages_are_fetched)
{
    in_world(1, body_fetch);
}

static void body_gone(struct world *w)
{
    struct door d, other;

    fill(w, 5);
    open_limited(w, &d, "imap_message_limit 3\n", "");
    open_limited(w, &other, "", "");
    chat_say(&other.chat, "a STORE 4 FLAGS.SILENT (\\Deleted)\r\n");
    chat_say(&other.chat, "a EXPUNGE\r\n");
    /* section 3.1: EXPUNGEISSUED is in the tagged response, the limit is not */
    SAY(&d, "a FETCH 1:5 UID",
        "* 3 FETCH (UID 3)\n* 5 FETCH (UID 5)\n* NO [MESSAGELIMIT 3 3] Done with the last 3 messages\n"
        "a OK [EXPUNGEISSUED] Some of the messages are gone");
    w->store->blobs[4].bytes.n = 10; /* shorter than its record says */
    CHECK(says_somewhere(chat_say(&d.chat, "a UID FETCH 1:* BODY.PEEK[TEXT]\r\n"),
                         "* NO [MESSAGELIMIT 3 3] Done with the last 3 messages\n* 4 EXPUNGE\na NO [CORRUPTION] "));
    door_close(&other);
    door_close(&d);
}
TEST(another_response_code_goes_first)
{
    in_world(1, body_gone);
}

static void body_store(struct world *w)
{
    struct door d;

    fill(w, 6);
    open_limited(w, &d, "imap_message_limit 3\n", "");
    SAY(&d, "a STORE 1:5 FLAGS.SILENT (\\Flagged)", "a OK [MESSAGELIMIT 3 3] Done with the last 3 messages");
    SAY(&d, "a UID STORE 1:* +FLAGS (\\Seen)",
        "* 4 FETCH (UID 4 FLAGS (\\Flagged \\Seen \\Recent))\n* 5 FETCH (UID 5 FLAGS (\\Flagged \\Seen \\Recent))\n"
        "* 6 FETCH (UID 6 FLAGS (\\Seen \\Recent))\na OK [MESSAGELIMIT 3 4] Done with the last 3 messages");
    CHECK(says_somewhere(chat_say(&d.chat, "a STORE 1:4 (UNCHANGEDSINCE 7) FLAGS.SILENT ()\r\n"),
                         "* NO [MESSAGELIMIT 3 2] Done with the last 3 messages\n"));
    SAY(&d, "a UID FETCH 1:3 FLAGS",
        "* 1 FETCH (UID 1 FLAGS (\\Recent))\n* 2 FETCH (UID 2 FLAGS (\\Recent))\n"
        "* 3 FETCH (UID 3 FLAGS (\\Flagged \\Recent))\na OK Done");
    door_close(&d);
}
TEST(the_last_messages_are_changed)
{
    in_world(1, body_store);
}

static void body_search(struct world *w)
{
    struct door d;

    fill(w, 6);
    open_limited(w, &d, "imap_message_limit 3\n", "");
    SAY(&d, "a UID SEARCH ALL", "* SEARCH 4 5 6\na OK [MESSAGELIMIT 3 4] Done with the last 3 messages");
    SAY(&d, "a UID SEARCH UNSEEN UIDBEFORE 4", "* SEARCH 1 2 3\na OK Done");
    SAY(&d, "a UID SEARCH SEEN UID 2:5", "* SEARCH\na OK [MESSAGELIMIT 3 3] Done with the last 3 messages");
    SAY(&d, "a UID SEARCH (UID 1:5 (2:* ALL))",
        "* SEARCH 3 4 5\na OK [MESSAGELIMIT 3 3] Done with the last 3 messages");
    SAY(&d, "a UID SEARCH OR UID 1 UID 2", "* SEARCH\na OK [MESSAGELIMIT 3 4] Done with the last 3 messages");
    SAY(&d, "a UID SEARCH UIDAFTER 5 UNSEEN", "* SEARCH 6\na OK Done");
    SAY(&d, "a UID SEARCH UIDAFTER 6", "* SEARCH\na OK Done");
    SAY(&d, "a UID SEARCH UIDBEFORE 1", "* SEARCH\na OK Done");
    SAY(&d, "a SEARCH RETURN (MIN COUNT) ALL",
        "* ESEARCH (TAG \"a\") MIN 4 COUNT 3\na OK [MESSAGELIMIT 3 4] Done with the last 3 messages");
    SAY(&d, "a SEARCH RETURN (MIN) ALL",
        "* ESEARCH (TAG \"a\") MIN 4\na OK [MESSAGELIMIT 3 4] Done with the last 3 messages");
    /* section 3.4 */
    SAY(&d, "a SEARCH RETURN (SAVE) 2:*", "a OK [MESSAGELIMIT 3 4] Done with the last 3 messages");
    SAY(&d, "a UID SEARCH $", "* SEARCH 4 5 6\na OK Done");
    SAY(&d, "a SEARCH RETURN (UPDATE COUNT) ALL",
        "* ESEARCH (TAG \"a\") COUNT 3\n* NO [NOUPDATE \"a\"] Not all messages were searched\n"
        "a OK [MESSAGELIMIT 3 4] Done with the last 3 messages");
    CHECK(says_somewhere(chat_say(&d.chat, "a ESEARCH RETURN (COUNT) ALL\r\n"),
                         ") UID COUNT 3\na OK [MESSAGELIMIT 3 4] Done with the last 3 messages\n"));
    /* section 3.3 */
    SAY(&d, "a SORT (DATE) UTF-8 ALL", "a NO [MESSAGELIMIT 3] Too many messages; try fewer of them");
    SAY(&d, "a SORT (ARRIVAL) UTF-8 4:6", "* SORT 4 5 6\na OK Done");
    SAY(&d, "a THREAD REFERENCES UTF-8 3:6", "a NO [MESSAGELIMIT 3] Too many messages; try fewer of them");
    SAY(&d, "a SORT RETURN (SAVE) (DATE) UTF-8 ALL", "a NO [MESSAGELIMIT 3] Too many messages; try fewer of them");
    SAY(&d, "a SEARCH $", "* SEARCH\na OK Done");
    door_close(&d);
}
TEST(the_last_messages_are_searched)
{
    in_world(1, body_search);
}

static void body_several(struct world *w)
{
    struct door d;

    fill(w, 2);
    open_limited(w, &d, "imap_message_limit 3\n", "");
    chat_say(&d.chat, "a CREATE x\r\n");
    chat_say(&d.chat, "a COPY 1:2 x\r\n");
    CHECK(str_ends(chat_say(&d.chat, "a ESEARCH IN (mailboxes x) RETURN (COUNT) ALL\r\n"),
                   STR(") UID COUNT 2\na OK Done\n")));
    CHECK(str_ends(chat_say(&d.chat, "a ESEARCH IN (mailboxes (x INBOX)) RETURN (COUNT) ALL\r\n"),
                   STR("a NO [MESSAGELIMIT 3] Too many messages; try fewer of them\n")));
    door_close(&d);
}
TEST(mailboxes_are_searched_together_or_not)
{
    in_world(1, body_several);
}

static void body_copy(struct world *w)
{
    struct door d;

    fill(w, 6);
    open_limited(w, &d, "imap_message_limit 3\n", "");
    SAY(&d, "a UID COPY 2:5 Trash", "a NO [MESSAGELIMIT 3 3] Too many messages; try fewer of them");
    CHECK(str_starts(chat_say(&d.chat, "a COPY 2:4 Trash\r\n"), STR("a OK [COPYUID ")));
    CHECK(str_ends(
        chat_say(&d.chat, "a UID MOVE 1:5 Trash\r\n"),
        STR("* 3 EXPUNGE\n* 3 EXPUNGE\n* 3 EXPUNGE\na OK [MESSAGELIMIT 3 3] Done with the last 3 messages\n")));
    CHECK(str_ends(chat_say(&d.chat, "a UID MOVE 1:5 Trash\r\n"), STR("* 1 EXPUNGE\n* 1 EXPUNGE\na OK Done\n")));
    door_close(&d);
    open_limited(w, &d, "imap_message_limit 1\nimap_message_limit_saves yes\n", "");
    CHECK(str_ends(chat_say(&d.chat, "a SELECT Trash\r\n"), STR("a OK [READ-WRITE] Done\n")));
    SAY(&d, "a COPY 1:2 INBOX", "a NO [MESSAGELIMIT 1 2] Too many messages; try fewer of them");
    SAY(&d, "a UID SEARCH ALL", "* SEARCH 1 2 3 4 5 6 7 8\na OK Done");
    CHECK(str_ends(chat_say(&d.chat, "a MOVE 1:2 INBOX\r\n"), STR("* 1 EXPUNGE\n* 1 EXPUNGE\na OK Done\n")));
    door_close(&d);
}
TEST(a_copy_is_whole_and_a_move_is_not)
{
    in_world(1, body_copy);
}

static void body_expunge(struct world *w)
{
    struct door d;

    fill(w, 8);
    open_limited(w, &d, "imap_message_limit 2\n", "");
    SAY(&d, "a STORE 7:8 FLAGS.SILENT (\\Deleted)", "a OK Done");
    SAY(&d, "a STORE 3,5 FLAGS.SILENT (\\Deleted)", "a OK Done");
    SAY(&d, "a UID EXPUNGE 1:7", "* 5 EXPUNGE\n* 6 EXPUNGE\na OK [MESSAGELIMIT 2 5] Done with the last 2 messages");
    SAY(&d, "a UID EXPUNGE 1:7", "* 3 EXPUNGE\na OK Done");
    SAY(&d, "a STORE 1:2 FLAGS.SILENT (\\Deleted)", "a OK Done");
    chat_say(&d.chat, "a ENABLE QRESYNC\r\n");
    CHECK(
        str_starts(chat_say(&d.chat, "a UID EXPUNGE 1:8\r\n"),
                   STR("* NO [MESSAGELIMIT 2 2] Done with the last 2 messages\n* VANISHED 2,8\na OK [HIGHESTMODSEQ ")));
    CHECK(str_starts(chat_say(&d.chat, "a STORE 1:2 FLAGS.SILENT (\\Deleted)\r\n"), STR("* 1 FETCH (")));
    CHECK(str_starts(chat_say(&d.chat, "a STORE 3 FLAGS.SILENT (\\Deleted)\r\n"), STR("* 3 FETCH (")));
    CHECK(str_starts(chat_say(&d.chat, "a EXPUNGE\r\n"), STR("* VANISHED 1,4,6\na OK [HIGHESTMODSEQ ")));
    door_close(&d);
}
TEST(expunge_itself_knows_no_limit)
{
    in_world(1, body_expunge);
}

static void body_append(struct world *w)
{
    struct door d;

    fill(w, 1);
    open_limited(w, &d, "imap_message_limit 2\nimap_message_limit_saves yes\n", "");
    CHECK(says_somewhere(chat_say(&d.chat, "a APPEND INBOX {1+}\r\nx {1+}\r\nx\r\n"), "a OK [APPENDUID "));
    SAY(&d, "a APPEND INBOX {1+}\r\nx {1+}\r\nx {1+}\r\nx",
        "a NO [MESSAGELIMIT 2] Too many messages; try fewer of them");
    SAY(&d, "a STATUS INBOX (MESSAGES)", "* STATUS INBOX (MESSAGES 3)\na OK Done");
    door_close(&d);
}
TEST(all_are_appended_or_none)
{
    in_world(1, body_append);
}

static void body_withheld(struct world *w)
{
    struct door d;

    fill(w, 4);
    open_limited(w, &d, "imap_message_limit 3\n", "MESSAGELIMIT");
    SAY(&d, "a SEARCH ALL", "* SEARCH 1 2 3 4\na OK Done");
    SAY(&d, "a SORT (ARRIVAL) UTF-8 ALL", "* SORT 1 2 3 4\na OK Done");
    door_close(&d);
}
TEST(who_is_not_told_is_not_limited)
{
    in_world(1, body_withheld);
}
