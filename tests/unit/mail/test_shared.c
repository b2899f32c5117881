/* What a user hears of mailboxes of others, also when somebody gives him more than there is room for. */
#include "help.h"

#include "mail/guest.h"

#define LIMIT_MAIL_SHARED_LISTED 4 /* rather than many thousands */
#include "mail/shared.c"

static enum st share_inbox(struct account *owner, void *arg)
{
    return mailbox_acl_set(owner, STR("INBOX"), *(const struct str *)arg, RIGHTS_SET, RIGHT_LOOKUP);
}

static void share_some(struct world *w, uint64_t owner, unsigned n, uint64_t guest)
{
    struct account *o = open_account(w, owner);

    for (unsigned i = 0; i < n; i++) {
        struct str name = arena_printf(&w->arena, "box%u", i);

        CHECK_ST(mailbox_create(o, name, MAIL_USE_NONE), ST_OK);
        CHECK_ST(mailbox_acl_set(o, name, name_of(w, guest), RIGHTS_SET, RIGHT_LOOKUP), ST_OK);
    }
    account_close(o);
}

static void body_too_many(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct mailbox_info *boxes;
    size_t n, real = 0;

    share_some(w, 9, 5, 7);
    share_some(w, 8, 2, 7);
    CHECK_ST(mailbox_list_shared(a, &w->arena, &boxes, &n), ST_OK);
    for (size_t i = 0; i < n; i++) {
        CHECK(boxes[i].noselect || boxes[i].owner == 8);
        real += !boxes[i].noselect;
    }
    CHECK_U64(real, 2);
    account_close(a);
}
TEST(who_shares_too_much_hides_nobody_else)
{
    in_world(1, body_too_many);
}

/* Many are asked beside one another, on both cores, each once. */
static void body_many(struct world *w)
{
    struct account *a = open_account(w, id_on(w, 0, 7));
    struct mailbox_info *boxes;
    size_t n, real = 0;

    for (unsigned i = 0; i < 40; i++)
        CHECK_ST(mail_visit(w->mail, 100 + i, share_inbox, (struct str[]){name_of(w, account_id(a))}), ST_OK);
    CHECK_ST(mailbox_list_shared(a, &w->arena, &boxes, &n), ST_OK);
    for (size_t i = 0; i < n; i++) {
        CHECK(i == 0 || str_cmp(boxes[i - 1].name, boxes[i].name) < 0);
        CHECK(boxes[i].noselect || str_eq(boxes[i].name, arena_printf(&w->arena, "Other Users/u%llu/INBOX",
                                                                      (unsigned long long)boxes[i].owner)));
        real += !boxes[i].noselect;
    }
    CHECK_U64(real, LIMIT_MAIL_SHARED_LISTED);
    account_close(a);
}
TEST(many_who_share)
{
    in_world(2, body_many);
}
