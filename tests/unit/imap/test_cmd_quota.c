#include "help.h"
#include "world.h"

#include "imap/cmd_quota.c"

TEST(arguments)
{
    struct memory m;
    struct str root;

    PARSES(m, " \"\"", getquota_parse(&m.lx, &root))
    {
        CHECK_STR(root, STR(""));
    }
    PARSES(m, " \"User quota\" (STORAGE 510 X-other 9223372036854775807)", setquota_parse(&m.lx, &root))
    {
        CHECK_STR(root, own_root);
    }
    PARSES(m, " x ()", setquota_parse(&m.lx, &root))
    {
        CHECK_STR(root, STR("x"));
    }
    REFUSES(m, " x (STORAGE 9223372036854775808)", setquota_parse(&m.lx, &root), ST_SYNTAX);
    REFUSES(m, " x (STORAGE)", setquota_parse(&m.lx, &root), ST_SYNTAX);
    REFUSES(m, " x (STORAGE 1 )", setquota_parse(&m.lx, &root), ST_SYNTAX);
    REFUSES(m, " x STORAGE 1", setquota_parse(&m.lx, &root), ST_SYNTAX);
    REFUSES(m, " x (a 1 a 1 a 1 a 1 a 1 a 1 a 1 a 1 a 1 a 1 a 1 a 1 a 1 a 1 a 1 a 1 a 1)", setquota_parse(&m.lx, &root),
            ST_LIMIT);
}

TEST(units)
{
    CHECK_U64(storage_units(0), 0);
    CHECK_U64(storage_units(1), 1);
    CHECK_U64(storage_units(1024), 1);
    CHECK_U64(storage_units(1025), 2);
    CHECK_U64(storage_units(UINT64_MAX), 1ull << 54);
}

static void tell(struct world *w, uint64_t bytes, uint64_t messages)
{
    const struct account_limits limits = {.bytes = bytes, .messages = messages, .keep_s = KEEP_DEFAULT};

    CHECK_ST(mail_tell(w->mail, 7, &limits), ST_OK);
}

static void body_told(struct world *w)
{
    struct door d;

    door_open(w, &d, "");
    SAY(&d, "a GETQUOTAROOT inbox", "* QUOTAROOT INBOX \"User quota\"\n* QUOTA \"User quota\" ()\na OK Done");
    CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "x"), ST_OK);
    tell(w, 10000, 0);
    SAY(&d, "a GETQUOTA \"User quota\"", "* QUOTA \"User quota\" (STORAGE 1 10)\na OK Done");
    tell(w, 10240, 50);
    SAY(&d, "a GETQUOTAROOT \"not there\"",
        "* QUOTAROOT \"not there\" \"User quota\"\n* QUOTA \"User quota\" (STORAGE 1 10 MESSAGE 1 50)\na OK Done");
    tell(w, 0, 1);
    SAY(&d, "a GETQUOTA \"User quota\"", "* QUOTA \"User quota\" (MESSAGE 1 1)\na OK Done");
    SAY(&d, "a GETQUOTAROOT \"Other Users/bob@example.test/x\"",
        "* QUOTAROOT \"Other Users/bob@example.test/x\"\na OK Done");
    SAY(&d, "a GETQUOTA \"\"", "a NO [NONEXISTENT] There is no such quota root");
    SAY(&d, "a SETQUOTA \"User quota\" (STORAGE 100000)", "a NO [NOPERM] Only the administrator sets limits");
    SAY(&d, "a SETQUOTA \"User quota\"", "a BAD Missing argument");
    door_close(&d);
}
TEST(quotas_are_told)
{
    in_world(1, body_told);
}
