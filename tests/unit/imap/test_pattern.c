#include "imap/pattern.c"

#include "test.h"

static bool matches(const char *pattern, const char *name)
{
    struct arena a = ARENA_INIT;
    struct imap_pattern p;
    bool yes;

    imap_pattern_init(&p, &a, STR_NONE, str_z(pattern));
    yes = imap_pattern_matches(&p, str_z(name));
    arena_fini(&a);
    return yes;
}

TEST(wildcards)
{
    CHECK(matches("*", "a/b/c"));
    CHECK(matches("%", "abc"));
    CHECK(!matches("%", "a/b"));
    CHECK(matches("a/%", "a/b"));
    CHECK(!matches("a/%", "a/b/c"));
    CHECK(matches("a/%/c", "a/b/c"));
    CHECK(matches("*c", "a/b/c"));
    CHECK(matches("%*", "a/b"));
    CHECK(matches("a*b%c", "a/x/byc"));
    CHECK(!matches("a*b%c", "a/x/by/c"));
    CHECK(matches("", ""));
    CHECK(!matches("", "a"));
    CHECK(matches("a", "a"));
    CHECK(!matches("a", "A"));
    CHECK(matches("*%*%*", "x"));
    CHECK(!matches("abc", "ab"));
    CHECK(!matches("ab", "abc"));
}

TEST(wildcards_behind_one_another_are_one)
{
    struct arena a = ARENA_INIT;
    struct imap_pattern p;

    imap_pattern_init(&p, &a, STR("a%%"), STR("*%b%%/**c%"));
    CHECK_STR(p.text, STR("a*b%/*c%"));
    CHECK(imap_pattern_matches(&p, STR("ax/yb/z/c1")));
    CHECK(!imap_pattern_matches(&p, STR("ab/c/d")));
    arena_fini(&a);
}

TEST(inbox_matches_in_any_case)
{
    CHECK(matches("inbox", "INBOX"));
    CHECK(matches("iN%", "INBOX"));
    CHECK(matches("inbox/a", "INBOX/a"));
    CHECK(!matches("inbox/A", "INBOX/a"));
    CHECK(!matches("inboxes", "INBOXES"));
}

TEST(the_reference_stands_before_the_pattern)
{
    struct arena a = ARENA_INIT;
    struct imap_pattern p;

    imap_pattern_init(&p, &a, STR("a/"), STR("%"));
    CHECK(imap_pattern_matches(&p, STR("a/b")));
    CHECK(!imap_pattern_matches(&p, STR("b")));
    CHECK(imap_pattern_matches(&p, STR("a/c"))); /* a pattern serves many names */
    arena_fini(&a);
}

TEST(a_pattern_that_is_too_long_matches_nothing)
{
    struct arena a = ARENA_INIT;
    struct imap_pattern p;
    char *stars = arena_alloc(&a, IMAP_PATTERN_MAX + 1);

    memset(stars, '*', IMAP_PATTERN_MAX + 1);
    imap_pattern_init(&p, &a, STR_NONE, str_n(stars, IMAP_PATTERN_MAX + 1));
    CHECK(!imap_pattern_matches(&p, STR("a")));
    imap_pattern_init(&p, &a, STR_NONE, str_n(stars, IMAP_PATTERN_MAX));
    CHECK(imap_pattern_matches(&p, STR("a")));
    arena_fini(&a);
}
