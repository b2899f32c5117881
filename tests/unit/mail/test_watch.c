/* What a watcher of an account hears. */
#include "help.h"

#include "mail/watch.c"

static void next_name(struct account_watch *w, int what, const char *name, const char *old_name)
{
    struct account_event e;

    CHECK(account_watch_next(w, &e));
    CHECK_U64((unsigned)e.what, (unsigned)what);
    CHECK_STR(e.name, str_z(name));
    CHECK_STR(e.old_name, str_z(old_name));
}

static void next_messages(struct account_watch *w, uint32_t id, unsigned what)
{
    struct account_event e;

    CHECK(account_watch_next(w, &e));
    CHECK_U64(e.what, ACCOUNT_MESSAGES);
    CHECK_U64(e.id, id);
    CHECK_U64(e.messages, what);
}

static void nothing_more(struct account_watch *w)
{
    struct account_event e;

    CHECK(!account_watch_has(w));
    CHECK(!account_watch_next(w, &e));
}

static void count_up(void *arg)
{
    ++*(int *)arg;
}

static void body_names(struct world *w)
{
    struct account_watch *watch;
    struct account *a;
    int woken = 0;

    CHECK_ST(account_open(w->mail, 7, &a), ST_OK);
    watch = account_watch_new(a);
    nothing_more(watch);
    account_watch_on_change(watch, count_up, &woken);
    CHECK_ST(mailbox_create(a, STR("a/b/c"), MAIL_USE_NONE), ST_OK);
    CHECK_ST(mailbox_create(a, STR("a/b/d"), MAIL_USE_NONE), ST_OK);
    CHECK_U64((unsigned)woken, 1);
    next_name(watch, ACCOUNT_NAME, "a", "");
    next_name(watch, ACCOUNT_NAME, "a/b", "");
    next_name(watch, ACCOUNT_NAME, "a/b/c", "");
    next_name(watch, ACCOUNT_NAME, "a/b/d", "");
    nothing_more(watch);
    CHECK_ST(mailbox_rename(a, STR("a/b"), STR("z")), ST_OK);
    CHECK_ST(mailbox_delete(a, STR("z/c")), ST_OK);
    next_name(watch, ACCOUNT_RENAMED, "z", "a/b");
    next_name(watch, ACCOUNT_NAME, "z/c", "");
    next_name(watch, ACCOUNT_NAME, "z", "");
    nothing_more(watch);
    CHECK_ST(mailbox_subscribe(a, STR("z"), true), ST_OK);
    CHECK_ST(mailbox_subscribe(a, STR("z"), false), ST_OK);
    next_name(watch, ACCOUNT_SUBSCRIPTION, "z", "");
    nothing_more(watch);
    account_watch_except(watch, co_here());
    CHECK_ST(mailbox_create(a, STR("own"), MAIL_USE_NONE), ST_OK);
    nothing_more(watch);
    account_watch_free(watch);
    account_watch_free(NULL);
    account_close(a);
}
TEST(names_are_told)
{
    in_world(1, body_names);
}

static void body_messages(struct world *w)
{
    struct uid_range one = {1, 1};
    struct account_watch *watch;
    struct account *a;
    struct view *v;
    struct flag_change seen = {.how = FLAGS_ADD, .flags = MAIL_SEEN | MAIL_DELETED};

    CHECK_ST(account_open(w->mail, 7, &a), ST_OK);
    watch = account_watch_new(a);
    CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "letter"), ST_OK);
    CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "letter"), ST_OK);
    next_messages(watch, 1, WATCH_ADDED);
    nothing_more(watch);
    CHECK_ST(view_open(a, STR("INBOX"), false, &v), ST_OK);
    CHECK_ST(view_store(v, (struct uid_set){&one, 1}, &seen), ST_OK);
    CHECK_ST(view_expunge(v, (struct uid_set){&one, 1}, false), ST_OK);
    next_messages(watch, 1, WATCH_FLAGS | WATCH_REMOVED);
    nothing_more(watch);
    view_close(v);
    account_watch_free(watch);
    account_close(a);
}
TEST(messages_are_gathered)
{
    in_world(1, body_messages);
}
