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

TEST(special_uses)
{
    enum mail_use use = MAIL_USE_NONE;
    struct create cr;
    struct memory m;

    PARSES(m, " a (use (\\sent))", create_parse(&m.lx, &cr))
    {
        CHECK_STR(cr.name, STR("a"));
        CHECK_ST(one_use(cr.uses, &use), ST_OK);
        CHECK(use == MAIL_USE_SENT);
    }
    CHECK_ST(memory_begin(&m, STR(" a (USE ())\r\n")), ST_OK);
    CHECK_ST(create_parse(&m.lx, &cr), ST_OK);
    CHECK_ST(one_use(cr.uses, &use), ST_OK);
    CHECK(use == MAIL_USE_NONE);
    memory_end(&m);
    CHECK_ST(one_use(1u << MAIL_USE_SENT | 1u << MAIL_USE_JUNK, &use), ST_DENIED);
    CHECK_ST(one_use(1u << MAIL_USE_ALL, &use), ST_DENIED);
    CHECK_ST(one_use(use_bit(STR("Unheard")), &use), ST_DENIED);
    REFUSES(m, " a (USE)", create_parse(&m.lx, &cr), ST_SYNTAX);
    REFUSES(m, " a (USE (Sent))", create_parse(&m.lx, &cr), ST_SYNTAX);
    REFUSES(m, " a (SIZE 1)", create_parse(&m.lx, &cr), ST_SYNTAX);
    REFUSES(m, " a (USE (\\Sent)) b", create_parse(&m.lx, &cr), ST_SYNTAX);
}
