/* Arguments of the commands of RFC 4314. */
#include "help.h"

#include "imap/cmd_acl.c"

TEST(arguments)
{
    struct memory m;
    struct acl_args a;

    CHECK_ST(memory_begin(&m, STR(" INBOX/Drafts Byron lrswikda\r\n")), ST_OK);
    CHECK_ST(acl_parse(&m.lx, 3, &a), ST_OK);
    CHECK_STR(a.mailbox, STR("INBOX/Drafts"));
    CHECK_STR(a.who, STR("Byron"));
    CHECK_STR(a.rights, STR("lrswikda"));
    memory_end(&m);
    CHECK_ST(memory_begin(&m, STR(" inbox \"-fr\xc2\xad"
                                  "ed\" \"\"\r\n")),
             ST_OK);
    CHECK_ST(acl_parse(&m.lx, 3, &a), ST_OK);
    CHECK_STR(a.mailbox, STR("INBOX"));
    CHECK_STR(a.who, STR("-fred")); /* SASLprep: what nobody sees is nothing */
    CHECK_STR(a.rights, STR(""));
    memory_end(&m);
    REFUSES(m, " INBOX Byron", acl_parse(&m.lx, 3, &a), ST_SYNTAX);
    REFUSES(m, " INBOX Byron l r", acl_parse(&m.lx, 3, &a), ST_SYNTAX);
    REFUSES(m, " INBOX \"\" l", acl_parse(&m.lx, 3, &a), ST_SYNTAX);
    REFUSES(m, " INBOX - l", acl_parse(&m.lx, 3, &a), ST_SYNTAX);
    REFUSES(m, " INBOX", acl_parse(&m.lx, 2, &a), ST_SYNTAX);
    REFUSES(m, "", acl_parse(&m.lx, 1, &a), ST_SYNTAX);
}
