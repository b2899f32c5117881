#include "help.h"

#include "imap/list.c"

TEST(references_and_patterns)
{
    struct list_args l;
    struct memory m;

    PARSES(m, " \"\" %/*", imap_list_parse(&m.lx, &l))
    {
        CHECK_U64(l.reference.n, 0);
        CHECK_U64(l.n_patterns, 1);
        CHECK_STR(l.patterns[0], STR("%/*"));
        CHECK(!l.is_extended);
    }
    REFUSES(m, " \"\"", imap_list_parse(&m.lx, &l), ST_SYNTAX);
    REFUSES(m, " a* b", imap_list_parse(&m.lx, &l), ST_SYNTAX);
    REFUSES(m, " a b c", imap_list_parse(&m.lx, &l), ST_SYNTAX);
}

/* RFC 5258 section 6 */
TEST(extended)
{
    struct list_args l;
    struct memory m;

    PARSES(m,
           " (SUBSCRIBED remote RECURSIVEMATCH SPECIAL-USE) x (a {1+}\r\nb \"\") RETURN (CHILDREN STATUS (SIZE) "
           "SUBSCRIBED)",
           imap_list_parse(&m.lx, &l))
    {
        CHECK_U64(l.select, LIST_SUBSCRIBED | LIST_REMOTE | LIST_RECURSIVEMATCH | LIST_SPECIAL_USE);
        CHECK_U64(l.returns, LIST_CHILDREN | LIST_SUBSCRIBED);
        CHECK_U64(l.n_patterns, 3);
        CHECK_STR(l.patterns[1], STR("b"));
        CHECK(l.status != 0 && l.is_extended);
    }
    PARSES(m, " () x (y)", imap_list_parse(&m.lx, &l))
    {
        CHECK(l.is_extended && l.select == 0);
    }
    CHECK_ST(memory_begin(&m, STR(" x y RETURN ()\r\n")), ST_OK);
    CHECK_ST(imap_list_parse(&m.lx, &l), ST_OK);
    CHECK(l.is_extended);
    memory_end(&m);
    REFUSES(m, " (RECURSIVEMATCH) x y", imap_list_parse(&m.lx, &l), ST_SYNTAX);
    REFUSES(m, " (REMOTE SPECIAL-USE RECURSIVEMATCH) x y", imap_list_parse(&m.lx, &l), ST_SYNTAX);
    REFUSES(m, " (CHILDREN) x y", imap_list_parse(&m.lx, &l), ST_SYNTAX);
    REFUSES(m, " (STATUS (SIZE)) x y", imap_list_parse(&m.lx, &l), ST_SYNTAX);
    REFUSES(m, " (SUBSCRIBED)x y", imap_list_parse(&m.lx, &l), ST_SYNTAX);
    REFUSES(m, " x ()", imap_list_parse(&m.lx, &l), ST_SYNTAX);
    REFUSES(m, " x (y", imap_list_parse(&m.lx, &l), ST_SYNTAX);
    REFUSES(m, " x y RETURN (RECURSIVEMATCH)", imap_list_parse(&m.lx, &l), ST_SYNTAX);
    REFUSES(m, " x y RETURN (STATUS)", imap_list_parse(&m.lx, &l), ST_SYNTAX);
    REFUSES(m, " x y (CHILDREN)", imap_list_parse(&m.lx, &l), ST_SYNTAX);
}

/* RFC 9590 section 5 */
TEST(entries_of_metadata)
{
    struct list_args l;
    struct memory m;

    PARSES(m, " x y RETURN (SUBSCRIBED METADATA (/shared/comment {15+}\r\n/private/co/lor) CHILDREN)",
           imap_list_parse(&m.lx, &l))
    {
        CHECK_U64(l.returns, LIST_CHILDREN | LIST_SUBSCRIBED);
        CHECK_U64(l.metadata.n, 2);
        CHECK_U64(l.metadata.max_size, UINT32_MAX);
        CHECK_STR(l.metadata.entries[1].name, STR("/co/lor"));
    }
    REFUSES(m, " x y RETURN (METADATA)", imap_list_parse(&m.lx, &l), ST_SYNTAX);
    REFUSES(m, " x y RETURN (METADATA ())", imap_list_parse(&m.lx, &l), ST_SYNTAX);
    REFUSES(m, " x y RETURN (METADATA /shared/comment)", imap_list_parse(&m.lx, &l), ST_SYNTAX);
    REFUSES(m, " x y RETURN (METADATA (/shared/x*))", imap_list_parse(&m.lx, &l), ST_SYNTAX);
    REFUSES(m, " x y RETURN (METADATA (/shared/x) METADATA (/shared/x))", imap_list_parse(&m.lx, &l), ST_SYNTAX);
    REFUSES(m, " (METADATA (/shared/x)) x y", imap_list_parse(&m.lx, &l), ST_SYNTAX);
}

TEST(patterns_are_bounded)
{
    struct list_args l;
    struct memory m;
    struct buf b;

    buf_init(&b, 1000);
    buf_addz(&b, " x (");
    for (int i = 0; i < LIMIT_IMAP_LIST_PATTERNS; i++)
        buf_addz(&b, "a ");
    buf_addz(&b, "b)\r\n");
    CHECK_ST(memory_begin(&m, buf_str(&b)), ST_OK);
    CHECK_ST(imap_list_parse(&m.lx, &l), ST_LIMIT);
    memory_end(&m);
    buf_fini(&b);
}

TEST(lsub)
{
    struct list_args l;
    struct memory m;

    PARSES(m, " x {1+}\r\n%", imap_lsub_parse(&m.lx, &l))
    {
        CHECK_STR(l.patterns[0], STR("%"));
    }
    REFUSES(m, " x (a b)", imap_lsub_parse(&m.lx, &l), ST_SYNTAX);
    REFUSES(m, " (SUBSCRIBED) x a", imap_lsub_parse(&m.lx, &l), ST_SYNTAX);
    REFUSES(m, " x a RETURN ()", imap_lsub_parse(&m.lx, &l), ST_SYNTAX);
}
