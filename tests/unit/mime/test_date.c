#include "mime/date.c"

#include "test.h"

TEST(dates_of_letters)
{
    static const struct {
        struct str text;
        int64_t s; /* -1: refused */
        int zone;
    } cases[] = {
        {STR("Fri, 21 Nov 1997 09:55:06 -0600"), 880127706, -360}, /* RFC 5322 A.1.1 */
        {STR("Thu, 13 Feb 1969 23:32:54 -0330"), -27723426, -210}, /* A.5, without comments */
        {STR("Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n               -0330 (Newfoundland "
             "Time)"),
         -27723480, -210},
        {STR("21 Nov 97 09:55:06 GMT"), 880106106, 0},                             /* A.6.2 */
        {STR("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600"), 880127706, -360}, /* A.6.3 */
        {STR("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)"), 837595405, -420},
        {STR("Wed, 17 Jul 1996 02:23:25 PDT"), 837595405, -420},
        {STR("Wed, 17 Jul 1996 09:23:25 Z"), 837595405, 0},
        {STR("Wed, 17 Jul 1996 09:23:25"), 837595405, 0},
        {STR("Wed, 17 Jul 1996 09:23:25 +99"), 837595405, 0},
        {STR("17 Jul 1996 9:23"), 837595380, 0},
        {STR("17-Jul-1996 9:23"), 837595380, 0},
        {STR("17 July 96 9:23"), 837595380, 0},
        {STR("1 Jan 101 00:00"), 978307200, 0},
        {STR("29 Feb 2000 00:00:60 +0000"), 951782460, 0},
        {STR("31 Dec 1969 23:59:59 +0000"), -1000000, 0}, /* stands for one second before */
        {STR("29 Feb 2001 00:00:00 +0000"), INT64_MIN, 0},
        {STR("32 Jan 2001 00:00:00 +0000"), INT64_MIN, 0},
        {STR("1 Jan 2001 24:00:00 +0000"), INT64_MIN, 0},
        {STR("1 Foo 2001 00:00:00 +0000"), INT64_MIN, 0},
        {STR("1 Jan 1 00:00:00 +0000"), INT64_MIN, 0},
        {STR("1 Jan 99999 00:00:00 +0000"), INT64_MIN, 0},
        {STR("1 Jan 2001"), INT64_MIN, 0},
        {STR("yesterday"), INT64_MIN, 0},
        {STR(""), INT64_MIN, 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct mime_date d = {77, 7};
        int64_t want = cases[i].s == -1000000 ? -1 : cases[i].s;

        if (want == INT64_MIN) {
            CHECK_ST(mime_date_parse(cases[i].text, &d), ST_SYNTAX);
            CHECK(d.wall_us == 77 && d.zone == 7);
            continue;
        }
        CHECK_ST(mime_date_parse(cases[i].text, &d), ST_OK);
        CHECK_U64(d.wall_us, want * 1000000);
        CHECK_U64(d.zone, cases[i].zone);
        for (size_t n = 0; n < cases[i].text.n; n++)
            if (mime_date_parse(str_n(cases[i].text.p, n), &d) == ST_OK)
                CHECK(n >= 12);
    }
}

TEST(imap_date_time_round_trip)
{
    static const struct str good[] = {STR("17-Jul-1996 02:44:25 -0700"), STR(" 1-Jan-1970 00:00:00 +0000"),
                                      STR("31-Dec-1969 23:59:59 +0000"), STR("29-Feb-2024 12:00:00 +1345")};
    static const struct str bad[] = {STR(" 01-Jan-1970 00:00:00 +0000"), STR("011-Jan-1970 00:00:00 +0000"),
                                     STR(" 1-Jan-1970 00:00:00 +000"),   STR("31-Feb-1970 00:00:00 +0000"),
                                     STR(" 1-Jan-1970 25:00:00 +0000"),  STR(" 1-Jan-1970 00:00:00 00000"),
                                     STR(" 1-Jan-1970 00:00:00 +0060"),  STR("")};
    struct arena a = ARENA_INIT;
    struct mime_date d;

    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        CHECK_ST(imap_datetime_parse(good[i], &d), ST_OK);
        CHECK_STR(imap_datetime_print(&a, d.wall_us, d.zone), good[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_ST(imap_datetime_parse(bad[i], &d), ST_SYNTAX);
    arena_fini(&a);
}

TEST(imap_date_time_of_one_digit_may_lack_its_space)
{
    struct mime_date d;

    CHECK_ST(imap_datetime_parse(STR("6-Jan-1970 00:00:00 +0000"), &d), ST_OK); /* imapflow */
    CHECK_U64((uint64_t)d.wall_us, UINT64_C(5 * 86400) * 1000000);
}

TEST(imap_dates_are_days)
{
    int64_t day = 5;

    CHECK_ST(imap_date_parse(STR("1-Feb-1994"), &day), ST_OK);
    CHECK_U64(day, 8797);
    CHECK_ST(imap_date_parse(STR("01-jan-1970"), &day), ST_OK);
    CHECK_U64(day, 0);
    CHECK_ST(imap_date_parse(STR("30-Feb-1994"), &day), ST_SYNTAX);
    CHECK_ST(imap_date_parse(STR("1-Feb-94"), &day), ST_SYNTAX);
    CHECK_ST(imap_date_parse(STR("1-Feb-1994 "), &day), ST_SYNTAX);
    CHECK_U64(mime_date_day(-1, 0), -1);
    CHECK_U64(mime_date_day(0, -60), -1);
    CHECK_U64(mime_date_day(86399000000, 60), 1);
}
