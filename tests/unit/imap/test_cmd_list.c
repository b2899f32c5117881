/* Which names LIST tells of; the scripts have the examples of RFC 5258. */
#include "world.h"

#include "imap/cmd_list.c"

static void body_above(struct world *w)
{
    struct door d;
    struct str answer;

    door_open(w, &d, "");
    SAY(&d, "a UNSUBSCRIBE INBOX", "a OK Done");
    SAY(&d, "a SUBSCRIBE x/y/z", "a OK Done");
    CHECK(str_starts(chat_say(&d.chat, "a CREATE x\r\n"), STR("a OK [MAILBOXID (F")));
    SAY(&d, "a LIST (SUBSCRIBED RECURSIVEMATCH) \"\" x*",
        "* LIST (\\NonExistent \\HasNoChildren \\Subscribed) \"/\" x/y/z\na OK Done");
    SAY(&d, "a LIST (SUBSCRIBED RECURSIVEMATCH) \"\" (x x/%)",
        "* LIST (\\HasNoChildren) \"/\" x (\"CHILDINFO\" (\"SUBSCRIBED\"))\n"
        "* LIST (\\NonExistent \\HasNoChildren) \"/\" x/y (\"CHILDINFO\" (\"SUBSCRIBED\"))\na OK Done");
    SAY(&d, "a LIST \"\" (inbox INBOX in*) RETURN (SUBSCRIBED)", "* LIST (\\HasNoChildren) \"/\" INBOX\na OK Done");
    SAY(&d, "a LIST (SUBSCRIBED) \"\" (INBOX x)", "a OK Done");
    answer = chat_say(&d.chat, "a LIST (SUBSCRIBED) \"\" *\r\n");
    CHECK(str_search(answer, STR("\\Drafts \\Subscribed) \"/\" Drafts")) < answer.n);
    door_close(&d);
}
TEST(names_that_are_told_of)
{
    in_world(1, body_above);
}

/* Names above subscriptions are bounded: 110 levels each of 200 names. */
static void body_bounded(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct buf name;
    struct door d;

    buf_init(&name, 1000);
    for (unsigned i = 0; i < 200; i++) {
        buf_clear(&name);
        buf_addf(&name, "n%u", i);
        for (int level = 0; level < 110; level++)
            buf_addz(&name, "/x");
        CHECK_ST(mailbox_subscribe(a, buf_str(&name), true), ST_OK);
    }
    buf_fini(&name);
    account_close(a);
    door_open(w, &d, "");
    SAY(&d, "a LIST (SUBSCRIBED RECURSIVEMATCH) \"\" n0", "a NO [LIMIT] Too many names above subscriptions");
    SAY(&d, "a LIST (SUBSCRIBED) \"\" n0", "a OK Done");
    door_close(&d);
}
TEST(names_above_are_bounded)
{
    in_world(1, body_bounded);
}
