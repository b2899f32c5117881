#include "help.h"
#include "world.h"

#include "imap/cmd_metadata.c"

TEST(getmetadata_arguments)
{
    struct getmetadata g;
    struct memory m;

    PARSES(m, " \"\" /shared/comment", getmetadata_parse(&m.lx, &g))
    {
        CHECK(g.mailbox.n == 0 && g.query.n == 1 && g.query.max_size == UINT32_MAX && g.query.depth == 0);
    }
    PARSES(m, " (MAXSIZE 5 depth 1) x (/shared/a /private/b)", getmetadata_parse(&m.lx, &g))
    {
        CHECK(g.query.n == 2 && g.query.max_size == 5 && g.query.depth == 1);
    }
    PARSES(m, " x (DEPTH infinity) (/shared)", getmetadata_parse(&m.lx, &g))
    {
        CHECK(g.query.n == 1 && g.query.depth == UINT32_MAX);
    }
    CHECK_ST(memory_begin(&m, STR(" x /shared/a /shared/b\r\n")), ST_OK); /* as the RFC's examples have it */
    CHECK_ST(getmetadata_parse(&m.lx, &g), ST_OK);
    CHECK(g.query.n == 2);
    memory_end(&m);
    REFUSES(m, " x (DEPTH 2) /shared/a", getmetadata_parse(&m.lx, &g), ST_SYNTAX);
    REFUSES(m, " x (DEPTH) /shared/a", getmetadata_parse(&m.lx, &g), ST_SYNTAX);
    REFUSES(m, " x (FAR 1) /shared/a", getmetadata_parse(&m.lx, &g), ST_SYNTAX);
    REFUSES(m, " x ()", getmetadata_parse(&m.lx, &g), ST_SYNTAX);
    REFUSES(m, " x (/shared/a", getmetadata_parse(&m.lx, &g), ST_SYNTAX);
    REFUSES(m, " x", getmetadata_parse(&m.lx, &g), ST_SYNTAX);
}

TEST(setmetadata_arguments)
{
    struct setmetadata s;
    struct memory m;

    PARSES(m, " x (/private/a NIL /Shared/A \"\" /private/A ~{1+}\r\n\0)", setmetadata_parse(&m.lx, &s))
    {
        CHECK_U64(s.change.n, 2);
        CHECK_STR(s.notes[0].value, str_n("", 1)); /* the last one counts */
        CHECK(s.notes[1].value.p != NULL && s.notes[1].value.n == 0);
    }
    PARSES(m, " x (/private/specialuse \"\\\\Sent\")", setmetadata_parse(&m.lx, &s))
    {
        CHECK(s.change.sets_use && s.change.n == 0);
        CHECK_STR(s.use, STR("\\Sent"));
    }
    REFUSES(m, " x ()", setmetadata_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " x (/private/a)", setmetadata_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " x (/private/a b)", setmetadata_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " x (/private/vendor/a \"b\")", setmetadata_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " x /private/a \"b\"", setmetadata_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " x (/private/a {131073}", setmetadata_parse(&m.lx, &s), ST_LIMIT);
    CHECK(s.too_large);
}

static void body_commands(struct world *w)
{
    struct door d;

    door_open(w, &d, "");
    SAY(&d, "a SETMETADATA INBOX (/private/comment \"one\" /shared/comment \"ours\" /private/vendor/x/y \"two\")",
        "a OK Done");
    SAY(&d, "a GETMETADATA inbox /Private/Comment", "* METADATA INBOX (/Private/Comment \"one\")\na OK Done");
    SAY(&d, "a GETMETADATA INBOX (/private/comment /private/none)",
        "* METADATA INBOX (/private/comment \"one\" /private/none NIL)\na OK Done");
    SAY(&d, "a GETMETADATA (DEPTH 1) INBOX (/private /private/comment)",
        "* METADATA INBOX (/private/comment \"one\")\na OK Done");
    SAY(&d, "a GETMETADATA INBOX (DEPTH infinity) /private",
        "* METADATA INBOX (/private/comment \"one\" /private/vendor/x/y \"two\")\na OK Done");
    SAY(&d, "a GETMETADATA INBOX (MAXSIZE 3) (/private/comment /shared/comment)",
        "* METADATA INBOX (/private/comment \"one\")\na OK [METADATA LONGENTRIES 4] Done");
    SAY(&d, "a GETMETADATA INBOX (MAXSIZE 0) /private/comment", "a OK [METADATA LONGENTRIES 3] Done");
    SAY(&d, "a GETMETADATA INBOX (DEPTH 1) /private/none", "a OK Done");
    SAY(&d, "a GETMETADATA nowhere /private/comment", "a NO [NONEXISTENT] no such mailbox");
    SAY(&d, "a SETMETADATA nowhere (/private/comment \"x\")", "a NO [NONEXISTENT] no such mailbox");
    SAY(&d, "a SETMETADATA \"\" (/private/x \"1\" /shared/comment \"x\")",
        "a NO [NOPERM] Shared entries of the server can't be changed");
    SAY(&d, "a GETMETADATA \"\" (/private/x /shared/admin)",
        "* METADATA \"\" (/private/x NIL /shared/admin NIL)\na OK Done");
    SAY(&d, "a SETMETADATA INBOX (/private/comment {131073}", "a NO [METADATA MAXSIZE 65536] Literal too long");
    door_close(&d);
}
TEST(commands)
{
    in_world(1, body_commands);
}

static void body_special(struct world *w)
{
    struct door d;

    door_open(w, &d, "");
    SAY(&d, "a GETMETADATA Sent /private/specialuse", "* METADATA Sent (/private/specialuse \"\\\\Sent\")\na OK Done");
    SAY(&d, "a GETMETADATA INBOX /private/specialuse", "* METADATA INBOX (/private/specialuse NIL)\na OK Done");
    SAY(&d, "a SETMETADATA Archive (/private/comment \"x\" /private/specialuse \"\\\\Sent\")",
        "a NO [USEATTR] another mailbox has that use");
    SAY(&d, "a SETMETADATA Archive (/private/specialuse \"\\\\Important\")",
        "a NO [USEATTR] A mailbox can't have that use here");
    SAY(&d, "a GETMETADATA Archive /private/comment", "* METADATA Archive (/private/comment NIL)\na OK Done");
    SAY(&d, "a SETMETADATA Sent (/private/specialuse NIL)", "a OK Done");
    SAY(&d, "a SETMETADATA Archive (/private/specialuse \"\\\\Sent\")", "a OK Done");
    SAY(&d, "a LIST \"\" Archive", "* LIST (\\HasNoChildren \\Sent) \"/\" Archive\na OK Done");
    door_close(&d);
}
TEST(special_uses)
{
    in_world(1, body_special);
}
