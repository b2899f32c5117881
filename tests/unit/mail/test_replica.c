/* Mailboxes of other accounts, on the same core and on another: what is seen of them follows their owner, and ends with the right to it. */
#include "help.h"

#define SLICE 2

#include "mail/keep.h"
#include "mail/replica.c"

struct share {
    const char *mailbox, *who, *rights;
};

static enum st share_there(struct account *owner, void *arg)
{
    const struct share *s = arg;
    uint32_t rights;

    TRY(rights_read(str_z(s->rights), &rights));
    return mailbox_acl_set(owner, str_z(s->mailbox), str_z(s->who), RIGHTS_SET, rights);
}

static void share(struct world *w, uint64_t owner, const char *mailbox, uint64_t who, const char *rights)
{
    struct share s = {mailbox, arena_cstr(&w->arena, name_of(w, who)), rights};

    CHECK_ST(mail_visit(w->mail, owner, share_there, &s), ST_OK);
}

static const char *their(struct world *w, uint64_t owner, const char *mailbox)
{
    return arena_cstr(&w->arena, arena_printf(&w->arena, "Other Users/u%llu/%s", (unsigned long long)owner, mailbox));
}

/* News of another core have to come first. */
static struct str news(struct world *w, struct view *v)
{
    for (unsigned i = 0; i < 10000 && !view_has_changes(v, true) && view_may_read(v); i++)
        IGNORE(co_sleep(deadline_in(1)));
    return changes(w, v, true);
}

struct peek {
    struct world *w;
    struct str out;
    uint32_t flags;
};

static enum st flags_there(struct account *owner, void *arg)
{
    struct peek *p = arg;
    struct mail_msg m;
    struct view *v;

    TRY(view_open(owner, STR("INBOX"), true, &v));
    view_msg(v, 1, &m);
    p->flags = m.flags;
    view_close(v);
    return ST_OK;
}

static uint32_t flags_of_first(struct world *w, uint64_t owner)
{
    struct peek p = {.w = w};

    CHECK_ST(mail_visit(w->mail, owner, flags_there, &p), ST_OK);
    return p.flags;
}

static void follows(struct world *w, uint64_t owner)
{
    uint64_t guest = id_on(w, 0, 500);
    struct account *a = open_account(w, guest);
    struct mailbox_info info;
    struct view *v = NULL, *v2;
    struct mail_msg m;

    for (unsigned i = 0; i < 3; i++)
        CHECK_ST(deliver_to(w, &owner, 1, "letter"), ST_OK);
    CHECK_ST(view_open(a, str_z(their(w, owner, "INBOX")), false, &v), ST_NOTFOUND);
    share(w, owner, "INBOX", guest, "lrswite");
    v = open_view(a, their(w, owner, "INBOX"));
    v2 = open_view(a, their(w, owner, "INBOX"));
    CHECK(v->replica == v2->replica && v->reader == v2->reader);
    CHECK_U64(view_count(v), 3);
    CHECK_U64(view_recent(v), 0);
    CHECK_STR(view_info(v)->name, str_z(their(w, owner, "INBOX")));

    /* \Seen is his own, other flags are everybody's */
    CHECK_ST(add_flags(v, uids(1, 1), MAIL_SEEN | MAIL_FLAGGED), ST_OK);
    CHECK_STR(changes(w, v, true), STR(""));
    CHECK_STR(changes(w, v2, true), STR("F1 F1"));
    view_msg(v, 1, &m);
    CHECK_U64(m.flags, MAIL_SEEN | MAIL_FLAGGED);
    CHECK_U64(flags_of_first(w, owner), MAIL_FLAGGED);
    CHECK_ST(mailbox_status(a, &w->arena, str_z(their(w, owner, "INBOX")), &info), ST_OK);
    CHECK_U64(info.unseen, 2);
    CHECK_U64(view_first_unseen(v), 2);

    CHECK_ST(deliver_to(w, &owner, 1, "letter"), ST_OK);
    CHECK_STR(news(w, v), STR("E4"));
    CHECK_ST(view_expunge(v, uids(2, 3), true), ST_OK);
    CHECK_STR(changes(w, v, true), STR("X2 X2"));
    CHECK_STR(news(w, v2), STR("E4 X2 X2"));
    view_close(v2);

    /* what is given and taken shows at once */
    share(w, owner, "INBOX", guest, "lrs");
    CHECK_STR(news(w, v), STR("K"));
    CHECK(view_is_read_only(v));
    CHECK_U64(view_permanent(v), MAIL_SEEN);
    CHECK_ST(add_flags(v, uids(1, 1), MAIL_DELETED), ST_NOPERM);
    CHECK_ST(view_expunge(v, uids(1, 1), false), ST_NOPERM);
    share(w, owner, "INBOX", guest, "l");
    CHECK_STR(news(w, v), STR("D"));
    CHECK(!view_may_read(v));
    CHECK_ST(add_flags(v, uids(1, 1), MAIL_SEEN), ST_NOPERM);
    view_close(v);
    v = NULL;
    CHECK_ST(view_open(a, str_z(their(w, owner, "INBOX")), false, &v), ST_NOPERM);
    core_has_turned(w, owner);
    account_close(a);
}
static void body_same_core(struct world *w)
{
    follows(w, id_on(w, 0, 600));
}
static void body_other_core(struct world *w)
{
    follows(w, id_on(w, 1, 600));
}
TEST(replica_follows_on_the_same_core)
{
    in_world(1, body_same_core);
}
TEST(replica_follows_another_core)
{
    in_world(2, body_other_core);
}

