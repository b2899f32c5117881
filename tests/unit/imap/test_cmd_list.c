#include "help.h"

#include "imap/cmd_list.c"

TEST(references_and_patterns)
{
    struct list_args l;
    struct memory m;

    CHECK_ST(memory_begin(&m, STR(" \"\" %/*\r\n")), ST_OK);
    CHECK_ST(list_parse(&m.lx, &l), ST_OK);
    CHECK_U64(l.reference.n, 0);
    CHECK_STR(l.pattern, STR("%/*"));
    memory_end(&m);
    REFUSES(m, " \"\"", list_parse(&m.lx, &l), ST_SYNTAX);
    REFUSES(m, " a* b", list_parse(&m.lx, &l), ST_SYNTAX);
    REFUSES(m, " (SUBSCRIBED) \"\" *", list_parse(&m.lx, &l), ST_SYNTAX);
}
