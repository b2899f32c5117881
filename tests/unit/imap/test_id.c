#include "help.h"

#include "imap/id.c"

TEST(what_a_client_says_of_itself)
{
    struct memory m;

    PARSES(m, " NIL", imap_id_parse(&m.lx))
    {
    }
    PARSES(m, " (\"name\" \"x\" \"version\" NIL)", imap_id_parse(&m.lx))
    {
    }
    PARSES(m, " ()", imap_id_parse(&m.lx))
    {
    }
    REFUSES(m, "", imap_id_parse(&m.lx), ST_SYNTAX);
    REFUSES(m, " (\"name\")", imap_id_parse(&m.lx), ST_SYNTAX);
    REFUSES(m, " (name x)", imap_id_parse(&m.lx), ST_SYNTAX);
}
