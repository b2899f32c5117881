#include "help.h"

#include "imap/language.c"

TEST(ranges)
{
    static const struct {
        struct str range;
        bool good;
        size_t found;
    } rows[] = {
        {STR("en"), true, 0},
        {STR("EN-gb"), true, 0},
        {STR("en-x-a-b"), true, 0},
        {STR("i-default"), true, 1},
        {STR("I-DEFAULT-x"), true, 1},
        {STR("i-klingon"), true, 2},
        {STR("*"), true, 2},
        {STR("mul"), true, 2},
        {STR("a"), true, 2},
        {STR("x-en"), true, 2},
        {STR("abcdefgh-12345678"), true, 2},
        {STR("abcdefghi"), false, 2},
        {STR("e1"), false, 2},
        {STR("en-"), false, 0},
        {STR("-en"), false, 2},
        {STR("en--x"), false, 0},
        {STR(""), false, 2},
        {STR("en us"), false, 2},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK(is_range(rows[i].range) == rows[i].good);
        if (rows[i].good)
            CHECK_U64(look_up(rows[i].range), rows[i].found);
    }
}

TEST(arguments)
{
    struct memory m;
    size_t found;
    bool asks;

    PARSES(m, "", language_parse(&m.lx, &asks, &found))
    CHECK(asks);
    PARSES(m, " fr \"en-US\" i-default", language_parse(&m.lx, &asks, &found))
    CHECK(!asks && found == 0);
    PARSES(m, " * fr", language_parse(&m.lx, &asks, &found))
    CHECK(!asks && found == PREFERRED);
    PARSES(m, " fr", language_parse(&m.lx, &asks, &found))
    CHECK(found == ARRAY_LEN(languages));
    REFUSES(m, " (en)", language_parse(&m.lx, &asks, &found), ST_SYNTAX);
}
