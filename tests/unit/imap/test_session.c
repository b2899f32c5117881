#include "world.h"

#include "imap/session.c"

static void fill(struct world *w, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, arena_cstr(&w->arena, arena_printf(&w->arena, "s%u", i + 1))),
                 ST_OK);
}

static void body_any_state(struct world *w)
{
    struct door d;

    door_open(w, &d, "");
    SAY(&d, "a CAPABILITY",
        "* CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ UTF8=ACCEPT LANGUAGE ID ENABLE IDLE COMPRESS=DEFLATE NAMESPACE "
        "CHILDREN SPECIAL-USE CREATE-SPECIAL-USE LIST-EXTENDED LIST-STATUS STATUS=SIZE QUOTA QUOTA=RES-STORAGE "
        "QUOTA=RES-MESSAGE METADATA LIST-METADATA LIST-MYRIGHTS ACL RIGHTS=texk UIDPLUS UNSELECT MOVE REPLACE "
        "MULTIAPPEND "
        "CATENATE URLAUTH URL-PARTIAL BINARY ESEARCH MULTISEARCH NOTIFY INPROGRESS SEARCHRES FILTERS WITHIN CONDSTORE "
        "QRESYNC UIDONLY UIDBATCHES SAVEDATE OBJECTID PREVIEW PARTIAL I18NLEVEL=2 SORT SORT=DISPLAY ESORT "
        "CONTEXT=SEARCH "
        "CONTEXT=SORT THREAD=ORDEREDSUBJECT THREAD=REFERENCES THREAD=REFS "
        "APPENDLIMIT=104857600\na OK Done");
    SAY(&d, "a NOOP", "a OK Done");
    SAY(&d, "a noop ", "a OK Done");
    SAY(&d, "a NOOP x", "a BAD Unexpected argument");
    SAY(&d, "a UNHEARD", "a BAD Unknown command");
    SAY(&d, "a UID NOOP", "a BAD Unknown command");
    SAY(&d, "a LOGIN a b", "a BAD Unknown command");
    SAY(&d, "a FETCH 1 FLAGS", "a BAD No mailbox is selected");
    SAY(&d, "a CHECK", "a BAD No mailbox is selected");
    SAY(&d, "a ID (\"name\" \"test\")", "* ID (\"name\" \"Restante\")\na OK Done");
    SAY(&d, "a ENABLE X-NONE", "* ENABLED\na OK Done");
    SAY(&d, "a NAMESPACE", "* NAMESPACE ((\"\" \"/\")) ((\"Other Users/\" \"/\")) ((\"Shared/\" \"/\"))\na OK Done");
    door_close(&d);
}
TEST(commands_of_any_state)
{
    in_world(1, body_any_state);
}

