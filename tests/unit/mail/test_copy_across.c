/* Messages that go from one account to another: whole or not at all, without their bytes, with what one may set. */
#include "help.h"

#include "mail/copy_across.c"

static enum st share_there(struct account *owner, void *arg)
{
    const char *const *words = arg;
    uint32_t rights;

    TRY(rights_read(str_z(words[1]), &rights));
    return mailbox_acl_set(owner, STR("Archive"), str_z(words[0]), RIGHTS_SET, rights);
}

static enum st share_inbox_there(struct account *owner, void *arg)
{
    const char *const *words = arg;
    uint32_t rights;

    TRY(rights_read(str_z(words[1]), &rights));
    return mailbox_acl_set(owner, STR("INBOX"), str_z(words[0]), RIGHTS_SET, rights);
}

static void share(struct world *w, uint64_t owner, uint64_t who, const char *rights)
{
    const char *words[] = {arena_cstr(&w->arena, name_of(w, who)), rights};

    CHECK_ST(mail_visit(w->mail, owner, share_there, words), ST_OK);
}

static void carry(struct world *w, uint64_t owner)
{
    uint64_t guest = id_on(w, 0, 500);
    struct account *a = open_account(w, guest);
    struct str there = arena_printf(&w->arena, "Other Users/u%llu/Archive", (unsigned long long)owner);
    struct copied done = {0};
    struct mail_msg m;
    struct view *v, *v2;

    for (unsigned i = 0; i < 3; i++)
        CHECK_ST(deliver_to(w, &guest, 1, "letter"), ST_OK);
    v = open_view(a, "INBOX");
    CHECK_ST(add_flags(v, uids(1, 2), MAIL_SEEN | MAIL_FLAGGED | MAIL_DELETED), ST_OK);
    CHECK_ST(view_copy(v, uids(1, 2), there, false, &w->arena, &done), ST_NOTFOUND);
    share(w, owner, guest, "lr");
    CHECK_ST(view_copy(v, uids(1, 2), there, false, &w->arena, &done), ST_NOPERM);
    share(w, owner, guest, "lrsi");
    CHECK_ST(view_copy(v, uids(1, 2), there, false, &w->arena, &done), ST_OK);
    CHECK_U64(done.n, 2);
    CHECK_U64(done.to[1], 2);
    CHECK_U64(w->store->blobs[0].refs, 2);

    /* a commit that fails leaves nothing, and nothing is removed */
    w->store->fail = ST_NOSPACE;
    w->store->fail_n = 1;
    CHECK_ST(view_copy(v, uids(1, 3), there, true, &w->arena, &done), ST_NOSPACE);
    CHECK_U64(w->store->blobs[0].refs, 2);
    CHECK_U64(view_count(v), 3);
    /* target first, then the source: what could not be removed there is taken back, and it is said when that fails, too */
    w->store->fail = ST_NOSPACE;
    w->store->fail_after = 1;
    w->store->fail_n = 1;
    CHECK_ST(view_copy(v, uids(3, 3), there, true, &w->arena, &done), ST_NOSPACE);
    CHECK_STR(changes(w, v, true), STR(""));
    v2 = open_view(a, arena_cstr(&w->arena, there));
    CHECK_U64(view_count(v2), 2);
    w->store->fail_after = 1;
    w->store->fail_n = 2;
    CHECK_ST(view_copy(v, uids(3, 3), there, true, &w->arena, &done), ST_DENIED);
    CHECK_STR(str_z(err_get()->text),
              STR("1 of 1 messages were copied but could not be removed here: they are in both places"));
    CHECK_STR(changes(w, v2, true), STR("E3"));
    CHECK_ST(view_copy(v, uids(3, 3), there, true, &w->arena, &done), ST_OK);
    CHECK_STR(changes(w, v, true), STR("X3"));
    CHECK_STR(changes(w, v2, true), STR("E4"));
    view_msg(v2, 1, &m);
    CHECK_U64(m.flags, MAIL_SEEN); /* his own; "w" and "t" he has not */
    CHECK_ST(view_copy(v2, uids(1, 1), STR("Archive"), true, &w->arena, &done), ST_NOPERM);
    share(w, owner, guest, "lrsite");
    for (unsigned i = 0; i < 10000 && !(view_rights(v2) & RIGHT_EXPUNGE); i++)
        IGNORE(co_sleep(deadline_in(1)));
    CHECK_ST(view_copy(v2, uids(1, 1), STR("Archive"), true, &w->arena, &done), ST_OK);
    CHECK_U64(done.to[0], 1);
    CHECK_STR(changes(w, v2, true), STR("K X1"));
    /* what the directory says of the owner holds, though nobody has logged in to his account */
    names_limits.messages = 1;
    CHECK_ST(view_copy(v, uids(1, 2), there, false, &w->arena, &done), ST_TOOBIG);
    CHECK_ST(view_copy(v, uids(1, 1), there, false, &w->arena, &done), ST_OVERQUOTA);
    names_limits.messages = 0;
    share(w, owner, guest, "li");
    CHECK_ST(view_copy(v, uids(1, 1), there, false, &w->arena, &done), ST_OK);
    CHECK_U64(done.uidvalidity, 0); /* what may not be selected has no uids for him */
    view_close(v);
    view_close(v2);
    core_has_turned(w, owner);
    account_close(a);
}
static void body_same_core(struct world *w)
{
    carry(w, id_on(w, 0, 600));
}
static void body_other_core(struct world *w)
{
    carry(w, id_on(w, 1, 600));
}
TEST(copy_to_an_account_of_the_same_core)
{
    in_world(1, body_same_core);
}
TEST(copy_to_an_account_of_another_core)
{
    in_world(2, body_other_core);
}

