/* Reading: one message, many in a row, damage and quarantine. */
#include "help.h"

#include "mail/change.h"
#include "mail/email.c"

static void fill(struct world *w, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, i % 2 ? "odd" : "even"), ST_OK);
}

static void check_email(struct world *w, struct account *a, const struct email *e, const char *subject)
{
    struct str want = letter(w, subject).bytes;
    struct blob_view body;

    CHECK_STR(e->prefix, STR("Return-Path: <a@example.test>\r\n"));
    CHECK_U64(e->size, want.n + e->prefix.n);
    CHECK_ST(email_body(a, e, &body), ST_OK);
    CHECK_STR(body.bytes, want);
    email_body_close(&body);
    CHECK_ST(email_head(a, e, &body), ST_OK);
    CHECK_STR(body.bytes, str_sub(want, 0, e->rec.header_size));
    CHECK(str_ends(body.bytes, STR("\r\n\r\n")));
    email_body_close(&body);
}

static void body_cursor(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct copied copied;
    struct email_cursor *c;
    struct email e;
    struct view *v;

    fill(w, 40);
    v = open_view(a, "INBOX");
    CHECK_ST(view_expunge(v, uids(7, 30), true), ST_OK);
    CHECK_ST(view_copy(v, uids(2, 3), STR("INBOX"), false, &w->arena, &copied), ST_OK);
    CHECK_ST(email_cursor_open(v, &c), ST_OK);
    for (unsigned round = 0; round < 2; round++) {
        for (uint32_t seq = 1; seq <= view_count(v); seq++) {
            enum st want = seq >= 7 && seq <= 30 && !round ? ST_NOTFOUND : ST_OK;
            uint32_t uid = view_uid(v, seq), first = uid > 40 ? uid - 39 : uid; /* 41 and 42 are copies of 2 and 3 */

            CHECK_ST(email_cursor_get(c, seq, &e), want);
            if (want == ST_OK)
                check_email(w, a, &e, first % 2 ? "even" : "odd");
        }
        CHECK_STR(changes(w, v, !round),
                  round ? STR("") : STR("X7 X7 X7 X7 X7 X7 X7 X7 X7 X7 X7 X7 X7 X7 X7 X7 X7 X7 X7 X7 X7 X7 X7 X7 E18"));
    }
    CHECK(c->hits > c->misses);
    CHECK_ST(email_cursor_get(c, 3, &e), ST_OK); /* backwards */
    check_email(w, a, &e, "even");
    email_cursor_close(c);
    CHECK_ST(view_email(v, 1, &w->arena, &e), ST_OK);
    check_email(w, a, &e, "even");
    view_close(v);
    account_close(a);
}
TEST(email_many_in_a_row)
{
    in_world(1, body_cursor);
}

static void body_damage(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct blob_view body;
    struct mail_msg m;
    struct email e;
    struct view *v;

    fill(w, 3);
    v = open_view(a, "INBOX");
    CHECK_ST(view_email(v, 1, &w->arena, &e), ST_OK);
    w->store->blobs[0].bytes.n--;
    CHECK_ST(email_body(a, &e, &body), ST_CORRUPT);
    view_msg(v, 2, &m);
    ((char *)fake_find(w->store, 7, key_email(&w->arena, m.email_id))->value.p)[0] = 9;
    CHECK_ST(view_email(v, 2, &w->arena, &e), ST_CORRUPT);
    view_msg(v, 3, &m);
    fake_remove(w->store, fake_place(w->store, 7, key_email(&w->arena, m.email_id)));
    CHECK_ST(view_email(v, 3, &w->arena, &e), ST_CORRUPT);
    view_msg(v, 1, &m);
    CHECK_ST(mail_quarantine_add(w->mail, 7, m.email_id), ST_OK);
    CHECK_ST(view_email(v, 1, &w->arena, &e), ST_CORRUPT);
    CHECK(strstr(err_get()->text, "quarantine"));
    view_close(v);
    account_close(a);
    mail_again(w);
    fake_find(w->store, 7, key_hot(&w->arena, 1, 2))->value.n--;
    a = open_account(w, 7);
    CHECK_ST(view_open(a, STR("INBOX"), false, &v), ST_CORRUPT);
    account_close(a);
    mail_again(w);
    fake_find(w->store, 7, key_mailbox(&w->arena, 1))->value.n = 3;
    CHECK_ST(account_open(w->mail, 7, &a), ST_CORRUPT);
    CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "x"), ST_CORRUPT);
}
TEST(email_damage)
{
    in_world(1, body_damage);
}