static void body_mailboxes(struct world *w)
{
    struct door d;

    door_open(w, &d, "");
    SAY(&d, "a LIST \"\" \"\"", "* LIST (\\Noselect) \"/\" \"\"\na OK Done");
    SAY(&d, "a LIST \"\" *",
        "* LIST (\\HasNoChildren) \"/\" INBOX\n* LIST (\\HasNoChildren \\Archive) \"/\" Archive\n"
        "* LIST (\\HasNoChildren \\Drafts) \"/\" Drafts\n* LIST (\\HasNoChildren \\Junk) \"/\" Junk\n"
        "* LIST (\\HasNoChildren \\Sent) \"/\" Sent\n* LIST (\\HasNoChildren \\Trash) \"/\" Trash\na OK Done");
    CHECK(str_starts(chat_say(&d.chat, "a CREATE a/b/\r\n"), STR("a OK [MAILBOXID (F")));
    SAY(&d, "a CREATE a/b", "a NO [ALREADYEXISTS] there is such a mailbox");
    CHECK(str_starts(chat_say(&d.chat, "a CREATE \"Entw&APw-rfe x\"\r\n"), STR("a OK [MAILBOXID (F")));
    SAY(&d, "a CREATE \"a&b\"", "a NO [CANNOT] The mailbox name is neither valid modified UTF-7 nor UTF-8");
    SAY(&d, "a LIST \"\" a%", "* LIST (\\HasChildren) \"/\" a\na OK Done");
    SAY(&d, "a LIST a/ %", "* LIST (\\HasNoChildren) \"/\" a/b\na OK Done");
    SAY(&d, "a LIST \"\" E*", "* LIST (\\HasNoChildren) \"/\" \"Entw&APw-rfe x\"\na OK Done");
    SAY(&d, "a SUBSCRIBE a/b", "a OK Done");
    SAY(&d, "a LSUB \"\" a/*", "* LSUB () \"/\" a/b\na OK Done");
    SAY(&d, "a LSUB \"\" a%", "* LSUB (\\Noselect) \"/\" a\na OK Done");
    SAY(&d, "a RENAME a c", "a OK Done");
    SAY(&d, "a LIST \"\" c*", "* LIST (\\HasChildren) \"/\" c\n* LIST (\\HasNoChildren) \"/\" c/b\na OK Done");
    SAY(&d, "a STATUS c/b (MESSAGES RECENT UIDNEXT UNSEEN)",
        "* STATUS c/b (MESSAGES 0 RECENT 0 UIDNEXT 1 UNSEEN 0)\na OK Done");
    SAY(&d, "a DELETE c", "a OK Done");
    SAY(&d, "a LIST \"\" c", "* LIST (\\Noselect \\HasChildren) \"/\" c\na OK Done");
    CHECK(str_starts(chat_say(&d.chat, "a SELECT c\r\n"), STR("a NO ")));
    CHECK(str_starts(chat_say(&d.chat, "a STATUS c (MESSAGES)\r\n"), STR("a NO ")));
    CHECK(str_starts(chat_say(&d.chat, "a SELECT none\r\n"), STR("a NO [NONEXISTENT]")));
    CHECK(str_starts(chat_say(&d.chat, "a DELETE INBOX\r\n"), STR("a NO [CANNOT]")));
    SAY(&d, "a UNSUBSCRIBE a/b", "a OK Done");
    SAY(&d, "a LSUB \"\" a*", "a OK Done");
    door_close(&d);
}
TEST(mailboxes)
{
    in_world(1, body_mailboxes);
}

static void body_select(struct world *w)
{
    struct door d;
    struct str all;

    fill(w, 2);
    door_open(w, &d, "b NOOP\r\n"); /* the gate had read it already */
    CHECK_STR(chat_read(&d.chat, "b "), STR("b OK Done\n"));
    all = chat_say(&d.chat, "a SELECT inbox\r\n");
    CHECK(
        str_starts(all, STR("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\n"
                            "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] Flags are kept\n"
                            "* 2 EXISTS\n* 2 RECENT\n* OK [UNSEEN 1] The first unseen message\n* OK [UIDVALIDITY ")));
    CHECK(str_search(all, STR("* OK [UIDNEXT 3] The next UID\n* OK [MAILBOXID (F00000001-")) < all.n);
    CHECK(str_ends(all, STR(")] Its id\n* OK [URLMECH INTERNAL] URLs can be signed\n* OK [HIGHESTMODSEQ 3] The latest "
                            "change\na OK [READ-WRITE] Done\n")));
    SAY(&d, "a FETCH 1:* (FLAGS UID)",
        "* 1 FETCH (FLAGS (\\Recent) UID 1)\n* 2 FETCH (FLAGS (\\Recent) UID 2)\na OK Done");
    SAY(&d, "a CHECK", "a OK Done");
    SAY(&d, "a UNSELECT", "a OK Done");
    all = chat_say(&d.chat, "a EXAMINE INBOX\r\n");
    CHECK(str_ends(all, STR("a OK [READ-ONLY] Done\n")));
    CHECK(str_search(all, STR("[PERMANENTFLAGS ()]")) < all.n);
    SAY(&d, "a STORE 1 FLAGS (\\Seen)", "a NO [CANNOT] The mailbox is open for reading only");
    SAY(&d, "a EXPUNGE", "a NO [CANNOT] The mailbox is open for reading only");
    SAY(&d, "a FETCH 1 BODY[TEXT]", "* 1 FETCH (BODY[TEXT] {12}\nBody of s1\n)\na OK Done");
    SAY(&d, "a FETCH 1 FLAGS", "* 1 FETCH (FLAGS ())\na OK Done");
    SAY(&d, "a CLOSE", "a OK Done");
    SAY(&d, "a CLOSE", "a BAD No mailbox is selected");
    door_close(&d);
}
TEST(select_and_examine)
{
    in_world(1, body_select);
}