struct mover {
    struct world *w;
    struct account *a;
    struct view *v;
    struct copied done;
    enum st st;
};

static void move_both(void *arg)
{
    struct mover *m = arg;

    m->st = view_copy(m->v, uids(1, 2), STR("Archive"), true, &m->w->arena, &m->done);
}

/* RFC 6851: a message is moved to one place. */
static void race(struct world *w, uint64_t owner)
{
    struct together t[2];
    struct mover m[2];
    uint32_t n = 0;

    for (unsigned i = 0; i < 3; i++)
        CHECK_ST(deliver_to(w, &owner, 1, "letter"), ST_OK);
    for (unsigned i = 0; i < 2; i++) {
        uint64_t guest = id_on(w, 0, 700 + 50 * i);
        const char *words[] = {arena_cstr(&w->arena, name_of(w, guest)), "lrte"};

        CHECK_ST(mail_visit(w->mail, owner, share_inbox_there, words), ST_OK);
        m[i] = (struct mover){.w = w, .a = open_account(w, guest)};
        m[i].v = open_view(m[i].a, arena_cstr(&w->arena, arena_printf(&w->arena, "Other Users/u%llu/INBOX",
                                                                      (unsigned long long)owner)));
        t[i] = (struct together){.fn = move_both, .arg = &m[i]};
    }
    all_together(w, t, 2);
    for (unsigned i = 0; i < 2; i++) {
        struct mailbox_info info;

        CHECK_ST(m[i].st, ST_OK);
        CHECK_ST(mailbox_status(m[i].a, &w->arena, STR("Archive"), &info), ST_OK);
        CHECK_U64(info.messages, m[i].done.n);
        CHECK(!m[i].done.n == !m[i].done.uidvalidity);
        n += info.messages;
        changes(w, m[i].v, true);
        CHECK_U64(view_count(m[i].v), 1);
        view_close(m[i].v);
        account_close(m[i].a);
    }
    CHECK_U64(n, 2);
    core_has_turned(w, owner);
}
static void body_race_here(struct world *w)
{
    race(w, id_on(w, 0, 600));
}
static void body_race_there(struct world *w)
{
    race(w, id_on(w, 1, 600));
}
TEST(of_two_who_move_a_message_one_has_it)
{
    in_world(1, body_race_here);
    in_world(2, body_race_there);
}

static uint64_t shown(struct account *a, struct str name, uint32_t uid)
{
    struct mail_msg m = {0};
    struct view *v = NULL;

    CHECK_ST(view_open(a, name, true, &v), ST_OK);
    CHECK(view_seq(v, uid) > 0);
    view_msg(v, view_seq(v, uid), &m);
    view_close(v);
    return m.email_id;
}

/* RFC 8474 section 5.1: EMAILID is the same in each pair of COPYUID, also where the copy is in another account. */
static void same_id(struct world *w, uint64_t owner)
{
    uint64_t guest = id_on(w, 0, 500), id;
    struct str there = arena_printf(&w->arena, "Other Users/u%llu/Archive", (unsigned long long)owner);
    struct account *a = open_account(w, guest);
    struct copied done;
    struct view *v;

    share(w, owner, guest, "lrsite");
    CHECK_ST(deliver_to(w, &guest, 1, "letter"), ST_OK);
    v = open_view(a, "INBOX");
    id = shown(a, STR("INBOX"), 1);
    for (unsigned i = 0; i < 2; i++) {
        CHECK_ST(view_copy(v, uids(1, 1), there, false, &w->arena, &done), ST_OK);
        CHECK_U64(shown(a, there, done.to[0]), id);
    }
    CHECK_U64(w->store->blobs[0].refs, 2); /* both are one email of the other account */
    view_close(v);
    v = open_view(a, arena_cstr(&w->arena, there));
    CHECK_ST(view_copy(v, uids(1, 1), STR("Archive"), true, &w->arena, &done), ST_OK);
    CHECK_U64(shown(a, STR("Archive"), done.to[0]), id);
    CHECK_ST(view_copy(v, uids(2, 2), there, false, &w->arena, &done), ST_OK);
    CHECK_U64(shown(a, there, done.to[0]), id);
    changes(w, v, true);
    CHECK_ST(view_copy(v, uids(2, 3), STR("Archive"), true, &w->arena, &done), ST_OK);
    CHECK_U64(shown(a, STR("Archive"), done.to[1]), id);
    changes(w, v, true);
    CHECK_U64(view_count(v), 0);
    view_close(v);
    core_has_turned(w, owner);
    account_close(a);
}
static void body_same_id_here(struct world *w)
{
    same_id(w, id_on(w, 0, 600));
}
static void body_same_id_there(struct world *w)
{
    same_id(w, id_on(w, 1, 600));
}
TEST(a_copy_in_another_account_is_the_same_email)
{
    in_world(1, body_same_id_here);
    in_world(2, body_same_id_there);
}
