#include "help.h"
#include "world.h"

#include "imap/metadata.c"

TEST(names)
{
    struct imap_entry e;
    struct memory m;

    PARSES(m, "/Shared/Comment", imap_lex_entry(&m.lx, &e))
    {
        CHECK_STR(e.sent, STR("/Shared/Comment"));
        CHECK_STR(e.name, STR("/comment"));
        CHECK(!e.is_private && imap_entry_is_whole(&e));
    }
    PARSES(m, "\"/private/vendor/x/a b\"", imap_lex_entry(&m.lx, &e))
    CHECK(e.is_private && imap_entry_is_whole(&e));
    PARSES(m, "/private", imap_lex_entry(&m.lx, &e))
    CHECK(e.name.n == 0 && !imap_entry_is_whole(&e));
    PARSES(m, "/private/vendor/x", imap_lex_entry(&m.lx, &e))
    CHECK(!imap_entry_is_whole(&e));
    PARSES(m, "/private/vendors", imap_lex_entry(&m.lx, &e))
    CHECK(imap_entry_is_whole(&e));
    REFUSES(m, "/privately/x", imap_lex_entry(&m.lx, &e), ST_SYNTAX);
    REFUSES(m, "/other/x", imap_lex_entry(&m.lx, &e), ST_SYNTAX);
    REFUSES(m, "private/x", imap_lex_entry(&m.lx, &e), ST_SYNTAX);
    REFUSES(m, "/private/", imap_lex_entry(&m.lx, &e), ST_SYNTAX);
    REFUSES(m, "/private//x", imap_lex_entry(&m.lx, &e), ST_SYNTAX);
    REFUSES(m, "\"/private/a*\"", imap_lex_entry(&m.lx, &e), ST_SYNTAX);
    REFUSES(m, "\"/private/a%\"", imap_lex_entry(&m.lx, &e), ST_SYNTAX);
    REFUSES(m, "\"/private/\xc3\xa4\"", imap_lex_entry(&m.lx, &e), ST_SYNTAX);
    REFUSES(m, "\"/private/a\tb\"", imap_lex_entry(&m.lx, &e), ST_SYNTAX);
    REFUSES(m, "\"\"", imap_lex_entry(&m.lx, &e), ST_SYNTAX);
}

TEST(depths)
{
    const struct note n = {.name = STR("/a/b/c")};

    CHECK_U64(depth_below(&(struct imap_entry){.name = STR("/a/b/c")}, &n), 0);
    CHECK_U64(depth_below(&(struct imap_entry){.name = STR("/a/b")}, &n), 1);
    CHECK_U64(depth_below(&(struct imap_entry){.name = STR("/a")}, &n), 2);
    CHECK_U64(depth_below(&(struct imap_entry){.name = STR("")}, &n), 3);
    CHECK_U64(depth_below(&(struct imap_entry){.name = STR("/a/b/cd")}, &n), UINT32_MAX);
    CHECK_U64(depth_below(&(struct imap_entry){.name = STR("/a/")}, &n), UINT32_MAX);
    CHECK_U64(depth_below(&(struct imap_entry){.name = STR("/a"), .is_private = true}, &n), UINT32_MAX);
}

static void body_told(struct world *w)
{
    struct door d, other;

    door_open(w, &d, "");
    door_open(w, &other, "");
    SAY(&d, "a ENABLE METADATA", "* ENABLED METADATA\na OK Done");
    SAY(&other, "a SETMETADATA INBOX (/Private/A \"1\" /shared/b {2+}\r\n\r\n)", "a OK Done");
    SAY(&other, "a SETMETADATA \"\" (/private/c NIL)", "a OK Done");
    SAY(&d, "a NOOP", "* METADATA INBOX /private/a\n* METADATA INBOX /shared/b\n* METADATA \"\" /private/c\na OK Done");
    SAY(&d, "a SETMETADATA INBOX (/private/a \"2\")", "a OK Done");
    SAY(&d, "a NOOP", "a OK Done");
    chat_send(&d.chat, "b IDLE\r\n");
    CHECK_STR(chat_read(&d.chat, "+"), STR("+ idling\n"));
    SAY(&other, "a SETMETADATA INBOX (/private/a \"3\")", "a OK Done");
    CHECK_STR(chat_read(&d.chat, "*"), STR("* METADATA INBOX /private/a\n"));
    chat_send(&d.chat, "DONE\r\n");
    CHECK_STR(chat_read(&d.chat, "b "), STR("b OK Done\n"));
    door_close(&other);
    door_close(&d);
}
TEST(changes_are_told)
{
    in_world(1, body_told);
}
