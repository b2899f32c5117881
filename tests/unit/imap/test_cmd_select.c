#include "help.h"

#include "imap/cmd_select.c"

TEST(names)
{
    struct select s;
    struct memory m;

    PARSES(m, " inbox", select_parse(&m.lx, &s))
    CHECK_STR(s.name, STR("INBOX"));
    REFUSES(m, " a (CONDSTORE)", select_parse(&m.lx, &s), ST_SYNTAX);
}
