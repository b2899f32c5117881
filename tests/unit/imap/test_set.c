#include "help.h"

#include "imap/set.c"

/* The set in order, printed, with `star` as the last number. */
static void check_set(const char *text, uint32_t star, const char *want)
{
    struct memory m;
    struct imap_set set = {0};
    struct str line;
    struct buf got;

    buf_init(&got, 1000);
    struct arena a = ARENA_INIT;

    line = arena_printf(&a, "%s\r\n", text);
    CHECK_ST(memory_begin(&m, line), ST_OK);
    CHECK_ST(imap_lex_set(&m.lx, &set), ST_OK);
    struct uid_set order = imap_set_order(&m.arena, set, star);

    for (size_t i = 0; i < order.n; i++)
        buf_addf(&got, "%s%u:%u", i ? "," : "", order.r[i].lo, order.r[i].hi);
    CHECK_STR(buf_str(&got), str_z(want));
    memory_end(&m);
    arena_fini(&a);
    buf_fini(&got);
}

TEST(sets_are_brought_in_order_and_merged)
{
    check_set("1", 10, "1:1");
    check_set("5:2", 10, "2:5");
    check_set("7,1:3,2:5,6", 10, "1:7");
    check_set("1,3,5", 10, "1:1,3:3,5:5");
    check_set("*", 10, "10:10");
    check_set("12:*", 10, "10:12"); /* RFC 3501 6.4.8: the last one is always in it */
    check_set("*:4", 10, "4:10");
    check_set("*", 0, "");
    check_set("1,5:*", 0, "1:1");
    check_set("4294967295,1:4294967295", 3, "1:4294967295");
}

TEST(the_saved_result)
{
    struct uid_range ranges[] = {{2, 4}, {9, 9}};
    struct uid_set saved = {ranges, 2}, got;
    struct imap_set set;
    struct memory m;

    CHECK_ST(memory_begin(&m, STR("$ x\r\n")), ST_OK);
    m.lx.saved = &saved;
    CHECK_ST(imap_lex_set(&m.lx, &set), ST_OK);
    CHECK(set.is_saved && set.r != ranges);
    got = imap_set_order(&m.arena, set, 0);
    CHECK_U64(got.n, 2);
    CHECK(got.r[0].lo == 2 && got.r[0].hi == 4 && got.r[1].lo == 9 && got.r[1].hi == 9);
    CHECK(imap_lex_peek(&m.lx) == ' ');
    memory_end(&m);

    PARSES(m, "$", imap_lex_set(&m.lx, &set)) /* nothing is saved */
    {
        CHECK(set.is_saved && set.n == 0);
    }
}

TEST(sets_are_strict)
{
    struct imap_set set;
    struct memory m;

    REFUSES(m, "0", imap_lex_set(&m.lx, &set), ST_SYNTAX);
    REFUSES(m, "1:", imap_lex_set(&m.lx, &set), ST_SYNTAX);
    REFUSES(m, "1,,2", imap_lex_set(&m.lx, &set), ST_SYNTAX);
    REFUSES(m, "1,$", imap_lex_set(&m.lx, &set), ST_SYNTAX);
    REFUSES(m, "1:$", imap_lex_set(&m.lx, &set), ST_SYNTAX);
    REFUSES(m, "1,", imap_lex_set(&m.lx, &set), ST_SYNTAX);
    REFUSES(m, "-1", imap_lex_set(&m.lx, &set), ST_SYNTAX);
    REFUSES(m, "4294967296", imap_lex_set(&m.lx, &set), ST_SYNTAX);
}

TEST(numbers_print_as_runs)
{
    struct arena a = ARENA_INIT;

    CHECK_STR(imap_set_print(&a, (uint32_t[]){1, 2, 3, 7, 9, 10}, 6), STR("1:3,7,9:10"));
    CHECK_STR(imap_set_print(&a, (uint32_t[]){5, 4}, 2), STR("5,4"));
    CHECK_STR(imap_set_print(&a, NULL, 0), STR(""));
    arena_fini(&a);
}
