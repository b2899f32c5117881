#include "help.h"

#include "imap/cmd_append.c"

TEST(arguments_up_to_the_literal)
{
    struct append a = {0};
    struct memory m;

    PARSES(m, " (\\Seen x) \" 2-Jan-1970 01:00:00 +0100\" {310}", append_parse(&m.lx, &a))
    {
        CHECK_U64(a.flags.bits, MAIL_SEEN);
        CHECK_U64(a.flags.n_keywords, 1);
        CHECK_U64(a.internal_date_us, UINT64_C(86400000000));
        CHECK_U64(a.size, 310);
        CHECK(a.sync);
    }
    a = (struct append){0};
    PARSES(m, " {5+}", append_parse(&m.lx, &a))
    CHECK(a.size == 5 && !a.sync && a.internal_date_us == 0);
    REFUSES(m, "", append_parse(&m.lx, &a), ST_SYNTAX);
    REFUSES(m, " ()", append_parse(&m.lx, &a), ST_SYNTAX);
    REFUSES(m, " \"1-Jan-1970\" {5}", append_parse(&m.lx, &a), ST_SYNTAX);
    REFUSES(m, " \"text\"", append_parse(&m.lx, &a), ST_SYNTAX);
    REFUSES(m, " {5} x", append_parse(&m.lx, &a), ST_SYNTAX);
}