static void body_fetch(struct world *w)
{
    struct door d;

    fill(w, 1);
    door_open(w, &d, "");
    chat_say(&d.chat, "a SELECT INBOX\r\n");
    SAY(&d, "a FETCH 1 (RFC822.SIZE ENVELOPE)",
        "* 1 FETCH (RFC822.SIZE 119 ENVELOPE (\"Mon, 23 Nov 2026 06:40:20 +0000\" \"s1\" ((NIL NIL \"a\" "
        "\"example.test\")) "
        "((NIL NIL \"a\" \"example.test\")) ((NIL NIL \"a\" \"example.test\")) NIL NIL NIL NIL NIL))\na OK Done");
    SAY(&d, "a FETCH 1 (BODY BODYSTRUCTURE)",
        "* 1 FETCH (BODY (\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 12 1) BODYSTRUCTURE (\"text\" "
        "\"plain\" "
        "(\"charset\" \"us-ascii\") NIL NIL \"7bit\" 12 1 NIL NIL NIL NIL))\na OK Done");
    SAY(&d, "a FETCH 1 BODY.PEEK[]",
        "* 1 FETCH (BODY[] {119}\nReturn-Path: <a@example.test>\nFrom: a@example.test\n"
        "Date: Mon, 23 Nov 2026 06:40:20 +0000\nSubject: s1\n\nBody of s1\n)\na OK Done");
    SAY(&d, "a FETCH 1 BODY.PEEK[HEADER.FIELDS (subject return-path)]",
        "* 1 FETCH (BODY[HEADER.FIELDS (subject return-path)] {46}\nReturn-Path: <a@example.test>\nSubject: s1\n\n)\na "
        "OK Done");
    SAY(&d, "a FETCH 1 BODY.PEEK[HEADER.FIELDS.NOT (from date)]<0.12>",
        "* 1 FETCH (BODY[HEADER.FIELDS.NOT (from date)]<0> {12}\nReturn-Path:)\na OK Done");
    SAY(&d, "a FETCH 1 BODY.PEEK[]<25.10>", "* 1 FETCH (BODY[]<25> {10}\nest>\nFrom)\na OK Done");
    SAY(&d, "a FETCH 1 BODY.PEEK[]<500.10>", "* 1 FETCH (BODY[]<500> {0}\n)\na OK Done");
    SAY(&d, "a FETCH 1 BODY.PEEK[2]", "* 1 FETCH (BODY[2] NIL)\na OK Done");
    SAY(&d, "a FETCH 1 BODY.PEEK[1]", "* 1 FETCH (BODY[1] {12}\nBody of s1\n)\na OK Done");
    SAY(&d, "a FETCH 1 (RFC822.TEXT FLAGS)",
        "* 1 FETCH (RFC822.TEXT {12}\nBody of s1\n FLAGS (\\Seen \\Recent))\na OK Done");
    SAY(&d, "a STORE 1 -FLAGS.SILENT (\\Seen)", "a OK Done");
    SAY(&d, "a UID FETCH 1 BODY[TEXT]",
        "* 1 FETCH (UID 1 BODY[TEXT] {12}\nBody of s1\n FLAGS (\\Seen \\Recent))\na OK Done");
    SAY(&d, "a UID FETCH 1 BODY[TEXT]", "* 1 FETCH (UID 1 BODY[TEXT] {12}\nBody of s1\n)\na OK Done");
    SAY(&d, "a FETCH 2 FLAGS", "a BAD There is no message of that number");
    SAY(&d, "a UID FETCH 2:3 FLAGS", "a OK Done");
    SAY(&d, "a UID FETCH 5:* FLAGS", "* 1 FETCH (UID 1 FLAGS (\\Seen \\Recent))\na OK Done");
    door_close(&d);
}
TEST(fetch_items)
{
    in_world(1, body_fetch);
}

