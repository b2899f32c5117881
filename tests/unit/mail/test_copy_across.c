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
    /* target first, then the source: between the two there are two */
    w->store->fail = ST_NOSPACE;
    w->store->fail_after = 1;
    w->store->fail_n = 1;
    CHECK_ST(view_copy(v, uids(3, 3), there, true, &w->arena, &done), ST_NOSPACE);
    CHECK_STR(changes(w, v, true), STR(""));
    CHECK_ST(view_copy(v, uids(3, 3), there, true, &w->arena, &done), ST_OK);
    CHECK_STR(changes(w, v, true), STR("X3"));

    v2 = open_view(a, arena_cstr(&w->arena, there));
    CHECK_U64(view_count(v2), 4);
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
