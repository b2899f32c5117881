#include "help.h"

#include "imap/cmd_create.c"

TEST(names)
{
    struct names n;
    struct memory m;

    PARSES(m, " a", names_parse(&m.lx, false, &n))
    {
        CHECK_STR(n.first, STR("a"));
    }
    CHECK_ST(memory_begin(&m, STR(" \"a\" b/c\r\n")), ST_OK);
    CHECK_ST(names_parse(&m.lx, true, &n), ST_OK);
    CHECK_STR(n.second, STR("b/c"));
    memory_end(&m);
    REFUSES(m, " a", names_parse(&m.lx, true, &n), ST_SYNTAX);
    REFUSES(m, " a b", names_parse(&m.lx, false, &n), ST_SYNTAX);
    REFUSES(m, "", names_parse(&m.lx, false, &n), ST_SYNTAX);
    CHECK_STR(without_slash(STR("a/")), STR("a"));
    CHECK_STR(without_slash(STR("/")), STR("/"));
}
