#include "mail/append.c"

#include "help.h"

static enum st add(struct world *w, struct account *a, uint32_t uid, uint32_t validity, uint32_t uidnext)
{
    struct new_mail m = letter(w, "kept");
    uint32_t got_validity, *got;

    m.uid = uid;
    m.uidvalidity = validity;
    m.uidnext = uidnext;
    TRY(mail_append(a, STR("Archive"), &m, 1, &w->arena, &got_validity, &got));
    CHECK(!uid || got[0] == uid);
    CHECK(!validity || got_validity == validity);
    return ST_OK;
}

static void check_after(struct world *w, struct account *a, uint32_t validity, uint32_t uidnext)
{
    struct mailbox_info info;

    CHECK_ST(mailbox_status(a, &w->arena, STR("Archive"), &info), ST_OK);
    CHECK_U64(info.uidvalidity, validity);
    CHECK_U64(info.uidnext, uidnext);
    CHECK_U64(info.messages, 3);
}

static void body_keeps(struct world *w)
{
    struct account *a = open_account(w, 7);

    CHECK_ST(add(w, a, 5, 77, 0), ST_OK);
    CHECK_ST(add(w, a, 5, 77, 0), ST_DENIED); /* given already */
    CHECK_ST(add(w, a, 6, 78, 0), ST_DENIED); /* of another mailbox */
    CHECK_ST(add(w, a, 6, 0, 0), ST_DENIED);  /* of none */
    CHECK_ST(add(w, a, UINT32_MAX - 1, 77, 0), ST_DENIED);
    CHECK_ST(add(w, a, 9, 77, 20), ST_OK);
    CHECK_ST(add(w, a, 0, 0, 0), ST_OK);
    check_after(w, a, 77, 21);
    account_close(a);
    mail_again(w);
    a = open_account(w, 7);
    check_after(w, a, 77, 21);
    account_close(a);
}

TEST(mail_from_elsewhere_keeps_its_uids)
{
    in_world(1, body_keeps);
}

static void body_not_empty(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct view *v;

    CHECK_ST(add(w, a, 0, 0, 0), ST_OK);
    CHECK_ST(add(w, a, 5, 77, 0), ST_DENIED);
    v = open_view(a, "Archive");
    CHECK_ST(add_flags(v, uids(1, 1), MAIL_DELETED), ST_OK);
    CHECK_ST(view_expunge(v, uids(1, 1), true), ST_OK);
    view_close(v);
    CHECK_ST(add(w, a, 5, 77, 0), ST_DENIED); /* clients know its uid 1 */
    account_close(a);
}

TEST(a_mailbox_that_had_messages_keeps_its_uidvalidity)
{
    in_world(1, body_not_empty);
}

static void check_uids(struct account *a, const char *box, const char *want)
{
    struct view *v = open_view(a, box);
    struct buf got;

    buf_init(&got, 100);
    for (uint32_t i = 1; i <= view_count(v); i++)
        buf_addf(&got, "%s%u", i > 1 ? " " : "", view_uid(v, i));
    CHECK_STR(buf_str(&got), str_z(want));
    buf_fini(&got);
    view_close(v);
}

/* RFC 8508: both or none, also when the server starts again. */
static void body_replaces(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct new_mail m = letter(w, "new");
    uint32_t validity, *uid;
    struct view *v;

    for (int i = 0; i < 3; i++)
        CHECK_ST(add(w, a, 0, 0, 0), ST_OK);
    v = open_view(a, "Archive");
    CHECK_ST(view_replace(v, 2, STR("Archive"), &m, &w->arena, &validity, &uid), ST_OK);
    CHECK_U64(uid[0], 4);
    CHECK_STR(changes(w, v, true), STR("X2 E3"));
    CHECK_ST(view_replace(v, 2, STR("Archive"), &m, &w->arena, &validity, &uid), ST_DENIED);
    CHECK_ST(view_replace(v, 3, STR("none"), &m, &w->arena, &validity, &uid), ST_NOTFOUND);
    CHECK_ST(view_replace(v, 3, STR("Junk"), &m, &w->arena, &validity, &uid), ST_OK);
    CHECK_U64(uid[0], 1);
    view_close(v);
    account_close(a);
    mail_again(w);
    a = open_account(w, 7);
    check_uids(a, "Archive", "1 4");
    check_uids(a, "Junk", "1");
    account_close(a);
}

TEST(a_message_is_replaced_in_one_commit)
{
    in_world(1, body_replaces);
}

/* The copy elsewhere stays, and its bytes with it. */
static void body_shared(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct new_mail m = letter(w, "new");
    uint32_t validity, *uid;
    struct copied done;
    struct email e;
    struct view *v;

    CHECK_ST(add(w, a, 0, 0, 0), ST_OK);
    v = open_view(a, "Archive");
    CHECK_ST(view_copy(v, uids(1, 1), STR("Junk"), false, &w->arena, &done), ST_OK);
    CHECK_ST(view_replace(v, 1, STR("Archive"), &m, &w->arena, &validity, &uid), ST_OK);
    view_close(v);
    v = open_view(a, "Junk");
    CHECK_ST(view_email(v, 1, &w->arena, &e), ST_OK);
    view_close(v);
    account_close(a);
}

TEST(a_copy_of_what_is_replaced_stays)
{
    in_world(1, body_shared);
}

/* Behind a wait the mailbox is looked up again: the one that he was let to, whatever has its name, and only while he may. */
static void body_guest_target(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct guest guest = {8, 0};
    struct target t = {.guest = &guest, .rights = RIGHT_INSERT};
    struct new_mail m = letter(w, "one");
    struct mailbox_info info;
    uint32_t validity, *got;

    CHECK_ST(mailbox_create(a, STR("Team"), MAIL_USE_NONE), ST_OK);
    CHECK_ST(mailbox_acl_set(a, STR("Team"), STR("u8"), RIGHTS_SET, RIGHT_INSERT), ST_OK);
    t.id = account_mailbox(a, STR("Team"), false)->id;
    CHECK_ST(mailbox_rename(a, STR("Team"), STR("Old")), ST_OK);
    CHECK_ST(mailbox_create(a, STR("Team"), MAIL_USE_NONE), ST_OK);
    CHECK_ST(mail_append_own(a, &t, &m, 1, &w->arena, &validity, &got), ST_OK);
    CHECK_ST(mailbox_status(a, &w->arena, STR("Old"), &info), ST_OK);
    CHECK_U64(info.messages, 1);
    CHECK_ST(mailbox_acl_set(a, STR("Old"), STR("u8"), RIGHTS_SET, RIGHT_LOOKUP), ST_OK);
    CHECK_ST(mail_append_own(a, &t, &m, 1, &w->arena, &validity, &got), ST_NOPERM);
    CHECK_ST(mailbox_delete(a, STR("Old")), ST_OK);
    CHECK_ST(mail_append_own(a, &t, &m, 1, &w->arena, &validity, &got), ST_NOTFOUND);
    account_close(a);
}
TEST(a_guest_adds_to_the_mailbox_that_he_was_let_to)
{
    in_world(1, body_guest_target);
}
