#include "transfer/letter.c"

#include "test.h"

#define BACK(text, lf) check_back(STR(text), STR(lf))

static void check_back(struct str text, struct str lf)
{
    struct buf a, b;

    buf_init(&a, 1000);
    buf_init(&b, 1000);
    letter_to_lf(text, &a);
    CHECK_STR(buf_str(&a), lf);
    letter_to_crlf(buf_str(&a), &b);
    CHECK_STR(buf_str(&b), text);
    buf_fini(&a);
    buf_fini(&b);
}

TEST(line_ends_become_short_and_long_again)
{
    BACK("", "");
    BACK("a", "a");
    BACK("\r\n", "\n");
    BACK("a\r\n\r\nb", "a\n\nb");
    BACK("a\rb\r\n", "a\rb\n");
    BACK("a\r\n\r", "a\n\r");
}

TEST(what_would_not_come_back_stays_as_it_is)
{
    BACK("a\r\r\nb\r\n", "a\r\r\nb\r\n");
    BACK("\r\r\n", "\r\r\n");
}

TEST(a_bare_line_feed_gets_its_carriage_return)
{
    struct buf b;

    buf_init(&b, 100);
    letter_to_crlf(STR("\na\r\nb\n\n"), &b);
    CHECK_STR(buf_str(&b), STR("\r\na\r\nb\r\n\r\n"));
    buf_fini(&b);
}

TEST(fields_are_found_in_the_header_only)
{
    CHECK_STR(letter_field(STR("A: 1\r\nsubject:  x \r\nSubject: y\r\n\r\nB: 2\r\n"), STR("Subject")), STR("x"));
    CHECK(letter_field(STR("A: 1\n\nB: 2\n"), STR("B")).n == 0);
    CHECK(letter_field(STR("B:"), STR("B")).n == 0);
    CHECK(letter_field(STR("AB: 2"), STR("B")).n == 0);
}

TEST(flags_are_letters_in_order)
{
    struct buf b;

    buf_init(&b, 100);
    letter_add_flags(LETTER_SEEN | LETTER_DRAFT | LETTER_DELETED | LETTER_ANSWERED | LETTER_FLAGGED, &b);
    CHECK_STR(buf_str(&b), STR("DFRST"));
    CHECK_U64(letter_flag_of('R'), LETTER_ANSWERED);
    CHECK_U64(letter_flag_of('x'), 0);
    CHECK_U64(letter_system_flag(STR("\\flagged")), LETTER_FLAGGED);
    CHECK_U64(letter_system_flag(STR("\\Recent")), 0);
    buf_fini(&b);
}
