#include "help.h"

#include "imap/cmd_select.c"

TEST(names)
{
    struct select s;
    struct memory m;

    PARSES(m, " inbox", select_parse(&m.lx, &s))
    CHECK_STR(s.name, STR("INBOX"));
    CHECK(!s.condstore);
    PARSES(m, " \"a b\" (condstore)", select_parse(&m.lx, &s))
    {
        CHECK_STR(s.name, STR("a b"));
        CHECK(s.condstore);
    }
    REFUSES(m, " a ()", select_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " a (CONDSTORE CONDSTORE)", select_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " a (OTHER)", select_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " a CONDSTORE", select_parse(&m.lx, &s), ST_SYNTAX);
}
