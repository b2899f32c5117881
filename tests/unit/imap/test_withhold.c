#include "test.h"

#include "imap/withhold.c"

static struct imap_withheld without(const char *names)
{
    struct imap_withheld w = {0};

    imap_withhold(&w, str_z(names));
    return w;
}

TEST(names_and_what_needs_them)
{
    struct imap_withheld w = without(" move, uidplus  X-UNHEARD,IMAP4rev1");
    struct arena a = ARENA_INIT;

    CHECK(imap_is_withheld(&w, STR("MOVE")) && imap_is_withheld(&w, STR("uidplus")));
    CHECK(!imap_is_withheld(&w, STR("IDLE")) && !imap_is_withheld(&w, STR("IMAP4rev1")));
    CHECK(imap_is_withheld(&w, STR("IMAP4rev2")));
    CHECK(!imap_is_withheld(NULL, STR("MOVE")));
    CHECK_STR(imap_withheld_names(&a, &w), STR("IMAP4rev2 UIDPLUS MOVE"));
    w = without("");
    CHECK_STR(imap_withheld_names(&a, &w), STR(""));
    w = without("ESEARCH");
    CHECK(imap_is_withheld(&w, STR("SEARCHRES")) && imap_is_withheld(&w, STR("MULTISEARCH")));
    CHECK(!imap_is_withheld(&w, STR("SORT")));
    w = without("LITERAL+");
    CHECK(!imap_is_withheld(&w, STR("LITERAL-")) && !imap_is_withheld(&w, STR("IMAP4rev2")));
    arena_fini(&a);
}

TEST(all_names_fit_and_come_back)
{
    struct imap_withheld all = {0}, again = {0};
    struct arena a = ARENA_INIT;
    struct str names;

    for (size_t i = 0; i < ARRAY_LEN(caps); i++)
        imap_withhold(&all, caps[i].name);
    names = imap_withheld_names(&a, &all);
    CHECK(names.n < IMAP_WITHHELD_TEXT);
    imap_withhold(&again, names);
    CHECK(memcmp(&all, &again, sizeof all) == 0);
    for (size_t i = 0; i < ARRAY_LEN(needs); i++) {
        CHECK(find(needs[i].name) < ARRAY_LEN(caps) || str_eq(needs[i].name, STR("QRESYNC")));
        CHECK(find(needs[i].other) < ARRAY_LEN(caps));
    }
    arena_fini(&a);
}

TEST(rows_belong_to_their_rfc)
{
    struct imap_withheld w = without("SAVEDATE SORT THREAD=REFERENCES");

    CHECK(imap_row_is_withheld(&w, STR("RFC 8514 4.2")));
    CHECK(!imap_row_is_withheld(&w, STR("RFC 3501 6.4.5")));
    CHECK(!imap_row_is_withheld(&w, STR("RFC 5256 3"))); /* THREAD=ORDEREDSUBJECT is left */
    CHECK(imap_row_is_withheld(&w, STR("RFC 5957 4")));  /* needs SORT */
    CHECK(!imap_row_is_withheld(&w, STR("RFC 9999 1")));
    CHECK(!imap_row_is_withheld(NULL, STR("RFC 8514 4.2")));
    CHECK(imap_command_is_withheld(&w, STR("SORT"), STR("RFC 5256 3")));
    CHECK(!imap_command_is_withheld(&w, STR("THREAD=REFERENCES"), STR("RFC 5256 3")));
    w = without("UIDPLUS SPECIAL-USE");
    CHECK(!imap_command_is_withheld(&w, STR("UIDPLUS"), STR("RFC 3501 6.4.3")));
    CHECK(!imap_command_is_withheld(&w, STR("SPECIAL-USE"), STR("RFC 3501 6.3.8")));
}

TEST(rules_over_what_clients_say)
{
    static const struct {
        const char *rules, *field, *value;
        bool meant;
    } rows[] = {
        {"name=Some*: MOVE", "NAME", "something", true},
        {"name=Some*: MOVE", "vendor", "Something", false},
        {"name=Some: MOVE", "name", "Something", false},
        {" ; name = *thing : MOVE ;", "name", "Something", true},
        {"name=*o*t*n*: MOVE", "name", "Something", true},
        {"name=*o*t*z*: MOVE", "name", "Something", false},
        {"name=*: MOVE", "name", "", true},
        {"name=a:b*: MOVE", "name", "a:bc", true},
        {"vendor=x: IDLE; name=*: MOVE", "name", "y", true},
        {"nonsense; name=y", "name", "y", false},
        {"", "name", "y", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct imap_withheld w = {0};

        imap_withhold_by_id(&w, str_z(rows[i].rules), str_z(rows[i].field), str_z(rows[i].value));
        if (imap_is_withheld(&w, STR("MOVE")) != rows[i].meant)
            CHECK_STR(str_z(rows[i].rules), STR("another outcome"));
    }
}

TEST(mistakes_are_told)
{
    CHECK_ST(imap_withhold_check(STR("MOVE,idle qresync")), find(STR("QRESYNC")) < ARRAY_LEN(caps) ? ST_OK : ST_SYNTAX);
    CHECK_ST(imap_withhold_check(STR("")), ST_OK);
    CHECK_ST(imap_withhold_check(STR("MOVE MOOVE")), ST_SYNTAX);
    CHECK(strstr(err_get()->text, "\"MOOVE\""));
    CHECK_ST(imap_withhold_check(STR("IMAP4rev1")), ST_SYNTAX);
    CHECK_ST(imap_withhold_check_rules(STR("name=a*: MOVE; vendor=b: IDLE ENABLE;")), ST_OK);
    CHECK_ST(imap_withhold_check_rules(STR("")), ST_OK);
    CHECK_ST(imap_withhold_check_rules(STR("name: MOVE")), ST_SYNTAX);
    CHECK_ST(imap_withhold_check_rules(STR("name=a")), ST_SYNTAX);
    CHECK_ST(imap_withhold_check_rules(STR("name=a:")), ST_SYNTAX);
    CHECK_ST(imap_withhold_check_rules(STR("=a: MOVE")), ST_SYNTAX);
    CHECK_ST(imap_withhold_check_rules(STR("name=a: MOOVE")), ST_SYNTAX);
}
