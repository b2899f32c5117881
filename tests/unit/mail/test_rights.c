/* Rights as text: the examples of RFC 4314. */
#include "test.h"

#include "mail/rights.c"

static struct str there_and_back(struct arena *a, const char *text)
{
    uint32_t rights = 0;

    CHECK_ST(rights_read(str_z(text), &rights), ST_OK);
    return rights_text(a, rights);
}

TEST(rights_virtual_ones)
{
    struct arena a = ARENA_INIT;

    CHECK_STR(there_and_back(&a, ""), STR(""));
    CHECK_STR(there_and_back(&a, "lrs"), STR("lrs"));
    CHECK_STR(there_and_back(&a, "lrswida"), STR("lrswiteda")); /* section 2.1.1 */
    CHECK_STR(there_and_back(&a, "lrswikda"), STR("lrswiktecda"));
    CHECK_STR(there_and_back(&a, "c"), STR("kxc"));
    CHECK_STR(there_and_back(&a, "e"), STR("ed"));
    CHECK_STR(there_and_back(&a, "adcextkpiwsrl"), STR("lrswipkxtecda"));
    arena_fini(&a);
}

TEST(rights_unknown_ones)
{
    uint32_t rights = 77;

    CHECK_ST(rights_read(STR("lrQswicda"), &rights), ST_SYNTAX);
    CHECK_ST(rights_read(STR("lrqswicda"), &rights), ST_SYNTAX);
    CHECK_ST(rights_read(str_n("l\0", 2), &rights), ST_SYNTAX);
    CHECK_U64(rights, 77);
}

TEST(rights_are_changed)
{
    enum rights_how how;
    uint32_t by;

    CHECK_ST(rights_change_read(STR("+cda"), &how, &by), ST_OK);
    CHECK_U64(rights_changed(RIGHT_LOOKUP, how, by), RIGHT_LOOKUP | RIGHT_CREATE | RIGHT_REMOVE | RIGHT_DELETED |
                                                         RIGHT_EXPUNGE | RIGHT_ADMINISTER);
    CHECK_ST(rights_change_read(STR("-lr"), &how, &by), ST_OK);
    CHECK_U64(rights_changed(RIGHT_LOOKUP | RIGHT_SEEN, how, by), RIGHT_SEEN);
    CHECK_ST(rights_change_read(STR("r"), &how, &by), ST_OK);
    CHECK_U64(rights_changed(RIGHTS_ALL, how, by), RIGHT_READ);
    CHECK_ST(rights_change_read(STR(""), &how, &by), ST_OK);
    CHECK_U64(rights_changed(RIGHTS_ALL, how, by), 0);
    CHECK_ST(rights_change_read(STR("++l"), &how, &by), ST_SYNTAX);
}
