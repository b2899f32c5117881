#include "help.h"

#include "imap/partial.c"

static void check(struct imap_partial p, size_t n, size_t want_from, size_t want_n)
{
    size_t from, got;

    imap_partial_of(&p, n, &from, &got);
    CHECK_U64(got, want_n);
    CHECK(got == 0 || from == want_from);
}

TEST(ranges)
{
    struct imap_partial p;
    struct memory m;

    CHECK_ST(memory_begin(&m, STR("500:24 x\r\n")), ST_OK);
    CHECK_ST(imap_lex_partial(&m.lx, &p), ST_OK);
    CHECK(p.lo == 24 && p.hi == 500 && !p.from_last);
    CHECK_STR(p.text, STR("500:24"));
    memory_end(&m);
    CHECK_ST(memory_begin(&m, STR("-1:-100)\r\n")), ST_OK);
    CHECK_ST(imap_lex_partial(&m.lx, &p), ST_OK);
    CHECK(p.lo == 1 && p.hi == 100 && p.from_last);
    CHECK_STR(p.text, STR("-1:-100"));
    memory_end(&m);
    REFUSES(m, "1", imap_lex_partial(&m.lx, &p), ST_SYNTAX);
    REFUSES(m, "1:", imap_lex_partial(&m.lx, &p), ST_SYNTAX);
    REFUSES(m, "0:1", imap_lex_partial(&m.lx, &p), ST_SYNTAX);
    REFUSES(m, "-1:100", imap_lex_partial(&m.lx, &p), ST_SYNTAX);
    REFUSES(m, "1:-100", imap_lex_partial(&m.lx, &p), ST_SYNTAX);
    REFUSES(m, "1:*", imap_lex_partial(&m.lx, &p), ST_SYNTAX);
    REFUSES(m, "1:4294967296", imap_lex_partial(&m.lx, &p), ST_SYNTAX);
}

TEST(what_is_meant)
{
    check((struct imap_partial){.lo = 1, .hi = 3}, 10, 0, 3);
    check((struct imap_partial){.lo = 9, .hi = 30}, 10, 8, 2);
    check((struct imap_partial){.lo = 11, .hi = 30}, 10, 0, 0);
    check((struct imap_partial){.lo = 1, .hi = 3, .from_last = true}, 10, 7, 3);
    check((struct imap_partial){.lo = 2, .hi = 3, .from_last = true}, 10, 7, 2);
    check((struct imap_partial){.lo = 9, .hi = 30, .from_last = true}, 10, 0, 2);
    check((struct imap_partial){.lo = 11, .hi = 30, .from_last = true}, 10, 0, 0);
    check((struct imap_partial){.lo = 1, .hi = UINT32_MAX}, 0, 0, 0);
    check((struct imap_partial){0}, 10, 0, 0);
}