/* The right goes while a command runs that has begun with it, and while the view is too far behind for the journal. */
static void taken_back(struct world *w, uint64_t owner)
{
    uint64_t guest = id_on(w, 0, 500);
    struct account *a = open_account(w, guest);
    struct copied copied;
    struct email e;
    struct view *v;

    CHECK_ST(deliver_to(w, &owner, 1, "letter"), ST_OK);
    share(w, owner, "INBOX", guest, "lrs");
    v = open_view(a, their(w, owner, "INBOX"));
    CHECK_ST(view_email(v, 1, &w->arena, &e), ST_OK);
    CHECK_ST(view_copy(v, uids(1, 1), STR("INBOX"), false, &w->arena, &copied), ST_OK);
    share(w, owner, "INBOX", guest, "l");
    for (unsigned i = 0; i < 10000 && view_may_read(v); i++)
        IGNORE(co_sleep(deadline_in(1)));
    CHECK_ST(view_email(v, 1, &w->arena, &e), ST_NOPERM);
    CHECK_ST(view_copy(v, uids(1, 1), STR("INBOX"), false, &w->arena, &copied), ST_NOPERM);
    view_fall_behind(v);
    CHECK_STR(changes(w, v, true), STR("D"));
    view_close(v);
    core_has_turned(w, owner);
    account_close(a);
}
static void body_taken_back(struct world *w)
{
    taken_back(w, id_on(w, 0, 600));
}
static void body_taken_back_there(struct world *w)
{
    taken_back(w, id_on(w, 1, 600));
}
TEST(what_may_not_be_read_any_more_is_not_read)
{
    in_world(1, body_taken_back);
    in_world(2, body_taken_back_there);
}

/* Who was told of no message yet removes none, as the owner does not. */
static void body_empty(struct world *w)
{
    uint64_t guest = id_on(w, 0, 500), owner = id_on(w, 0, 600);
    struct account *a = open_account(w, guest), *o = open_account(w, owner);
    struct view *v, *mine;

    share(w, owner, "INBOX", guest, "lrte");
    v = open_view(a, their(w, owner, "INBOX"));
    CHECK_ST(deliver_to(w, &owner, 1, "letter"), ST_OK);
    mine = open_view(o, "INBOX");
    CHECK_ST(add_flags(mine, uids(1, 1), MAIL_DELETED), ST_OK);
    CHECK_ST(view_expunge(v, uids(1, UINT32_MAX - 1), false), ST_OK);
    CHECK_STR(changes(w, v, true), STR("E1 F1"));
    CHECK_ST(view_expunge(v, uids(1, UINT32_MAX - 1), false), ST_OK);
    CHECK_STR(changes(w, v, true), STR("X1"));
    view_close(mine);
    view_close(v);
    core_has_turned(w, owner);
    account_close(a);
    account_close(o);
}
TEST(what_was_not_told_of_is_not_expunged)
{
    in_world(1, body_empty);
}

struct there {
    struct world *w;
    uint64_t id;
    enum st st;
    bool done;
};

static void shut_there(void *arg)
{
    struct there *t = arg;

    t->st = account_shut(t->w->mail, t->id);
    if (t->st == ST_OK)
        account_let_in(t->w->mail, t->id);
}

static void erase_there(void *arg)
{
    struct there *t = arg;

    do
        t->st = mail_erase(t->w->mail, t->id, 1000, &t->done);
    while (t->st == ST_OK && !t->done);
}

