#include "help.h"

#include "imap/cmd_status.c"

TEST(items)
{
    struct status s;
    struct memory m;

    PARSES(m, " x (messages UNSEEN)", status_parse(&m.lx, &s))
    CHECK_U64(s.items, 1u << ITEM_messages | 1u << ITEM_unseen);
    REFUSES(m, " x ()", status_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " x (HIGHESTMODSEQ)", status_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " x MESSAGES", status_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " x (MESSAGES) y", status_parse(&m.lx, &s), ST_SYNTAX);
}
