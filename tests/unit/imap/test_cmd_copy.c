#include "help.h"

#include "imap/cmd_copy.c"

TEST(arguments)
{
    struct copy cp;
    struct memory m;

    CHECK_ST(memory_begin(&m, STR(" 2,4:* Trash\r\n")), ST_OK);
    CHECK_ST(copy_parse(&m.lx, &cp), ST_OK);
    CHECK_U64(cp.set.n, 2);
    CHECK_STR(cp.target, STR("Trash"));
    memory_end(&m);
    REFUSES(m, " 1", copy_parse(&m.lx, &cp), ST_SYNTAX);
    REFUSES(m, " x Trash", copy_parse(&m.lx, &cp), ST_SYNTAX);
}

TEST(copyuid_code)
{
    struct imap_source src = {0};
    struct imap_session s = {0};
    struct imap_cmd c = {.s = &s, .lx.src = &src};
    struct copied done = {.uidvalidity = 9, .from = (uint32_t[]){3, 4, 7}, .to = (uint32_t[]){1, 2, 3}, .n = 3};

    CHECK_STR(copyuid(&c, &done), STR("COPYUID 9 3:4,7 1:3"));
    arena_fini(&s.cmd_arena);
}