/* Who looks at an account keeps it neither from being repaired nor from being erased. */
static void body_ends(struct world *w)
{
    uint64_t guest = id_on(w, 0, 500), owner = id_on(w, 1, 600);
    struct there t = {.w = w, .id = owner};
    struct account *a = open_account(w, guest);
    struct view *v;

    CHECK_ST(deliver_to(w, &owner, 1, "letter"), ST_OK);
    share(w, owner, "INBOX", guest, "lr");
    v = open_view(a, their(w, owner, "INBOX"));
    CHECK_ST(mail_on_core_of(w->mail, owner, shut_there, &t), ST_OK);
    CHECK_ST(t.st, ST_OK);
    CHECK_STR(news(w, v), STR("D"));
    view_close(v);

    v = open_view(a, their(w, owner, "INBOX"));
    CHECK_ST(mail_on_core_of(w->mail, owner, erase_there, &t), ST_OK);
    CHECK_ST(t.st, ST_OK);
    CHECK_STR(news(w, v), STR("D"));
    view_close(v);
    v = NULL;
    CHECK_ST(view_open(a, str_z(their(w, owner, "INBOX")), false, &v), ST_NOTFOUND);
    core_has_turned(w, owner);
    account_close(a);
}
TEST(replica_ends_with_the_account)
{
    in_world(2, body_ends);
}

static enum st list_names(struct account *a, struct world *w, struct str *out)
{
    struct mailbox_info *boxes;
    struct buf b;
    size_t n;

    TRY(mailbox_list_shared(a, &w->arena, &boxes, &n));
    buf_init(&b, 4096);
    for (size_t i = 0; i < n; i++)
        buf_addf(&b, "%s%.*s%s", i ? "," : "", STR_ARGS(boxes[i].name), boxes[i].noselect ? "*" : "");
    *out = arena_str(&w->arena, buf_str(&b));
    buf_fini(&b);
    return ST_OK;
}

/* Lists, what was seen and who shares outlive a restart. */
static void body_kept(struct world *w)
{
    uint64_t guest = id_on(w, 0, 500), owner = id_on(w, 0, 600);
    struct account *a = open_account(w, guest), *o = open_account(w, owner);
    struct str names;
    struct mail_msg m;
    struct view *v;

    CHECK_ST(deliver_to(w, &owner, 1, "letter"), ST_OK);
    CHECK_ST(mailbox_create(o, STR("Team/Plans"), MAIL_USE_NONE), ST_OK);
    share(w, owner, "INBOX", guest, "lrs");
    share(w, owner, "Team/Plans", guest, "lk");
    v = open_view(a, their(w, owner, "INBOX"));
    CHECK_ST(add_flags(v, uids(1, 1), MAIL_SEEN), ST_OK);
    view_close(v);
    core_has_turned(w, owner); /* the replica is let go */
    account_close(a);
    account_close(o);
    mail_again(w);
    a = open_account(w, guest);
    v = open_view(a, their(w, owner, "INBOX"));
    view_msg(v, 1, &m);
    CHECK_U64(m.flags, MAIL_SEEN);
    view_close(v);
    CHECK_ST(list_names(a, w, &names), ST_OK);
    CHECK_STR(names, arena_printf(&w->arena, "Other Users*,Other Users/u%llu*,%s,Other Users/u%llu/Team*,%s",
                                  (unsigned long long)owner, their(w, owner, "INBOX"), (unsigned long long)owner,
                                  their(w, owner, "Team/Plans")));
    /* what is made below has the list of what is above; what goes takes its own along */
    CHECK_ST(mailbox_create(a, str_z(their(w, owner, "Team/Plans/New")), MAIL_USE_NONE), ST_OK);
    CHECK_ST(mailbox_delete(a, str_z(their(w, owner, "Team/Plans/New"))), ST_NOPERM);
    CHECK_ST(mailbox_create(a, str_z(their(w, owner, "Top")), MAIL_USE_NONE), ST_NOTFOUND);
    CHECK_ST(mailbox_rename(a, str_z(their(w, owner, "Team/Plans/New")), STR("Mine")), ST_DENIED);
    core_has_turned(w, owner);
    account_close(a);
}
TEST(rights_outlive_a_restart)
{
    in_world(1, body_kept);
}

/* --- copied bit by bit -------------------------------------------------------------------------------------- */

struct opener {
    struct account *a;
    const char *name;
    struct view *v;
    bool opened;
};

static void open_it(void *arg)
{
    struct opener *o = arg;

    CHECK_ST(view_open(o->a, str_z(o->name), false, &o->v), ST_OK);
    o->opened = true;
}

static struct str messages_in(struct world *w, struct account *a, const char *name)
{
    struct str s = dump(w, a, name);

    return str_from(s, str_find(s, ':'));
}

