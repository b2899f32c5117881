/* The tree of mailboxes. */
#include "help.h"

#include "mail/mailbox.c"

static struct str names(struct world *w, struct account *a)
{
    struct mailbox_info *list = NULL;
    struct buf b;
    struct str s;
    size_t n = 0;

    buf_init(&b, 4096);
    CHECK_ST(mailbox_list(a, &w->arena, &list, &n), ST_OK);
    for (size_t i = 0; i < n; i++)
        buf_addf(&b, "%s%.*s%s%s", i ? " " : "", STR_ARGS(list[i].name), list[i].noselect ? "!" : "",
                 list[i].has_children ? "+" : "");
    s = arena_str(&w->arena, buf_str(&b));
    buf_fini(&b);
    return s;
}

static void body_tree(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct mailbox_info info;
    struct view *v;
    uint32_t old;

    CHECK_STR(names(w, a), STR("INBOX Archive Drafts Junk Sent Trash"));
    CHECK_ST(mailbox_status(a, &w->arena, STR("Junk"), &info), ST_OK);
    CHECK(info.use == MAIL_USE_JUNK && info.subscribed);
    CHECK_ST(mailbox_create(a, STR("a/b/c"), MAIL_USE_NONE), ST_OK);
    CHECK_ST(mailbox_create(a, STR("a-b"), MAIL_USE_NONE), ST_OK);
    CHECK_STR(names(w, a), STR("INBOX Archive Drafts Junk Sent Trash a+ a-b a/b+ a/b/c"));
    CHECK_ST(mailbox_create(a, STR("a/b/"), MAIL_USE_NONE), ST_EXISTS);
    CHECK_ST(mailbox_create(a, STR("inBox"), MAIL_USE_NONE), ST_EXISTS);
    CHECK_ST(mailbox_create(a, STR("more"), MAIL_USE_JUNK), ST_DENIED);
    CHECK_ST(mailbox_create(a, STR("Junk"), MAIL_USE_JUNK), ST_EXISTS);
    CHECK_ST(mailbox_create(a, STR("a//b"), MAIL_USE_NONE), ST_SYNTAX);
    CHECK_ST(mailbox_create(a, STR("/a"), MAIL_USE_NONE), ST_SYNTAX);
    CHECK_ST(mailbox_create(a, STR(""), MAIL_USE_NONE), ST_SYNTAX);
    CHECK_ST(mailbox_create(a, STR("a\x01"), MAIL_USE_NONE), ST_SYNTAX);
    CHECK_ST(mailbox_create(a, STR("a\xff"), MAIL_USE_NONE), ST_SYNTAX);
    CHECK_ST(mailbox_delete(a, STR("Inbox")), ST_DENIED);
    CHECK_ST(mailbox_delete(a, STR("nothing")), ST_NOTFOUND);
    CHECK_ST(mailbox_delete(a, STR("a/b")), ST_OK);
    CHECK_STR(names(w, a), STR("INBOX Archive Drafts Junk Sent Trash a+ a-b a/b!+ a/b/c"));
    CHECK_ST(mailbox_delete(a, STR("a/b")), ST_DENIED);
    CHECK_ST(view_open(a, STR("a/b"), false, &v), ST_DENIED);
    CHECK_ST(mailbox_rename(a, STR("a"), STR("x/y")), ST_OK);
    CHECK_STR(names(w, a), STR("INBOX Archive Drafts Junk Sent Trash a-b x+ x/y+ x/y/b!+ x/y/b/c"));
    CHECK_ST(mailbox_rename(a, STR("x"), STR("x/z")), ST_SYNTAX);
    CHECK_ST(mailbox_rename(a, STR("x"), STR("a-b")), ST_EXISTS);
    CHECK_ST(mailbox_rename(a, STR("q"), STR("r")), ST_NOTFOUND);
    CHECK_ST(mailbox_delete(a, STR("x/y/b/c")), ST_OK);
    CHECK_ST(mailbox_create(a, STR("x/y/b"), MAIL_USE_NONE), ST_OK);
    CHECK_STR(names(w, a), STR("INBOX Archive Drafts Junk Sent Trash a-b x+ x/y+ x/y/b"));
    CHECK_ST(mailbox_status(a, &w->arena, STR("a-b"), &info), ST_OK);
    old = info.uidvalidity;
    CHECK_ST(mailbox_delete(a, STR("a-b")), ST_OK);
    CHECK_ST(mailbox_create(a, STR("a-b"), MAIL_USE_NONE), ST_OK);
    CHECK_ST(mailbox_status(a, &w->arena, STR("a-b"), &info), ST_OK);
    CHECK(info.uidvalidity > old && info.uidnext == 1);
    account_close(a);
    mail_again(w);
    a = open_account(w, 7);
    CHECK_STR(names(w, a), STR("INBOX Archive Drafts Junk Sent Trash a-b x+ x/y+ x/y/b"));
    account_close(a);
}
TEST(mailbox_tree)
{
    in_world(1, body_tree);
}

