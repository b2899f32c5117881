#include "help.h"

#include "imap/id.c"

TEST(what_a_client_says_of_itself)
{
    struct imap_withheld w = {0};
    struct memory m;

    PARSES(m, " NIL", imap_id_parse(&m.lx, STR("name=x: MOVE; vendor=*: IDLE"), &w))
    {
    }
    PARSES(m, " (\"name\" \"x\" \"version\" NIL)", imap_id_parse(&m.lx, STR("name=x: MOVE; vendor=*: IDLE"), &w))
    {
        CHECK(imap_is_withheld(&w, STR("MOVE")) && !imap_is_withheld(&w, STR("IDLE")));
        w = (struct imap_withheld){0};
    }
    PARSES(m, " ()", imap_id_parse(&m.lx, STR("name=x: MOVE; vendor=*: IDLE"), &w))
    {
    }
    REFUSES(m, "", imap_id_parse(&m.lx, STR("name=x: MOVE; vendor=*: IDLE"), &w), ST_SYNTAX);
    REFUSES(m, " (\"name\")", imap_id_parse(&m.lx, STR("name=x: MOVE; vendor=*: IDLE"), &w), ST_SYNTAX);
    REFUSES(m, " (name x)", imap_id_parse(&m.lx, STR("name=x: MOVE; vendor=*: IDLE"), &w), ST_SYNTAX);
}
