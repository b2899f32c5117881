#include "help.h"

#include "mail/uidls.c"

static void append(struct world *w, struct account *a, const char *uidl)
{
    struct new_mail mail = letter(w, uidl);
    uint32_t validity, *uid;

    mail.uidl = str_z(uidl);
    CHECK_ST(mail_append(a, STR("INBOX"), &mail, 1, &w->arena, &validity, &uid), ST_OK);
}

/* Of all messages, with blanks between. */
static struct str ids(struct world *w, struct account *a, const char *format)
{
    struct view *v = open_view(a, "INBOX");
    struct mail_uidls u;
    struct buf b;
    struct str s;

    buf_init(&b, 65536);
    CHECK_ST(view_uidls(v, str_z(format), &w->arena, &u), ST_OK);
    for (uint32_t i = 1; i <= view_count(v); i++) {
        struct str own = mail_uidl_of(&u, view_uid(v, i));
        struct mail_msg m;

        view_msg(v, i, &m);
        buf_addz(&b, i > 1 ? " " : "");
        buf_add(&b, own);
        if (!own.n)
            mail_uidl_make(v, str_z(format), &m, &b);
    }
    view_close(v);
    s = arena_str(&w->arena, buf_str(&b));
    buf_fini(&b);
    return s;
}

static size_t n_rows(const struct world *w)
{
    size_t n = 0;

    for (size_t i = 0; i < w->store->n_rows; i++)
        n += w->store->rows[i].account == 7 && w->store->rows[i].key.p[0] == KEY_UIDL;
    return n;
}

static void body_kept(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct view *v;

    append(w, a, "");
    CHECK_STR(ids(w, a, "x%u"), STR("x1"));
    append(w, a, "UID5-123");
    append(w, a, "!\"~");
    append(w, a, "");
    CHECK_STR(ids(w, a, "x%u"), STR("x1 UID5-123 !\"~ x4"));
    account_close(a);
    mail_again(w);
    a = open_account(w, 7);
    CHECK_STR(ids(w, a, "x%u"), STR("x1 UID5-123 !\"~ x4"));
    v = open_view(a, "INBOX");
    CHECK_ST(view_expunge(v, uids(2, 2), true), ST_OK); /* it goes along */
    view_close(v);
    CHECK_U64(n_rows(w), 1);
    CHECK_STR(ids(w, a, "x%u"), STR("x1 !\"~ x4"));
    account_close(a);
}
TEST(a_message_keeps_the_id_that_it_came_with)
{
    in_world(1, body_kept);
}

static void body_same(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct str first, again;

    append(w, a, "x4"); /* as the fourth will be */
    append(w, a, "twice");
    append(w, a, "twice");
    CHECK_STR(ids(w, a, "y%u"), ids(w, a, "y%u"));
    append(w, a, "");
    first = ids(w, a, "x%u");
    CHECK(str_starts(first, STR("R")));
    CHECK(str_search(first, STR(" twice R")) < first.n);
    CHECK(str_ends(first, STR(" x4")));
    account_close(a);
    mail_again(w);
    a = open_account(w, 7);
    again = ids(w, a, "x%u");
    CHECK_STR(again, first);
    account_close(a);
}
TEST(two_messages_never_have_the_same)
{
    in_world(1, body_same);
}

static void body_wrong(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct new_mail mail = letter(w, "x");
    uint32_t validity, *uid;

    mail.uidl = STR("a b");
    CHECK_ST(mail_append(a, STR("INBOX"), &mail, 1, &w->arena, &validity, &uid), ST_SYNTAX);
    CHECK_U64(n_rows(w), 0);
    CHECK_ST(mailbox_create(a, STR("m"), MAIL_USE_NONE), ST_OK);
    mail.uidl = STR("a");
    CHECK_ST(mail_append(a, STR("m"), &mail, 1, &w->arena, &validity, &uid), ST_OK);
    CHECK_U64(n_rows(w), 1);
    CHECK_ST(mailbox_delete(a, STR("m")), ST_OK);
    CHECK_U64(n_rows(w), 0);
    account_close(a);
}
TEST(what_is_no_id_is_refused_and_ids_go_with_their_mailbox)
{
    in_world(1, body_wrong);
}
