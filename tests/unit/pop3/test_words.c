#include "pop3/words.c"

#include "test.h"

/* The conversions of a text, like "%u%llu%s". */
static void conversions(const char *text, char out[64])
{
    size_t n = 0;

    for (const char *p = strchr(text, '%'); p && n < 50; p = strchr(p + 1, '%'))
        for (out[n++] = '%', p++; strchr("lu", *p) || *p == 's'; p++) {
            out[n++] = *p;
            if (*p == 'u' || *p == 's')
                break;
        }
    out[n] = 0;
}

TEST(all_languages_convert_the_same)
{
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        char first[64], other[64];

        conversions(texts[i].text[0], first);
        for (size_t l = 1; l < POP3_LANGUAGES; l++) {
            conversions(texts[i].text[l], other);
            CHECK_STR(str_z(other), str_z(first));
        }
        CHECK(str_is_ascii(str_z(texts[i].text[POP3_EN]))); /* what is said before LANG (RFC 1939 section 3) */
        CHECK(strlen(texts[i].text[POP3_EN]) < 100);
    }
}

TEST(what_a_client_has_said_goes_along)
{
    struct arena a = ARENA_INIT;

    for (int i = 0; i < 4; i++) {
        struct pop3_said said = {.utf8 = i & 1, .lang = i & 2 ? POP3_ZH : POP3_EN}, got;

        pop3_said_get(pop3_said_put(&a, &said), &got);
        CHECK(got.utf8 == said.utf8 && got.lang == said.lang);
    }
    for (int i = 0; i < 2; i++) {
        struct pop3_said got;

        pop3_said_get(i ? STR("") : STR("nonsense of a gate"), &got);
        CHECK(!got.utf8 && got.lang == POP3_EN);
    }
    arena_fini(&a);
}

TEST(a_language_range_is_looked_up)
{
    enum pop3_lang l = POP3_EN;

    CHECK(find_language(STR("ZH-Hans-CN"), &l) && l == POP3_ZH);
    CHECK(find_language(STR("en-US"), &l) && l == POP3_EN);
    CHECK(!find_language(STR("e"), &l));
    CHECK(!find_language(STR("-"), &l));
    CHECK(!find_language(STR("zho"), &l));
}

TEST(words_that_are_no_commands_here)
{
    CHECK(pop3_unknown(STR("stat"), false) == POP3_TEXT_LOG_IN_FIRST);
    CHECK(pop3_unknown(STR("Stat"), true) == POP3_TEXT_UNKNOWN); /* it is one: nobody asks */
    CHECK(pop3_unknown(STR("pass"), true) == POP3_TEXT_IS_LOGGED_IN);
    CHECK(pop3_unknown(STR("last"), true) == POP3_TEXT_NO_LAST);
    CHECK(pop3_unknown(STR("apop"), false) == POP3_TEXT_NO_APOP);
    CHECK(pop3_unknown(STR(""), true) == POP3_TEXT_UNKNOWN);
}