static void body_append(struct world *w)
{
    struct door d;
    struct str all;

    door_open(w, &d, "");
    CHECK_STR(append(&d, "none", "Subject: x\n\ny\n"), STR("a NO [TRYCREATE] There is no such mailbox\n"));
    CHECK(str_starts(append(&d, "Drafts (\\Draft \\Seen $X) \"17-Jul-1996 02:44:25 -0700\"", "Subject: x\n\ny\n"),
                     STR("a OK [APPENDUID ")));
    SAY(&d, "a APPEND Drafts {200000000}", "a NO [TOOBIG] The message is too large");
    SAY(&d, "a APPEND Drafts {0}", "a NO [CANNOT] A message of no bytes");
    all = chat_say(&d.chat, "a SELECT Drafts\r\n");
    CHECK(str_search(all, STR("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $X)")) < all.n);
    SAY(&d, "a FETCH 1 (FLAGS INTERNALDATE RFC822)",
        "* 1 FETCH (FLAGS (\\Seen \\Draft \\Recent $X) INTERNALDATE \"17-Jul-1996 09:44:25 +0000\" "
        "RFC822 {17}\nSubject: x\n\ny\n)\na OK Done");
    char *large = arena_alloc(&d.chat.arena, 400000);

    memset(large, 'x', 399999);
    for (int i = 70; i < 399999; i += 70)
        large[i] = '\n';
    memcpy(large, "Subject: large\n\n", 16);
    CHECK(str_starts(append(&d, "Trash", large), STR("a OK [APPENDUID "))); /* staged */
    SAY(&d, "a STATUS Trash (MESSAGES)", "* STATUS Trash (MESSAGES 1)\na OK Done");
    chat_send(&d.chat, "a APPEND Drafts {15}\r\n");
    CHECK_STR(chat_read(&d.chat, "+"), STR("+ OK\n"));
    chat_send(&d.chat, "Subject: z\r\n\r\nz\r\n");
    all = chat_read(&d.chat, "a ");
    CHECK(str_starts(all, STR("* 2 EXISTS\n* 2 RECENT\na OK [APPENDUID ")));
    CHECK_ST(stream_write(d.chat.stream, STR("a APPEND Drafts {3+}\r\na\0b\r\n")), ST_OK);
    SAY(&d, "b NOOP", "a NO [CANNOT] A message with a NUL in it\nb OK Done");
    door_close(&d);
}
TEST(append_takes_messages)
{
    in_world(1, body_append);
}

static const char nested[] = "From: o@example.test\nSubject: outer\nMIME-Version: 1.0\n"
                             "Content-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\n--b\n"
                             "Content-Type: message/rfc822\n\nFrom: i@example.test\nSubject: inner\n"
                             "Content-Type: text/html\n\n<p>\n--b--\n";

static void body_nested(struct world *w)
{
    struct door d;
    struct str all;

    door_open(w, &d, "");
    append(&d, "INBOX", nested);
    chat_say(&d.chat, "a SELECT INBOX\r\n");
    all = chat_say(&d.chat, "a FETCH 1 BODYSTRUCTURE\r\n");
    CHECK(str_search(all, STR("\"message\" \"rfc822\" NIL NIL NIL \"7bit\"")) < all.n);
    CHECK(str_search(all, STR("\"inner\"")) < all.n);
    SAY(&d, "a FETCH 1 BODY.PEEK[1]", "* 1 FETCH (BODY[1] {4}\ntext)\na OK Done");
    SAY(&d, "a FETCH 1 BODY.PEEK[2.HEADER.FIELDS (Subject)]",
        "* 1 FETCH (BODY[2.HEADER.FIELDS (Subject)] {18}\nSubject: inner\n\n)\na OK Done");
    SAY(&d, "a FETCH 1 BODY.PEEK[2.MIME]",
        "* 1 FETCH (BODY[2.MIME] {32}\nContent-Type: message/rfc822\n\n)\na OK Done");
    SAY(&d, "a FETCH 1 BODY.PEEK[2.TEXT]", "* 1 FETCH (BODY[2.TEXT] {3}\n<p>)\na OK Done");
    SAY(&d, "a FETCH 1 BODY.PEEK[2.1]", "* 1 FETCH (BODY[2.1] {3}\n<p>)\na OK Done");
    SAY(&d, "a FETCH 1 BODY.PEEK[3]", "* 1 FETCH (BODY[3] NIL)\na OK Done");
    door_close(&d);
}
TEST(nested_parts)
{
    in_world(1, body_nested);
}

