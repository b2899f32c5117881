#include "help.h"

#include "imap/cmd_status.c"

TEST(arguments)
{
    struct status s;
    struct memory m;

    PARSES(m, " x (messages UNSEEN)", status_parse(&m.lx, &s))
    {
        CHECK_STR(s.name, STR("x"));
    }
    REFUSES(m, " x MESSAGES", status_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " x (MESSAGES) y", status_parse(&m.lx, &s), ST_SYNTAX);
}
