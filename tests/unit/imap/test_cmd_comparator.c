#include "help.h"

#include "imap/cmd_comparator.c"

TEST(patterns)
{
    CHECK(is_wild_id(STR("i;unicode-casemap")) && is_wild_id(STR("*")) && is_wild_id(STR("i*;u*=1.0")));
    CHECK(!is_wild_id(STR("")) && !is_wild_id(STR("**")) && !is_wild_id(STR("1;x")) && !is_wild_id(STR("i;a b")));
}

TEST(the_first_that_is_there_wins)
{
    struct comparator cm;
    struct memory m;

    PARSES(m, "", comparator_parse(&m.lx, &cm))
    CHECK(cm.asks && !cm.found);
    PARSES(m, " x -i;* i;*", comparator_parse(&m.lx, &cm))
    CHECK(!cm.asks && cm.found && cm.down);
    PARSES(m, " \"+default\" -i;*", comparator_parse(&m.lx, &cm))
    CHECK(cm.found && !cm.down);
    PARSES(m, " i;octet", comparator_parse(&m.lx, &cm))
    CHECK(!cm.asks && !cm.found);
    REFUSES(m, " \"\"", comparator_parse(&m.lx, &cm), ST_SYNTAX);
    REFUSES(m, " -", comparator_parse(&m.lx, &cm), ST_SYNTAX);
    REFUSES(m, " i;octet (", comparator_parse(&m.lx, &cm), ST_SYNTAX);
}