/* What changes while the copy is being made is in it when it is done, and counts as part of what is kept in memory. */
static void body_bit_by_bit(struct world *w)
{
    uint64_t owner = id_on(w, 0, 600), guest = id_on(w, 0, 500);
    struct mail_core *core = mail_core_here(w->mail);
    struct account *o = open_account(w, owner);
    struct opener opener = {.a = open_account(w, guest), .name = their(w, owner, "INBOX")};
    struct view *v;

    for (unsigned i = 0; i < 40; i++)
        CHECK_ST(deliver_to(w, &owner, 1, "letter"), ST_OK);
    share(w, owner, "INBOX", guest, "lr");
    v = open_view(o, "INBOX");
    CHECK_ST(co_spawn(open_it, &opener, "opener"), ST_OK);
    for (unsigned i = 1; !opener.opened; i++) {
        CHECK(i < 40);
        CHECK_ST(add_flags(v, uids(i, i), MAIL_FLAGGED), ST_OK);
        CHECK_ST(add_flags(v, uids(41 - i, 41 - i), MAIL_ANSWERED), ST_OK);
        CHECK_ST(view_expunge(v, uids(2 * i, 2 * i), true), ST_OK);
        CHECK_ST(deliver_to(w, &owner, 1, "letter"), ST_OK);
    }
    changes(w, opener.v, true);
    CHECK_STR(messages_in(w, opener.a, opener.name), messages_in(w, o, "INBOX"));
    CHECK_U64(core->replica_bytes, opener.v->mb->messages->charged);
    CHECK(core->replica_bytes >= (size_t)MESSAGE_BYTES * view_count(opener.v));
    view_close(opener.v);
    core_has_turned(w, owner);
    CHECK_U64(core->replica_bytes, 0);
    view_close(v);
    account_close(o);
    account_close(opener.a);
}
TEST(a_replica_is_made_beside_changes)
{
    in_world(1, body_bit_by_bit);
}

/* --- many at once ------------------------------------------------------------------------------------------ */

#define ACTORS 6
#define ROUNDS 40

struct storm {
    struct world *w;
    uint64_t guest, owner;
    unsigned left, opened;
    struct co_event done;
};

struct actor {
    struct storm *s;
    unsigned number;
};

/* Looks, changes what he may, and goes; rights come and go meanwhile. */
static void act(void *arg)
{
    struct actor *me = arg;
    struct storm *s = me->s;
    struct account *a = open_account(s->w, s->guest);
    struct str name = str_z(their(s->w, s->owner, "INBOX"));
    struct copied done;

    for (unsigned i = 0; i < ROUNDS; i++) {
        struct view *v = NULL;
        enum st st = view_open(a, name, false, &v);

        if (st != ST_OK) {
            CHECK_STR(str_z(st_name(st)), st == ST_NOTFOUND ? STR("NOTFOUND") : STR("NOPERM"));
            co_yield ();
            continue;
        }
        s->opened++;
        st = add_flags(v, uids(1 + i % 7, 9), i % 3 ? MAIL_SEEN : MAIL_FLAGGED);
        CHECK(st == ST_OK || st == ST_NOPERM || st == ST_NOTFOUND);
        if (i % 8 == me->number) {
            st = view_copy(v, uids(1, 3), STR("Archive"), i % 2, &s->w->arena, &done);
            CHECK(st == ST_OK || st == ST_NOPERM || st == ST_NOTFOUND || st == ST_TRYLATER);
        }
        for (struct view_change c; view_next_change(v, i % 2, &c);)
            continue;
        view_close(v);
    }
    account_close(a);
    if (--s->left == 0)
        co_event_set(&s->done);
}

static void body_storm(struct world *w)
{
    struct storm s = {.w = w, .guest = id_on(w, 0, 500), .owner = id_on(w, 1, 600), .left = ACTORS};
    struct actor actors[ACTORS];
    struct account *a;
    struct view *v;

    share(w, s.owner, "INBOX", s.guest, "lrswite");
    for (unsigned i = 0; i < ACTORS; i++) {
        actors[i] = (struct actor){&s, i};
        CHECK_ST(co_spawn(act, &actors[i], "actor"), ST_OK);
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        CHECK_ST(deliver_to(w, &s.owner, 1, "letter"), ST_OK);
        share(w, s.owner, "INBOX", s.guest, i % 5 == 4 ? "l" : i % 5 == 3 ? "lrs" : "lrswite");
    }
    co_event_wait_heedless(&s.done);
    CHECK(s.opened > 0);
    share(w, s.owner, "INBOX", s.guest, "lr");
    core_has_turned(w, s.owner);
    /* what is followed is what there is: a copy that is made now says the same */
    a = open_account(w, s.guest);
    v = open_view(a, their(w, s.owner, "INBOX"));
    CHECK_ST(deliver_to(w, &s.owner, 1, "letter"), ST_OK);
    CHECK_STR(news(w, v), arena_printf(&w->arena, "E%u", view_count(v)));
    CHECK_U64(view_info(v)->messages, view_count(v));
    view_close(v);
    core_has_turned(w, s.owner);
    account_close(a);
}
TEST(replica_in_a_storm)
{
    in_world(2, body_storm);
}
