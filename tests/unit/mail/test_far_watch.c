/* News of mailboxes of other accounts, of the same core and of another; and that nothing is left over however it ends. */
#include "help.h"

#include "mail/far_watch.c"
#include "mail/replica.h"

static enum st share_there(struct account *owner, void *arg)
{
    return mailbox_acl_set(owner, STR("Archive"), *(const struct str *)arg, RIGHTS_SET, RIGHT_LOOKUP | RIGHT_READ);
}

static enum st rename_there(struct account *owner, void *arg)
{
    const struct str *names = arg;

    return mailbox_rename(owner, names[0], names[1]);
}

static enum st add_there(struct account *owner, void *arg)
{
    const char *mailbox = arg;
    struct view *v = open_view(owner, "INBOX");
    struct arena ar = ARENA_INIT;
    struct copied done;
    enum st st = view_copy(v, uids(1, 1), str_z(mailbox), false, &ar, &done);

    view_close(v);
    arena_fini(&ar);
    return st;
}

static enum st delete_there(struct account *owner, void *arg)
{
    return mailbox_delete(owner, str_z(arg));
}

static enum st end_there(struct account *owner, void *arg)
{
    (void)arg;
    followers_end_all(owner);
    return ST_OK;
}

static enum st count_taps(struct account *owner, void *arg)
{
    LIST_EACH(at, &owner->taps)
        ++*(unsigned *)arg;
    return ST_OK;
}

static unsigned taps(struct world *w, uint64_t owner)
{
    unsigned n = 0;

    CHECK_ST(mail_visit(w->mail, owner, count_taps, &n), ST_OK);
    return n;
}

static struct mailbox_info shared_one(struct world *w, struct account *a)
{
    struct mailbox_info *boxes, found = {0};
    size_t n;

    CHECK_ST(mailbox_list_shared(a, &w->arena, &boxes, &n), ST_OK);
    for (size_t i = 0; i < n; i++)
        if (!boxes[i].noselect)
            found = boxes[i];
    return found;
}

static void count_call(void *arg)
{
    ++*(unsigned *)arg;
}

static void watched(struct world *w, uint64_t owner)
{
    uint64_t guest = id_on(w, 0, 500);
    struct account *a = open_account(w, guest);
    struct far_watch *watch = far_watch_new(a);
    struct str who = name_of(w, guest),
               space = arena_printf(&w->arena, "Other Users/u%llu/", (unsigned long long)owner);
    struct mailbox_info box;
    struct far_event e;
    unsigned calls = 0;

    CHECK_ST(deliver_to(w, &owner, 1, "letter"), ST_OK);
    CHECK_ST(mail_visit(w->mail, owner, share_there, &who), ST_OK);
    box = shared_one(w, a);
    CHECK_ST(far_watch_add(watch, &box), ST_OK);
    CHECK(!far_watch_has(watch));
    far_watch_on_change(watch, count_call, &calls);
    CHECK_ST(mail_visit(w->mail, owner, add_there, (char[]){"Archive"}), ST_OK);
    CHECK_U64(calls, 1);
    CHECK(far_watch_next(watch, &w->arena, &e));
    CHECK_STR(e.name, box.name);
    CHECK_U64(e.messages, WATCH_ADDED);
    CHECK(!e.gone && !e.old_name.n && !far_watch_next(watch, &w->arena, &e));
    /* two renamings are told as one */
    CHECK_ST(mail_visit(w->mail, owner, rename_there, (struct str[]){STR("Archive"), STR("One")}), ST_OK);
    CHECK_ST(mail_visit(w->mail, owner, rename_there, (struct str[]){STR("One"), STR("Two")}), ST_OK);
    CHECK(far_watch_next(watch, &w->arena, &e));
    CHECK_STR(e.old_name, box.name);
    CHECK_STR(e.name, arena_printf(&w->arena, "%.*sTwo", STR_ARGS(space)));
    CHECK_ST(mail_visit(w->mail, owner, delete_there, (char[]){"Two"}), ST_OK);
    CHECK(far_watch_next(watch, &w->arena, &e));
    CHECK(e.gone);
    CHECK_U64(watch->n, 0);
    CHECK_U64(taps(w, owner), 0);
    CHECK_ST(far_watch_add(watch, &box), ST_NOTFOUND);
    /* given up, with news under way */
    CHECK_ST(mail_visit(w->mail, owner, rename_there, (struct str[]){STR("Sent"), STR("Archive")}), ST_OK);
    CHECK_ST(mail_visit(w->mail, owner, share_there, &who), ST_OK);
    box = shared_one(w, a);
    for (unsigned i = 0; i < LIMIT_MAIL_FAR_WATCHED; i++)
        CHECK_ST(far_watch_add(watch, &box), ST_OK);
    CHECK_ST(far_watch_add(watch, &box), ST_LIMIT);
    CHECK_ST(mail_visit(w->mail, owner, add_there, (char[]){"Archive"}), ST_OK);
    far_watch_free(watch);
    core_has_turned(w, owner);
    CHECK_U64(taps(w, owner), 0);
    /* the account is repaired, or erased */
    watch = far_watch_new(a);
    CHECK_ST(far_watch_add(watch, &box), ST_OK);
    CHECK_ST(mail_visit(w->mail, owner, end_there, NULL), ST_OK);
    CHECK_U64(taps(w, owner), 0);
    CHECK(far_watch_next(watch, &w->arena, &e));
    CHECK(e.lost);
    far_watch_free(watch);
    core_has_turned(w, owner);
    account_close(a);
}
static void body_here(struct world *w)
{
    watched(w, id_on(w, 0, 600));
}
static void body_there(struct world *w)
{
    watched(w, id_on(w, 1, 600));
}
TEST(mailboxes_of_others_are_watched)
{
    in_world(1, body_here);
    in_world(2, body_there);
}
