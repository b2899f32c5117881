#include "help.h"

#include "imap/cmd_enable.c"

TEST(unknown_features_are_passed_over)
{
    struct enable e;
    struct memory m;

    PARSES(m, " X", enable_parse(&m.lx, &e))
    CHECK_U64(e.features, 0);
    CHECK_ST(memory_begin(&m, STR(" X Y-Z\r\n")), ST_OK);
    CHECK_ST(enable_parse(&m.lx, &e), ST_OK);
    memory_end(&m);
    REFUSES(m, "", enable_parse(&m.lx, &e), ST_SYNTAX);
    REFUSES(m, " (X)", enable_parse(&m.lx, &e), ST_SYNTAX);
}
