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
    struct account *a = open_account(w, 1);

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
    a = open_account(w, 1);
    check_after(w, a, 77, 21);
    account_close(a);
}

TEST(mail_from_elsewhere_keeps_its_uids)
{
    in_world(1, body_keeps);
}

static void body_not_empty(struct world *w)
{
    struct account *a = open_account(w, 1);
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
