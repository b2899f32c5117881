/* What NOTIFY takes. */
#include "help.h"

#include "imap/cmd_notify.c"

static struct memory m;

static enum st parse(struct notify_args *out)
{
    *out = (struct notify_args){0};
    return notify_parse(&m.lx, out);
}

TEST(groups_are_read)
{
    struct notify_args a;

    PARSES(m, " NONE", parse(&a))
    CHECK(a.none);
    PARSES(m, " SET STATUS (selected-delayed (MessageNew (UID FLAGS) MessageExpunge)) (subtree (a b) NONE)", parse(&a))
    {
        CHECK(a.status);
        CHECK_U64(a.n, 2);
        CHECK_U64(a.groups[0].events, NOTIFY_NEW | NOTIFY_EXPUNGE);
        CHECK_U64(a.fetch->n, 2);
        CHECK_U64(a.groups[1].events, 0);
        CHECK_U64(a.groups[1].filter.n, 2);
    }
    PARSES(m, " set (personal MailboxName SubscriptionChange)", parse(&a))
    CHECK_U64(a.groups[0].events, NOTIFY_NAME | NOTIFY_SUBSCRIPTION);
}

TEST(nonsense_is_refused)
{
    struct notify_args a;

    REFUSES(m, " SET", parse(&a), ST_SYNTAX);
    REFUSES(m, " SOMETIMES", parse(&a), ST_SYNTAX);
    REFUSES(m, " SET (personal (MessageNew MessageExpunge) x)", parse(&a), ST_SYNTAX);
    REFUSES(m, " SET (personal (MessageNew))", parse(&a), ST_SYNTAX);
    REFUSES(m, " SET (personal (MessageNew MessageExpunge FlagChange", parse(&a), ST_SYNTAX);
    REFUSES(m, " SET (selected (MessageNew (UID) MessageNew (UID) MessageExpunge))", parse(&a), ST_SYNTAX);
    REFUSES(m, " SET (selected (MessageNew (ALL) MessageExpunge))", parse(&a), ST_SYNTAX);
    REFUSES(m, " SET (selected NONE) (selected-delayed NONE)", parse(&a), ST_SYNTAX);
    REFUSES(m, " SET (personal (AnnotationChange))", parse(&a), ST_DENIED);
    CHECK(a.is_unsupported);
}

TEST(too_many_groups)
{
    struct notify_args a;
    struct buf b;

    buf_init(&b, 65536);
    buf_addz(&b, " SET (personal NONE)");
    for (unsigned i = 0; i < LIMIT_IMAP_FILTERS; i++)
        buf_addz(&b, " (personal NONE)");
    buf_addz(&b, "\r\n");
    CHECK_ST(memory_begin(&m, buf_str(&b)), ST_OK);
    CHECK_ST(parse(&a), ST_LIMIT);
    memory_end(&m);
    buf_fini(&b);
}
