#include "help.h"

#include "imap/cmd_sort.c"

TEST(arguments)
{
    struct memory m;
    struct sort s;

    PARSES(m, " (SUBJECT reverse Date subject) UTF-8 SEEN", sort_parse(&m.lx, &s))
    {
        CHECK_U64(s.n_keys, 2);
        CHECK(s.keys[0].by == SORT_SUBJECT && !s.keys[0].reverse);
        CHECK(s.keys[1].by == SORT_DATE && s.keys[1].reverse);
        CHECK(s.search.returns == 0 && s.search.key->what == SEARCH_FLAG);
    }
    PARSES(m, " RETURN (MIN COUNT) (ARRIVAL CC DATE FROM SIZE SUBJECT TO DISPLAYFROM DISPLAYTO) {5+}\r\nUTF-8 (SEEN)",
           sort_parse(&m.lx, &s))
    {
        CHECK_U64(s.n_keys, SORT_COUNT);
        CHECK_U64(s.search.returns, RETURN_MIN | RETURN_COUNT);
    }
    REFUSES(m, " () UTF-8 ALL", sort_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " (X) UTF-8 ALL", sort_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " (REVERSE) UTF-8 ALL", sort_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " (DATE REVERSE REVERSE CC) UTF-8 ALL", sort_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " (DATE)UTF-8 ALL", sort_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " (DATE) UTF-8 ", sort_parse(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, " RETURN (SAVE) (DATE) X-NONE ALL", sort_parse(&m.lx, &s), ST_DENIED);
    CHECK(s.search.bad_charset && s.search.returns == RETURN_SAVE);
}