static void body_store(struct world *w)
{
    struct door d;

    fill(w, 3);
    door_open(w, &d, "");
    chat_say(&d.chat, "a SELECT INBOX\r\n");
    SAY(&d, "a STORE 1:2 +FLAGS (\\Flagged)",
        "* 1 FETCH (FLAGS (\\Flagged \\Recent))\n* 2 FETCH (FLAGS (\\Flagged \\Recent))\na OK Done");
    SAY(&d, "a UID STORE 2 FLAGS \\Seen", "* 2 FETCH (UID 2 FLAGS (\\Seen \\Recent))\na OK Done");
    SAY(&d, "a STORE 2 -FLAGS.SILENT (\\Seen)", "a OK Done");
    SAY(&d, "a FETCH 2 FLAGS", "* 2 FETCH (FLAGS (\\Recent))\na OK Done");
    SAY(&d, "a UID STORE 9 FLAGS \\Seen", "a OK Done");
    SAY(&d, "a STORE 3 +FLAGS (\\Deleted)", "* 3 FETCH (FLAGS (\\Deleted \\Recent))\na OK Done");
    SAY(&d, "a STORE 1 +FLAGS.SILENT (\\Deleted)", "a OK Done");
    SAY(&d, "a UID EXPUNGE 3", "* 3 EXPUNGE\na OK Done");
    SAY(&d, "a EXPUNGE", "* 1 EXPUNGE\na OK Done");
    SAY(&d, "a STORE 1 +FLAGS.SILENT (\\Deleted)", "a OK Done");
    SAY(&d, "a CLOSE", "a OK Done");
    SAY(&d, "a STATUS INBOX (MESSAGES UIDNEXT)", "* STATUS INBOX (MESSAGES 0 UIDNEXT 4)\na OK Done");
    door_close(&d);
}
TEST(store_and_expunge)
{
    in_world(1, body_store);
}

static void body_copy(struct world *w)
{
    struct door d;
    struct str all;

    fill(w, 3);
    door_open(w, &d, "");
    chat_say(&d.chat, "a SELECT INBOX\r\n");
    CHECK(str_starts(chat_say(&d.chat, "a COPY 1 none\r\n"), STR("a NO [TRYCREATE] ")));
    all = chat_say(&d.chat, "a COPY 1:2 Trash\r\n");
    CHECK(str_starts(all, STR("a OK [COPYUID ")) && str_ends(all, STR(" 1:2 1:2] Done\n")));
    SAY(&d, "a UID COPY 9 Trash", "a OK Nothing to copy");
    all = chat_say(&d.chat, "a MOVE 1,3 Archive\r\n");
    CHECK(str_starts(all, STR("* OK [COPYUID ")) && str_search(all, STR(" 1,3 1:2] Moved\n* ")) < all.n);
    CHECK(str_ends(all, STR(" EXPUNGE\na OK Done\n")));
    SAY(&d, "a UID MOVE 1 Archive", "a OK Nothing to move");
    SAY(&d, "a STATUS Archive (MESSAGES)", "* STATUS Archive (MESSAGES 2)\na OK Done");
    SAY(&d, "a FETCH 1:* UID", "* 1 FETCH (UID 2)\na OK Done");
    door_close(&d);
}
TEST(copy_and_move)
{
    in_world(1, body_copy);
}

static void body_search(struct world *w)
{
    struct door d;

    fill(w, 4);
    door_open(w, &d, "");
    chat_say(&d.chat, "a SELECT INBOX\r\n");
    chat_say(&d.chat, "a STORE 2 +FLAGS (\\Seen)\r\n");
    SAY(&d, "a SEARCH ALL", "* SEARCH 1 2 3 4\na OK Done");
    SAY(&d, "a SEARCH UNSEEN", "* SEARCH 1 3 4\na OK Done");
    SAY(&d, "a SEARCH SEEN FLAGGED", "* SEARCH\na OK Done");
    SAY(&d, "a UID SEARCH 3:* NOT 4", "* SEARCH 3\na OK Done");
    SAY(&d, "a SEARCH SUBJECT s3", "* SEARCH 3\na OK Done");
    SAY(&d, "a SEARCH BODY \"of s4\"", "* SEARCH 4\na OK Done");
    SAY(&d, "a SEARCH CHARSET x-none ALL", "a NO [BADCHARSET (US-ASCII UTF-8)] Unknown character set");
    SAY(&d, "a SEARCH UNHEARD", "a BAD Unknown SEARCH key");
    door_close(&d);
}
TEST(search_finds)
{
    in_world(1, body_search);
}

