#include "base/envelope.c"

#include "test.h"

#define NOW 1700000000000000u

TEST(priorities)
{
    static const char *const bad[] = {"", "-", "-0", "00", "+3", "10", "-10", "3 ", " 3", "a", "1.0", "--1"};
    int p = 99;

    for (int i = -9; i <= 9; i++) {
        char text[8];

        snprintf(text, sizeof text, "%d", i);
        CHECK_ST(priority_parse(str_z(text), &p), ST_OK);
        CHECK(p == i);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_ST(priority_parse(str_z(bad[i]), &p), ST_SYNTAX);
    CHECK(p == 9);
}

TEST(a_level_is_worth_an_hour)
{
    CHECK(priority_rank_us(1, NOW) < priority_rank_us(0, NOW - 3599000000) &&
          priority_rank_us(1, NOW) > priority_rank_us(0, NOW - 3601000000));
    CHECK(priority_rank_us(9, 0) < 0 && priority_rank_us(-9, 0) > 0);
}

TEST(deliver_by_values)
{
    static const struct {
        const char *text;
        int64_t s;
        bool returns, traces;
    } good[] = {{"120;R", 120, true, false},
                {"+120;rT", 120, true, true},
                {"0;N", 0, false, false},
                {"-22;NT", -22, false, true},
                {"999999999;N", 999999999, 0, false},
                {"-999999999;n", -999999999, 0, false},
                {"000000001;R", 1, true, false},
                {"-0;N", 0, false, false}};
    static const char *const bad[] = {"",          ";",     "120",   ";R",           "120;",  "120;X",        "120;RN",
                                      "120;RTT",   "120;T", "0;R",   "-1;R",         "+0;R",  "--1;N",        "+;N",
                                      "1 ;N",      "1;R ",  "1;R;T", "1000000000;N", "0x1;N", "0000000001;N", "1,2;N",
                                      "\xc2\xb2;N"};
    struct arena a = ARENA_INIT;
    struct deliver_by by, got;

    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct str text = str_z(good[i].text);

        CHECK_ST(deliver_by_parse(text, NOW, &by), ST_OK);
        CHECK(by.returns == good[i].returns && by.traces == good[i].traces && deliver_by_left_s(&by, NOW) == good[i].s);
        CHECK_ST(deliver_by_get(deliver_by_put(&a, &by), &got), ST_OK);
        CHECK(got.at_us == by.at_us && got.returns == by.returns && got.traces == by.traces);
        for (size_t cut = 0; cut < text.n; cut++) /* what is short is none, or another one, but with a mode */
            if (deliver_by_parse(str_sub(text, 0, cut), NOW, &got) == ST_OK)
                CHECK(str_find(str_sub(text, 0, cut), ';') < cut - 1);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        got.at_us = 5;
        CHECK_ST(deliver_by_parse(str_z(bad[i]), NOW, &got), ST_SYNTAX);
        CHECK_U64(got.at_us, 5);
    }
    CHECK_ST(deliver_by_get(STR("0;R"), &got), ST_SYNTAX);
    CHECK_ST(deliver_by_get(STR("99999999999999999999;R"), &got), ST_SYNTAX);
    CHECK_ST(deliver_by_get(STR("5"), &got), ST_SYNTAX);
    CHECK_ST(deliver_by_parse(STR("-5;N"), 1000000, &by), ST_OK);
    CHECK_U64(by.at_us, 1); /* a clock that is far off */
    arena_fini(&a);
}

TEST(what_is_left_of_a_time)
{
    const struct deliver_by by = {.at_us = NOW};

    CHECK(deliver_by_left_s(&by, NOW - 2999999) == 2 && deliver_by_left_s(&by, NOW - 1) == 0);
    CHECK(deliver_by_left_s(&by, NOW) == 0 && deliver_by_left_s(&by, NOW + 1) == -1 &&
          deliver_by_left_s(&by, NOW + 1000001) == -2);
    CHECK(deliver_by_left_s(&(struct deliver_by){.at_us = INT64_MAX}, NOW) == DELIVER_BY_MOST_S &&
          deliver_by_left_s(&(struct deliver_by){.at_us = 1}, NOW) == -DELIVER_BY_MOST_S);
}

TEST(hold_values)
{
    static const char *const bad_for[] = {"", "0", "01", "1000000000", "-1", "+1", "1s", "1 "};
    static const struct {
        const char *text;
        uint64_t s;
    } good[] = {{"2026-12-24T18:00:00Z", 1798135200},      {"1970-01-01t00:00:01z", 1},
                {"2024-02-29T23:59:59+00:00", 1709251199}, {"2016-12-31T23:59:60Z", 1483228800},
                {"2026-12-24T18:00:00.000Z", 1798135200},  {"2026-12-24T18:00:00.001-00:00", 1798135201}};
    static const char *const bad[] = {"",
                                      "2026-12-24",
                                      "2026-12-24T18:00Z",
                                      "2026-12-24 18:00:00Z",
                                      "2026-02-29T00:00:00Z",
                                      "2026-13-01T00:00:00Z",
                                      "2026-00-01T00:00:00Z",
                                      "2026-12-32T00:00:00Z",
                                      "2026-12-24T24:00:00Z",
                                      "2026-12-24T18:60:00Z",
                                      "2026-12-24T18:00:61Z",
                                      "2026-12-24T18:00:60Z",
                                      "2026-12-24T18:00:00",
                                      "2026-12-24T18:00:00.Z",
                                      "2026-12-24T18:00:00+01:00",
                                      "2026-12-24T18:00:00ZZ",
                                      "-2026-12-24T18:00:00Z",
                                      "+026-12-24T18:00:00Z",
                                      "1969-12-31T23:59:59Z"};
    uint64_t v = 7;

    CHECK_ST(hold_for_parse(STR("999999999"), &v), ST_OK);
    CHECK_U64(v, 999999999);
    for (size_t i = 0; i < ARRAY_LEN(bad_for); i++)
        CHECK_ST(hold_for_parse(str_z(bad_for[i]), &v), ST_SYNTAX);
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct str text = str_z(good[i].text);

        CHECK_ST(hold_until_parse(text, &v), ST_OK);
        CHECK_U64(v, good[i].s * 1000000);
        for (size_t cut = 0; cut < text.n; cut++)
            CHECK_ST(hold_until_parse(str_sub(text, 0, cut), &v), ST_SYNTAX);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_ST(hold_until_parse(str_z(bad[i]), &v), ST_SYNTAX);
}
