/* Choices of mailboxes. */
#include "help.h"

#include "imap/filter.c"

static struct memory m;
static struct imap_filter f;

TEST(words_are_read)
{
    PARSES(m, "selected", imap_lex_filter(&m.lx, &f))
    CHECK_U64(f.what, FILTER_SELECTED);
    PARSES(m, "Selected-Delayed", imap_lex_filter(&m.lx, &f))
    CHECK_U64(f.what, FILTER_SELECTED_DELAYED);
    REFUSES(m, "everything", imap_lex_filter(&m.lx, &f), ST_SYNTAX);
    REFUSES(m, "subtree", imap_lex_filter(&m.lx, &f), ST_SYNTAX);
    REFUSES(m, "subtree ()", imap_lex_filter(&m.lx, &f), ST_SYNTAX);
    REFUSES(m, "mailboxes (a b", imap_lex_filter(&m.lx, &f), ST_SYNTAX);
}

TEST(names_are_found)
{
    CHECK_ST(memory_begin(&m, STR("mailboxes (b inbox a/b a InBox/x)\r\n")), ST_OK);
    CHECK_ST(imap_lex_filter(&m.lx, &f), ST_OK);
    CHECK_U64(f.n, 5);
    CHECK(imap_filter_has(&f, STR("a"), false, true));
    CHECK(imap_filter_has(&f, STR("a/b"), false, true));
    CHECK(imap_filter_has(&f, STR("INBOX"), false, true));
    CHECK(imap_filter_has(&f, STR("INBOX/x"), false, true));
    CHECK(!imap_filter_has(&f, STR("a/b/c"), true, true));
    CHECK(!imap_filter_has(&f, STR("B"), true, true));
    memory_end(&m);
}

TEST(trees_are_found)
{
    CHECK_ST(memory_begin(&m, STR("subtree (x/y a)\r\n")), ST_OK);
    CHECK_ST(imap_lex_filter(&m.lx, &f), ST_OK);
    CHECK(imap_filter_has(&f, STR("a"), false, true));
    CHECK(imap_filter_has(&f, STR("a/b/c"), false, true));
    CHECK(!imap_filter_has(&f, STR("ab"), false, true));
    CHECK(!imap_filter_has(&f, STR("x"), false, true));
    CHECK(imap_filter_has(&f, STR("x/y/z"), false, true));
    f.what = FILTER_SUBTREE_ONE;
    CHECK(imap_filter_has(&f, STR("a/b"), false, true));
    CHECK(!imap_filter_has(&f, STR("a/b/c"), false, true));
    memory_end(&m);
}

TEST(wide_ones)
{
    CHECK(imap_filter_has(&(struct imap_filter){.what = FILTER_PERSONAL}, STR("a"), false, true));
    CHECK(imap_filter_has(&(struct imap_filter){.what = FILTER_INBOXES}, STR("a"), false, true));
    CHECK(imap_filter_has(&(struct imap_filter){.what = FILTER_SUBSCRIBED}, STR("a"), true, true));
    CHECK(!imap_filter_has(&(struct imap_filter){.what = FILTER_SUBSCRIBED}, STR("a"), false, true));
    CHECK(!imap_filter_has(&(struct imap_filter){.what = FILTER_SELECTED}, STR("a"), true, true));
}

TEST(others_are_not_personal)
{
    CHECK(!imap_filter_has(&(struct imap_filter){.what = FILTER_PERSONAL}, STR("Users/bob/a"), true, false));
    CHECK(imap_filter_has(&(struct imap_filter){.what = FILTER_SUBSCRIBED}, STR("Users/bob/a"), true, false));
}

TEST(too_many_names)
{
    struct buf b;

    buf_init(&b, 65536);
    buf_addz(&b, "mailboxes (a");
    for (unsigned i = 0; i < LIMIT_IMAP_FILTER_NAMES; i++)
        buf_addz(&b, " a");
    buf_addz(&b, ")\r\n");
    CHECK_ST(memory_begin(&m, buf_str(&b)), ST_OK);
    CHECK_ST(imap_lex_filter(&m.lx, &f), ST_LIMIT);
    memory_end(&m);
    buf_fini(&b);
}