static void body_two(struct world *w)
{
    struct door a, b;

    fill(w, 4);
    door_open(w, &a, "");
    door_open(w, &b, "");
    chat_say(&a.chat, "a SELECT INBOX\r\n");
    chat_say(&b.chat, "b SELECT INBOX\r\n");
    chat_say(&a.chat, "a STORE 2:3 +FLAGS.SILENT (\\Deleted)\r\n");
    SAY(&a, "a EXPUNGE", "* 2 EXPUNGE\n* 2 EXPUNGE\na OK Done");
    SAY(&b, "b FETCH 1 UID", "* 1 FETCH (UID 1)\nb OK Done"); /* held back: RFC 3501 7.4.1 */
    SAY(&b, "b FETCH 2:3 UID", "b OK [EXPUNGEISSUED] Some of the messages are gone");
    SAY(&b, "b SEARCH ALL", "* SEARCH 1 4\nb OK Done");
    SAY(&b, "b STORE 1 +FLAGS.SILENT (\\Seen)", "b OK Done");
    SAY(&b, "b UID FETCH 4 FLAGS", "* 4 FETCH (UID 4 FLAGS ())\n* 2 EXPUNGE\n* 2 EXPUNGE\nb OK Done");
    SAY(&b, "b FETCH 2 UID", "* 2 FETCH (UID 4)\nb OK Done");
    SAY(&a, "a NOOP", "* 1 FETCH (FLAGS (\\Seen \\Recent))\na OK Done");
    fill(w, 1);
    SAY(&b, "b NOOP", "* 3 EXISTS\n* 1 RECENT\nb OK Done");
    SAY(&a, "a NOOP", "* 3 EXISTS\n* 2 RECENT\na OK Done");
    door_close(&b);
    door_close(&a);
}
TEST(two_sessions_see_each_other)
{
    in_world(1, body_two);
}

static void body_idle(struct world *w)
{
    struct door a, b;

    fill(w, 2);
    door_open(w, &a, "");
    door_open(w, &b, "");
    chat_say(&a.chat, "a SELECT INBOX\r\n");
    chat_say(&b.chat, "b SELECT INBOX\r\n");
    chat_send(&b.chat, "b IDLE\r\n");
    CHECK_STR(chat_read(&b.chat, "+"), STR("+ idling\n"));
    fill(w, 1);
    CHECK_STR(chat_read(&b.chat, "* 1 RECENT"), STR("* 3 EXISTS\n* 1 RECENT\n"));
    chat_say(&a.chat, "a STORE 1 +FLAGS (\\Deleted)\r\n");
    CHECK_STR(chat_read(&b.chat, "* "), STR("* 1 FETCH (FLAGS (\\Deleted))\n"));
    chat_say(&a.chat, "a EXPUNGE\r\n");
    CHECK_STR(chat_read(&b.chat, "* "), STR("* 1 EXPUNGE\n"));
    chat_send(&b.chat, "done\r\n");
    CHECK_STR(chat_read(&b.chat, "b"), STR("b OK Done\n"));
    chat_send(&b.chat, "c IDLE\r\n");
    CHECK_STR(chat_read(&b.chat, "+"), STR("+ idling\n"));
    chat_send(&b.chat, "d NOOP\r\n");
    CHECK_STR(chat_read(&b.chat, "c"), STR("c BAD Expected DONE\n"));
    door_close(&b);
    door_close(&a);
}
TEST(idle_is_told_at_once)
{
    in_world(1, body_idle);
}

static void body_quiet(struct world *w)
{
    struct door d;
    mono_ms start;
    unsigned lines = 0;

    door_open(w, &d, "");
    chat_send(&d.chat, "a IDLE\r\n");
    chat_read(&d.chat, "+");
    start = clock_mono_ms();
    for (struct str line; str_eq(line = chat_read(&d.chat, "* "), STR("* OK Still here\n"));)
        lines++;
    CHECK(lines >= 13 && lines <= 15); /* every two minutes of thirty */
    CHECK(clock_mono_ms() - start >= 30 * 60 * 1000);
    CHECK_STR(chat_read(&d.chat, ""), STR(""));
    door_close(&d);
}
TEST(keepalive_and_timeout)
{
    sim_clock_start(UINT64_C(1700000000000000));
    in_world(1, body_quiet);
    sim_clock_stop();
}

static void body_stop(struct world *w)
{
    struct imap_session_info info;
    struct door d;

    door_open(w, &d, "");
    chat_say(&d.chat, "a SELECT INBOX\r\n");
    imap_session_describe(d.session, &info);
    CHECK_STR(info.mailbox, STR("INBOX"));
    CHECK_STR(info.login, STR("alice@example.test"));
    CHECK(strcmp(info.command, "SELECT") == 0 && info.commands == 1);
    imap_session_stop(d.session, "The server is going down", false); /* parked */
    CHECK_STR(chat_read(&d.chat, ""), STR("* BYE The server is going down\n"));
    door_close(&d);
    door_open(w, &d, "");
    chat_send(&d.chat, "a NO"); /* half a line */
    for (int i = 0; i < 10; i++)
        co_yield ();
    imap_session_stop(d.session, "Your account was changed", true);
    CHECK_STR(chat_read(&d.chat, ""), STR("* BYE Your account was changed\n"));
    door_close(&d);
}
TEST(stopping)
{
    in_world(1, body_stop);
}

