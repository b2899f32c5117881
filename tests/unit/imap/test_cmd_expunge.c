#include "help.h"

#include "imap/cmd_expunge.c"

TEST(a_set_only_in_the_uid_form)
{
    struct expunge e;
    struct memory m;

    PARSES(m, " 3:5", expunge_parse(&m.lx, true, &e))
    CHECK_U64(e.set.n, 1);
    REFUSES(m, " 3:5", expunge_parse(&m.lx, false, &e), ST_SYNTAX);
    REFUSES(m, "", expunge_parse(&m.lx, true, &e), ST_SYNTAX);
}
