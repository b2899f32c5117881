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

TEST(sets_are_strict)
{
    struct imap_set set;
    struct memory m;

    REFUSES(m, "0", imap_lex_set(&m.lx, &set), ST_SYNTAX);
    REFUSES(m, "1:", imap_lex_set(&m.lx, &set), ST_SYNTAX);
    REFUSES(m, "1,,2", imap_lex_set(&m.lx, &set), ST_SYNTAX);
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