static void body_subscriptions(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct mailbox_info info;
    struct str *subs;
    size_t n;

    CHECK_ST(mailbox_create(a, STR("b"), MAIL_USE_NONE), ST_OK);
    CHECK_ST(mailbox_subscribe(a, STR("b"), true), ST_OK);
    CHECK_ST(mailbox_subscribe(a, STR("b"), true), ST_OK);
    CHECK_ST(mailbox_subscribe(a, STR("absent"), true), ST_OK);
    CHECK_ST(mailbox_subscribe(a, STR("Junk"), false), ST_OK);
    CHECK_ST(mailbox_rename(a, STR("b"), STR("c")), ST_OK);
    CHECK_ST(mailbox_status(a, &w->arena, STR("c"), &info), ST_OK);
    CHECK(!info.subscribed);
    for (unsigned again = 0; again < 2; again++) {
        CHECK_ST(mailbox_subscriptions(a, &w->arena, &subs, &n), ST_OK);
        CHECK_U64(n, 7);
        CHECK_STR(subs[0], STR("Archive"));
        CHECK_STR(subs[5], STR("absent"));
        CHECK_STR(subs[6], STR("b"));
        account_close(a);
        mail_again(w);
        a = open_account(w, 7);
    }
    account_close(a);
}
TEST(mailbox_subscribed_names)
{
    in_world(1, body_subscriptions);
}

struct inbox_rename {
    struct world *w;
    struct account *a;
    enum st st;
};

static void rename_it(void *arg)
{
    struct inbox_rename *r = arg;

    r->st = mailbox_rename(r->a, STR("INBOX"), STR("old/mail"));
}

static void deliver_it(void *arg)
{
    struct inbox_rename *r = arg;

    r->st = deliver_to(r->w, (uint64_t[]){7}, 1, "meanwhile");
}

/* With letters on their way, which move too or stay, but are not lost. */
static void body_inbox(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct inbox_rename r[4];
    struct together t[4];
    struct mailbox_info old, inbox;
    struct view *v;

    for (unsigned i = 0; i < 3; i++)
        CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "letter"), ST_OK);
    v = open_view(a, "INBOX");
    for (unsigned i = 0; i < 4; i++) {
        r[i] = (struct inbox_rename){.w = w, .a = a};
        t[i] = (struct together){.fn = i == 1 ? rename_it : deliver_it, .arg = &r[i]};
    }
    all_together(w, t, 4);
    for (unsigned i = 0; i < 4; i++)
        CHECK_ST(r[i].st, ST_OK);
    CHECK_ST(mailbox_status(a, &w->arena, STR("old/mail"), &old), ST_OK);
    CHECK_ST(mailbox_status(a, &w->arena, STR("INBOX"), &inbox), ST_OK);
    CHECK_U64(old.messages + inbox.messages, 6);
    CHECK(old.messages >= 3);
    CHECK_U64(old.uidnext, old.messages + 1);
    while (changes(w, v, true).n)
        continue;
    CHECK_U64(view_count(v), inbox.messages);
    view_close(v);
    account_close(a);
}
TEST(mailbox_rename_of_inbox)
{
    in_world(1, body_inbox);
}

/* Deleted while somebody has it selected and letters come for it. */
static void body_selected(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct mailbox_info inbox;
    struct uid_set all = uids(1, 9);
    struct delivery_rcpt rcpt = {.account = 7, .mailbox = STR("Junk")};
    struct delivery d = {.mail = letter(w, "x"), .rcpts = &rcpt, .n_rcpts = 1};
    struct email e;
    struct view *v;

    CHECK_ST(mail_deliver(w->mail, &d), ST_OK);
    v = open_view(a, "Junk");
    CHECK_ST(mailbox_delete(a, STR("Junk")), ST_OK);
    d.blob_id = 0;
    CHECK_ST(mail_deliver(w->mail, &d), ST_OK);
    CHECK_ST(mailbox_status(a, &w->arena, STR("INBOX"), &inbox), ST_OK);
    CHECK_U64(inbox.messages, 1);
    CHECK_STR(changes(w, v, true), STR("D"));
    CHECK_ST(view_email(v, 1, &w->arena, &e), ST_NOTFOUND);
    CHECK_ST(view_expunge(v, all, true), ST_NOTFOUND);
    CHECK_ST(add_flags(v, all, MAIL_SEEN), ST_NOTFOUND);
    view_close(v);
    CHECK_U64(a->n_mailboxes, 5);
    CHECK_U64(w->store->blobs[0].refs, 0);
    account_close(a);
}
TEST(mailbox_deleted_while_selected)
{
    in_world(1, body_selected);
}