static void body_pipelined(struct world *w)
{
    struct door d;

    fill(w, 2);
    door_open(w, &d, "");
    chat_send(
        &d.chat,
        "a SELECT INBOX\r\nb STORE 1 +FLAGS.SILENT (\\Deleted)\r\nc EXPUNGE\r\nd FETCH 1 UID\r\ne BAD {3+}\r\nabc\r\n"
        "f NOOP\r\ng LOGOUT\r\nh NOOP\r\n");
    chat_read(&d.chat, "a ");
    CHECK_STR(chat_read(&d.chat, ""),
              STR("b OK Done\n* 1 EXPUNGE\nc OK Done\n* 1 FETCH (UID 2)\nd OK Done\ne BAD Unknown command\nf OK Done\n"
                  "* BYE Logging out\ng OK Done\n"));
    for (int i = 0; i < 100 && d.session; i++)
        co_yield ();
    door_close(&d);
}
TEST(pipelined_commands_run_in_order)
{
    in_world(1, body_pipelined);
}

static void body_deleted(struct world *w)
{
    struct door a, b;

    door_open(w, &a, "");
    door_open(w, &b, "");
    chat_say(&a.chat, "a CREATE x\r\n");
    chat_say(&a.chat, "a SELECT x\r\n");
    SAY(&b, "b DELETE x", "b OK Done");
    chat_send(&a.chat, "a NOOP\r\n");
    CHECK_STR(chat_read(&a.chat, ""), STR("* BYE The selected mailbox was deleted\n"));
    door_close(&a);
    door_close(&b);
}
TEST(a_deleted_mailbox_ends_its_sessions)
{
    in_world(1, body_deleted);
}

static void body_damaged(struct world *w)
{
    struct door d;

    fill(w, 2);
    w->store->blobs[0].bytes.n = 10; /* shorter than its record says */
    door_open(w, &d, "");
    chat_say(&d.chat, "a SELECT INBOX\r\n");
    SAY(&d, "a UID FETCH 1:2 BODY.PEEK[TEXT]",
        "* 1 FETCH (UID 1 BODY[TEXT] NIL)\n* 2 FETCH (UID 2 BODY[TEXT] {12}\nBody of s2\n)\n"
        "a NO [CORRUPTION] The message with UID 1 is damaged in the store");
    SAY(&d, "a NOOP", "a OK Done");
    door_close(&d);
}
TEST(damage_costs_one_item)
{
    in_world(1, body_damaged);
}

static void body_errors(struct world *w)
{
    struct door d;
    struct str all;

    door_open(w, &d, "");
    for (int i = 0; i < 25; i++)
        chat_send(&d.chat, "x\r\n");
    all = chat_read(&d.chat, "");
    CHECK(str_ends(all, STR("x BAD Missing argument\n* BYE Too many errors\n")));
    door_close(&d);
}
TEST(too_many_errors)
{
    in_world(1, body_errors);
}

/* --- what is withheld ---------------------------------------------------------------------------------- */

