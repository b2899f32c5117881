#include "help.h"

#include "imap/lexer.c"

TEST(atoms_tags_and_words)
{
    struct memory m;
    struct str s;

    PARSES(m, "a1.]", imap_lex_tag(&m.lx, &s))
    CHECK_STR(s, STR("a1.]"));
    REFUSES(m, "a+b NOOP", imap_lex_tag(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, "", imap_lex_tag(&m.lx, &s), ST_SYNTAX);
    PARSES(m, "fetch", imap_lex_word(&m.lx, &s))
    CHECK_STR(s, STR("FETCH"));
    REFUSES(m, "(x", imap_lex_atom(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, "\xc3\xbc", imap_lex_atom(&m.lx, &s), ST_SYNTAX);
    PARSES(m, "body.1", imap_lex_name(&m.lx, &s))
    CHECK_STR(s, STR("BODY.1"));
}

TEST(quoted_strings)
{
    struct memory m;
    struct str s;

    PARSES(m, "\"a b\"", imap_lex_string(&m.lx, &s))
    CHECK_STR(s, STR("a b"));
    PARSES(m, "\"a\\\"\\\\b\"", imap_lex_astring(&m.lx, &s))
    CHECK_STR(s, STR("a\"\\b"));
    PARSES(m, "\"gr\xc3\xbc\xc3\x9f\"", imap_lex_string(&m.lx, &s))
    CHECK_STR(s, STR("gr\xc3\xbc\xc3\x9f"));
    PARSES(m, "\"\"", imap_lex_string(&m.lx, &s))
    CHECK_U64(s.n, 0);
    REFUSES(m, "\"a\\b\"", imap_lex_string(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, "\"a", imap_lex_string(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, "\"a\rb\"", imap_lex_string(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, "\"a\\", imap_lex_string(&m.lx, &s), ST_SYNTAX);
}

TEST(literals_interrupt_the_line)
{
    struct memory m;
    struct str s;

    CHECK_ST(memory_begin(&m, STR("{5}\r\nab\r\nc (x)\r\n")), ST_OK);
    CHECK_ST(imap_lex_astring(&m.lx, &s), ST_OK);
    CHECK_STR(s, STR("ab\r\nc"));
    CHECK_U64(m.continuations, 1);
    CHECK_ST(imap_lex_sp(&m.lx), ST_OK);
    CHECK(imap_lex_take(&m.lx, '('));
    memory_end(&m);

    CHECK_ST(memory_begin(&m, STR("{0+}\r\n\r\n")), ST_OK);
    CHECK_ST(imap_lex_string(&m.lx, &s), ST_OK);
    CHECK_U64(s.n, 0);
    CHECK_U64(m.continuations, 0);
    CHECK_ST(imap_lex_end(&m.lx), ST_OK);
    memory_end(&m);

    REFUSES(m, "{3", imap_lex_string(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, "{-3}", imap_lex_string(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, "{3} x", imap_lex_string(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, "{99999999999}", imap_lex_string(&m.lx, &s), ST_SYNTAX);
    REFUSES(m, "{131073}", imap_lex_string(&m.lx, &s), ST_LIMIT);
    REFUSES(m, "{3+}\r\na\0b", imap_lex_string(&m.lx, &s), ST_SYNTAX);
}

TEST(a_refused_command_is_skipped_with_its_literals)
{
    struct memory m;
    struct str s;

    CHECK_ST(memory_begin(&m, STR("a BAD {3+}\r\nabc {2+}\r\nx\n more\r\nb NOOP\r\n")), ST_OK);
    CHECK_ST(imap_lex_skip(&m.lx), ST_OK);
    CHECK_STR(str_from(m.text, m.at), STR("b NOOP\r\n"));
    memory_end(&m);

    CHECK_ST(memory_begin(&m, STR("a BAD {3}\r\nb NOOP\r\n")), ST_OK); /* the client waits for "+" */
    CHECK_ST(imap_lex_skip(&m.lx), ST_OK);
    CHECK_STR(str_from(m.text, m.at), STR("b NOOP\r\n"));
    memory_end(&m);

    CHECK_ST(memory_begin(&m, STR("{2+}\r\nab {2+}\r\ncd x\r\n")), ST_OK); /* the first one has been read */
    CHECK_ST(imap_lex_string(&m.lx, &s), ST_OK);
    CHECK_ST(imap_lex_skip(&m.lx), ST_OK);
    CHECK_U64(str_from(m.text, m.at).n, 0);
    memory_end(&m);

    static const char *const too_many[] = {"a {2000000+}\r\nb NOOP\r\n", "a {4294967296+}\r\nb NOOP\r\n",
                                           "a {18446744073709551615+}\r\nb NOOP\r\n",
                                           "a {99999999999999999999999+}\r\nb NOOP\r\n"};

    for (size_t i = 0; i < ARRAY_LEN(too_many); i++) { /* what follows is the literal's, and never a command */
        CHECK_ST(memory_begin(&m, str_z(too_many[i])), ST_OK);
        CHECK_ST(imap_lex_skip(&m.lx), ST_EOF);
        memory_end(&m);
    }
}

TEST(nil_numbers_and_ends)
{
    struct memory m;
    struct str s;
    uint64_t n64;
    uint32_t n;

    PARSES(m, "nil", imap_lex_nstring(&m.lx, &s))
    CHECK(s.p == NULL);
    PARSES(m, "\"nil\"", imap_lex_nstring(&m.lx, &s))
    CHECK_STR(s, STR("nil"));
    PARSES(m, "4294967295", imap_lex_number(&m.lx, &n))
    CHECK_U64(n, UINT32_MAX);
    PARSES(m, "9223372036854775807", imap_lex_number64(&m.lx, &n64))
    CHECK_U64(n64, INT64_MAX);
    REFUSES(m, "9223372036854775808", imap_lex_number64(&m.lx, &n64), ST_SYNTAX);
    REFUSES(m, "", imap_lex_number64(&m.lx, &n64), ST_SYNTAX);
    REFUSES(m, "4294967296", imap_lex_number(&m.lx, &n), ST_SYNTAX);
    REFUSES(m, "x", imap_lex_number(&m.lx, &n), ST_SYNTAX);
    REFUSES(m, " x", imap_lex_end(&m.lx), ST_SYNTAX);
    CHECK_ST(memory_begin(&m, STR("  \r\n")), ST_OK);
    CHECK_ST(imap_lex_end(&m.lx), ST_OK);
    memory_end(&m);
}

TEST(mailbox_names)
{
    struct memory m;
    struct str s;

    PARSES(m, "iNbOx", imap_lex_mailbox(&m.lx, &s))
    CHECK_STR(s, STR("INBOX"));
    PARSES(m, "\"Entw&APw-rfe\"", imap_lex_mailbox(&m.lx, &s))
    CHECK_STR(s, STR("Entw\xc3\xbcrfe"));
    PARSES(m, "a]b", imap_lex_mailbox(&m.lx, &s))
    CHECK_STR(s, STR("a]b"));
    REFUSES(m, "\"a&b\"", imap_lex_mailbox(&m.lx, &s), ST_DENIED);
    PARSES(m, "\"gr\xc3\xbc\"", imap_lex_mailbox(&m.lx, &s))
    CHECK_STR(s, STR("gr\xc3\xbc"));
    REFUSES(m, "\"gr\xc3\"", imap_lex_mailbox(&m.lx, &s), ST_SYNTAX);
    PARSES(m, "\"e\xcc\x81\"", imap_lex_mailbox(&m.lx, &s))
    {
        CHECK_STR(s, STR("\xc3\xa9"));
        CHECK_STR(m.lx.denormal, STR("e\xcc\x81"));
    }
    PARSES(m, "inbox/a", imap_lex_mailbox(&m.lx, &s))
    {
        CHECK_STR(s, STR("INBOX/a"));
        CHECK_STR(m.lx.denormal, STR("inbox/a"));
    }
    PARSES(m, "INBOX/a", imap_lex_mailbox(&m.lx, &s))
    CHECK_U64(m.lx.denormal.n, 0);
    PARSES(m, "a&-b", imap_lex_mailbox(&m.lx, &s))
    {
        CHECK_STR(s, STR("a&b"));
        CHECK_U64(m.lx.denormal.n, 0);
    }
    PARSES(m, "&APw-*", imap_lex_pattern(&m.lx, &s))
    CHECK_STR(s, STR("\xc3\xbc*"));
    PARSES(m, "&APw*", imap_lex_pattern(&m.lx, &s))
    CHECK_STR(s, STR("\xff"));
    REFUSES(m, "a*", imap_lex_mailbox(&m.lx, &s) == ST_OK ? imap_lex_end(&m.lx) : ST_OK, ST_SYNTAX);
    PARSES(m, "a*%", imap_lex_pattern(&m.lx, &s))
    CHECK_STR(s, STR("a*%"));
}

TEST(flag_lists)
{
    struct imap_flags f;
    struct memory m;

    PARSES(m, "(\\Seen $Forwarded \\DELETED work)", imap_lex_flags(&m.lx, false, &f))
    {
        CHECK_U64(f.bits, 1 | 8);
        CHECK_U64(f.n_keywords, 2);
        CHECK_STR(f.keywords[0], STR("$Forwarded"));
        CHECK_STR(f.keywords[1], STR("work"));
    }
    PARSES(m, "()", imap_lex_flags(&m.lx, false, &f))
    CHECK(f.bits == 0 && f.n_keywords == 0);
    PARSES(m, "\\Flagged \\Draft", imap_lex_flags(&m.lx, true, &f))
    CHECK_U64(f.bits, 4 | 16);
    REFUSES(m, "\\Seen", imap_lex_flags(&m.lx, false, &f), ST_SYNTAX);
    REFUSES(m, "(\\Recent)", imap_lex_flags(&m.lx, false, &f), ST_SYNTAX);
    REFUSES(m, "(\\Unheard)", imap_lex_flags(&m.lx, false, &f), ST_SYNTAX);
    REFUSES(m, "(a b", imap_lex_flags(&m.lx, false, &f), ST_SYNTAX);
    REFUSES(m, "(a  b)", imap_lex_flags(&m.lx, false, &f), ST_SYNTAX);
}

TEST(a_command_has_a_limit)
{
    struct memory m;
    struct str s;
    struct buf b;

    buf_init(&b, 3 * LIMIT_IMAP_COMMAND);
    for (int i = 0; i < 20; i++) {
        buf_addz(&b, "{65536+}\r\n");
        memset(buf_space(&b, 65536), 'x', 65536);
        buf_added(&b, 65536);
        buf_addc(&b, ' ');
    }
    buf_addz(&b, "\r\n");
    CHECK_ST(memory_begin(&m, buf_str(&b)), ST_OK);
    m.src.skip_max = 10000000;
    enum st st = ST_OK;

    for (int i = 0; i < 20 && st == ST_OK; i++) {
        st = imap_lex_string(&m.lx, &s);
        if (st == ST_OK)
            st = imap_lex_sp(&m.lx);
    }
    CHECK_ST(st, ST_LIMIT);
    CHECK_ST(imap_lex_skip(&m.lx), ST_OK);
    CHECK_U64(str_from(m.text, m.at).n, 0);
    memory_end(&m);
    buf_fini(&b);
}
