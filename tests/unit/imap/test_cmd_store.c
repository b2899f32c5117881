#include "help.h"

#include "imap/cmd_store.c"

TEST(changes)
{
    struct store_args a;
    struct memory m;

    PARSES(m, " 1:3 +flags.silent (\\Seen)", store_parse(&m.lx, &a))
    {
        CHECK(a.change.how == FLAGS_ADD && a.silent);
        CHECK_U64(a.change.flags, MAIL_SEEN);
    }
    CHECK_ST(memory_begin(&m, STR(" 1 FLAGS \\Deleted work\r\n")), ST_OK);
    CHECK_ST(store_parse(&m.lx, &a), ST_OK);
    CHECK(a.change.how == FLAGS_SET && !a.silent && a.change.n_keywords == 1);
    memory_end(&m);
    PARSES(m, " 1 -FLAGS ()", store_parse(&m.lx, &a))
    CHECK(a.change.how == FLAGS_REMOVE && a.change.flags == 0);
    REFUSES(m, " 1 FLAG (x)", store_parse(&m.lx, &a), ST_SYNTAX);
    REFUSES(m, " 1 FLAGS.SILENTLY (x)", store_parse(&m.lx, &a), ST_SYNTAX);
    PARSES(m, " 1,3:* (unchangedsince 9223372036854775807) -FLAGS.SILENT (x)", store_parse(&m.lx, &a))
    {
        CHECK(a.change.is_conditional && a.silent && a.change.how == FLAGS_REMOVE);
        CHECK_U64(a.change.unchanged_since, INT64_MAX);
    }
    REFUSES(m, " 1 (UNCHANGEDSINCE 9223372036854775808) FLAGS (x)", store_parse(&m.lx, &a), ST_SYNTAX);
    REFUSES(m, " 1 (UNCHANGEDSINCE) FLAGS (x)", store_parse(&m.lx, &a), ST_SYNTAX);
    REFUSES(m, " 1 (UNCHANGEDSINCE 5 UNCHANGEDSINCE 5) FLAGS (x)", store_parse(&m.lx, &a), ST_SYNTAX);
    REFUSES(m, " 1 (UNCHANGEDSINCE 5)FLAGS (x)", store_parse(&m.lx, &a), ST_SYNTAX);
    REFUSES(m, " 1 (X 5) FLAGS (x)", store_parse(&m.lx, &a), ST_SYNTAX);
    REFUSES(m, " 1 () FLAGS (x)", store_parse(&m.lx, &a), ST_SYNTAX);
    REFUSES(m, " FLAGS (x)", store_parse(&m.lx, &a), ST_SYNTAX);
}