static void body_withheld(struct world *w)
{
    struct door d;

    door_open_with(w, &d, "", settings_with(STR("imap_withhold_clients \"vendor=*x*: MOVE\"\n")),
                   "LITERAL+ SAVEDATE UIDPLUS ESEARCH LIST-EXTENDED CHILDREN MULTIAPPEND OBJECTID BINARY UTF8=ACCEPT "
                   "THREAD=REFERENCES WITHIN CREATE-SPECIAL-USE APPENDLIMIT CONDSTORE");
    struct str caps = chat_say(&d.chat, "a CAPABILITY\r\n");

    CHECK(str_starts(caps, STR("* CAPABILITY IMAP4rev1 LITERAL- ")));
    CHECK(!strstr(arena_cstr(&d.chat.arena, caps), "APPENDLIMIT"));
    SAY(&d, "a ENABLE IMAP4rev2 UTF8=ACCEPT CONDSTORE", "* ENABLED\na OK Done");
    SAY(&d, "a CREATE x (USE (\\Sent))", "a BAD Unknown CREATE parameter");
    SAY(&d, "a CREATE x", "a OK Done");
    SAY(&d, "a LIST \"\" x", "* LIST () \"/\" x\na OK Done");
    SAY(&d, "a LIST \"\" x RETURN ()", "a BAD Unknown LIST option");
    SAY(&d, "a LIST (SUBSCRIBED) \"\" x", "a BAD Unknown LIST option");
    SAY(&d, "a STATUS x (MAILBOXID)", "a BAD Unknown STATUS item");
    SAY(&d, "a APPEND x {1+}\r\nx", "a OK Done");
    SAY(&d, "a APPEND x {4+}\r\n\xc3\xbc\r\n", "a OK Done");
    SAY(&d, "a APPEND x ~{1+}\r\nx", "a BAD Invalid literal");
    SAY(&d, "a APPEND x {1+}\r\nx {1+}\r\nx", "a BAD Unexpected argument");
    chat_say(&d.chat, "a SELECT x\r\n");
    SAY(&d, "a SEARCH RETURN (COUNT) ALL", "a BAD Unknown SEARCH key");
    SAY(&d, "a SEARCH OLDER 5", "a BAD Unknown SEARCH key");
    SAY(&d, "a FETCH 1 SAVEDATE", "a BAD Unknown FETCH item");
    SAY(&d, "a FETCH $ UID", "a BAD Expected a number of 32 bits");
    SAY(&d, "a UID EXPUNGE 1", "a BAD Unknown command");
    SAY(&d, "a EXPUNGE", "a OK Done");
    SAY(&d, "a THREAD REFERENCES UTF-8 ALL", "a BAD Unknown way of threading");
    SAY(&d, "a COPY 1 x", "* 3 EXISTS\n* 3 RECENT\na OK Done");
    SAY(&d, "a ID (\"vendor\" \"y\")", "* ID (\"name\" \"Restante\")\na OK Done");
    CHECK(str_starts(chat_say(&d.chat, "a ID (\"vendor\" \"yxz\")\r\n"),
                     STR("* ID (\"name\" \"Restante\")\n* CAPABILITY IMAP4rev1 LITERAL- ")));
    SAY(&d, "a MOVE 1 x", "a BAD Unknown command");
    door_close(&d);
}
TEST(what_is_withheld_is_not_known)
{
    in_world(1, body_withheld);
}

/* RFC 7888 section 5 */
static void body_small_literals(struct world *w)
{
    struct door d;
    char text[5200];

    door_open_with(w, &d, "", default_settings(), "LITERAL+");
    memset(text, 0, sizeof text);
    memcpy(text, "a APPEND INBOX {4096+}\r\n", 24);
    memset(text + 24, 'x', 4096);
    memcpy(text + 24 + 4096, "\r\n", 2);
    CHECK(str_starts(chat_say(&d.chat, text), STR("a OK [APPENDUID ")));
    memcpy(text + 19, "7", 1); /* 4097 */
    memcpy(text + 24 + 4096, "x\r\n", 3);
    SAY(&d, "a NOOP", "a OK Done");
    CHECK_STR(chat_say(&d.chat, text), STR("a BAD [TOOBIG] Such a literal has to wait for the server\n"));
    SAY(&d, "a NOOP", "a OK Done");
    door_close(&d);
}
TEST(literals_that_do_not_wait_are_small)
{
    in_world(1, body_small_literals);
}

/* RFC 6855 section 4 */
static void body_headers_of_7_bits(struct world *w)
{
    struct door d;

    door_open_with(w, &d, "", settings_with(STR("imap_append_8bit no\n")), "");
    SAY(&d, "a APPEND INBOX {9+}\r\nX: \xc3\xbc\r\n\r\n", "a NO [CANNOT] A header of 8 bits needs ENABLE UTF8=ACCEPT");
    CHECK(str_starts(chat_say(&d.chat, "a APPEND INBOX {10+}\r\nX: y\r\n\r\n\xc3\xbc\r\n"), STR("a OK ")));
    SAY(&d, "a ENABLE UTF8=ACCEPT", "* ENABLED UTF8=ACCEPT\na OK Done");
    CHECK(str_starts(chat_say(&d.chat, "a APPEND INBOX {9+}\r\nX: \xc3\xbc\r\n\r\n\r\n"), STR("a OK ")));
    door_close(&d);
    door_open_with(w, &d, "", settings_with(STR("imap_append_8bit no\n")), "UTF8=ACCEPT");
    CHECK(str_starts(chat_say(&d.chat, "a APPEND INBOX {9+}\r\nX: \xc3\xbc\r\n\r\n\r\n"), STR("a OK ")));
    door_close(&d);
}
TEST(who_has_not_enabled_utf8_sends_headers_of_7_bits)
{
    in_world(1, body_headers_of_7_bits);
}
