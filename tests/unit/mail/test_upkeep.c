/* Junk and Trash that empty themselves, and accounts that are taken away, the box killed after every step of it. */
#include "help.h"

#include "mail/upkeep.c"

static size_t keys_but_account(const struct world *w, uint64_t account)
{
    size_t n = 0;

    for (size_t i = 0; i < w->store->n_rows; i++)
        n += w->store->rows[i].account == account && w->store->rows[i].key.p[0] != KEY_ACCOUNT;
    return n;
}

static int64_t all_refs(const struct world *w)
{
    int64_t n = 0;

    for (size_t i = 0; i < w->store->n_blobs; i++)
        n += w->store->blobs[i].refs;
    return n;
}

static void deliver_many(struct world *w, const char *mailbox, size_t n)
{
    struct delivery_rcpt *rcpts = ARENA_ARRAY(&w->arena, struct delivery_rcpt, n);
    struct delivery d = {.mail = letter(w, "many"), .rcpts = rcpts, .n_rcpts = n};

    for (size_t i = 0; i < n; i++)
        rcpts[i] = (struct delivery_rcpt){.account = 7, .mailbox = str_z(mailbox)};
    CHECK_ST(mail_deliver(w->mail, &d), ST_OK);
}

/* As if they had come that long ago. */
static void make_old(struct world *w, struct account *a, const char *name, uint32_t last_uid, uint64_t seconds)
{
    struct mailbox *mb = account_mailbox(a, str_z(name), false);
    struct arena ar = ARENA_INIT;

    for (uint32_t uid = 1; uid <= last_uid; uid++) {
        struct str key = key_hot(&ar, mb->id, uid);
        struct fake_row *r = fake_find(w->store, a->id, key);
        struct kv_change c = {.op = KV_PUT, .key = key};
        struct hot h;

        if (!r)
            continue;
        CHECK_ST(hot_get(key, r->value, &h), ST_OK);
        h.save_date_us -= seconds * 1000000;
        c.value = hot_put(&ar, &h);
        fake_change(w->store, a->id, &c);
    }
    arena_fini(&ar);
}

static void body_expires(struct world *w)
{
    struct mail_rules rules = {.keep_s = 1000, .expire_trash_s = 100};
    struct mail_round round;
    struct account *a = open_account(w, 7);
    struct kept_mail *kept;
    struct view *v;
    size_t n;
    bool more;

    deliver_many(w, "Trash", 1203);
    deliver_many(w, "Junk", 3);
    make_old(w, a, "Trash", 1201, 101);
    make_old(w, a, "Junk", 3, 101);
    account_close(a);
    mail_again(w);
    mail_set_rules(w->mail, &rules);
    CHECK_ST(mail_upkeep(w->mail, &round), ST_OK);
    CHECK_U64(round.expired, 1201);
    CHECK_U64(round.accounts, 1);
    a = open_account(w, 7);
    v = open_view(a, "Trash");
    CHECK_U64(view_count(v), 2);
    CHECK_ST(kept_list(a, &(struct kept_filter){.mailbox = STR("Trash")}, &w->arena, 2000, &kept, &n, &more), ST_OK);
    CHECK_U64(n, 1201);
    rules.expire_junk_s = 100;
    mail_set_rules(w->mail, &rules);
    CHECK_ST(mail_upkeep(w->mail, &round), ST_OK);
    CHECK_U64(round.expired, 3);
    CHECK_STR(changes(w, v, true), STR(""));
    view_close(v);
    account_close(a);
}
TEST(upkeep_empties_trash_and_junk)
{
    in_world(1, body_expires);
}

/* One commit goes well each time, then the box dies: between every two steps. */
static void body_erased(struct world *w)
{
    struct delivery_rcpt rcpt = {.account = 7};
    struct delivery d = {.mail = letter(w, "late"), .rcpts = &rcpt, .n_rcpts = 1};
    struct account *a = open_account(w, 7);
    unsigned steps = 0;
    bool done = false;
    struct copied copied;
    struct view *v;

    mail_set_rules(w->mail, &(struct mail_rules){.keep_s = 1000});
    deliver_many(w, "INBOX", 700);
    deliver_many(w, "Sent", 30);
    v = open_view(a, "INBOX");
    CHECK_ST(view_copy(v, uids(1, 10), STR("Archive"), false, &w->arena, &copied), ST_OK);
    CHECK_ST(view_expunge(v, uids(5, 100), true), ST_OK);
    view_close(v);
    account_close(a);
    w->store->fail = ST_IO;
    while (!done && steps < 30) {
        mail_again(w);
        mail_set_rules(w->mail, &(struct mail_rules){.keep_s = 1000});
        w->store->fail_after = 1;
        w->store->fail_n = 1000;
        if (mail_erase(w->mail, 7, 60000, &done) != ST_OK)
            CHECK_U64(w->store->fail_after, 0);
        w->store->fail_n = 0;
        steps++;
        CHECK_ST(account_open(w->mail, 7, &a), ST_NOTFOUND);
        d.blob_id = 0;
        CHECK_ST(mail_deliver(w->mail, &d), ST_NOTFOUND);
    }
    CHECK(done && steps >= 6); /* the mark, two for INBOX, Sent and Archive, what was kept, the rest */
    CHECK_U64(keys_but_account(w, 7), 0);
    CHECK_U64((uint64_t)all_refs(w), 0);
    done = false;
    CHECK_ST(mail_erase(w->mail, 7, 10, &done), ST_OK); /* asked for once more */
    CHECK(done);
    mail_again(w);
    CHECK_ST(account_open(w->mail, 7, &a), ST_NOTFOUND);
}
TEST(upkeep_erases_an_account)
{
    in_world(1, body_erased);
}

/* Somebody has it open: he is told, and what he does comes to nothing. */
static void body_erased_while_open(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct new_mail mail = letter(w, "x");
    uint32_t validity, *new_uids;
    bool done = false;
    struct view *v;

    deliver_many(w, "INBOX", 3);
    v = open_view(a, "INBOX");
    CHECK_ST(mail_erase(w->mail, 7, 1000, &done), ST_OK);
    CHECK(done);
    CHECK_STR(changes(w, v, true), STR("X1 X1 X1"));
    CHECK(mail_append(a, STR("INBOX"), &mail, 1, &w->arena, &validity, &new_uids) != ST_OK);
    CHECK(mailbox_create(a, STR("new"), MAIL_USE_NONE) != ST_OK);
    view_close(v);
    account_close(a);
    CHECK_U64(keys_but_account(w, 7), 0);
    CHECK_ST(account_open(w->mail, 7, &a), ST_NOTFOUND);
}
TEST(upkeep_erases_an_open_account)
{
    in_world(1, body_erased_while_open);
}

/* The box dies at each commit in turn, of expiry and of the end of what was kept. */
static void body_dies_at_each(struct world *w)
{
    struct mail_rules rules = {.keep_s = 1000, .expire_trash_s = 100}, none = {0};
    struct mail_round round;
    struct account *a;

    for (unsigned at = 0; at < 5; at++) {
        a = open_account(w, 7);
        deliver_many(w, "Trash", 1100);
        make_old(w, a, "Trash", account_mailbox(a, STR("Trash"), false)->uidnext - 1, 101);
        account_close(a);
        mail_again(w);
        mail_set_rules(w->mail, &rules);
        w->store->fail_after = at;
        w->store->fail_n = 1000;
        w->store->fail = ST_IO;
        CHECK_ST(mail_upkeep(w->mail, &round), ST_OK);
        w->store->fail_n = 0;
        mail_again(w);
        mail_set_rules(w->mail, &rules);
        CHECK_ST(mail_upkeep(w->mail, &round), ST_OK);
        a = open_account(w, 7);
        CHECK_U64((uint64_t)a->have.messages, 0);
        account_close(a);
        w->store->fail_after = at;
        w->store->fail_n = 1000;
        mail_set_rules(w->mail, &none);
        CHECK_ST(mail_upkeep(w->mail, &round), ST_OK);
        w->store->fail_n = 0;
        mail_again(w);
        mail_set_rules(w->mail, &none);
        CHECK_ST(mail_upkeep(w->mail, &round), ST_OK);
        CHECK_U64((uint64_t)all_refs(w), 0);
    }
}
TEST(upkeep_goes_on_after_each_death)
{
    in_world(1, body_dies_at_each);
}

static size_t log_rows(const struct world *w, uint64_t account, uint64_t *out_first)
{
    size_t n = 0;

    for (size_t i = 0; i < w->store->n_rows; i++)
        if (w->store->rows[i].account == account && w->store->rows[i].key.p[0] == KEY_LOG) {
            struct rec r = rec_of(str_from(w->store->rows[i].key, 1));
            uint64_t modseq = rec_u64_be(&r);

            if (!n++)
                *out_first = modseq;
        }
    return n;
}

/* A fifth more than is kept may stay; then all but what is kept goes at once. */
static void body_log_is_cut(struct world *w)
{
    struct mail_rules rules = {.keep_s = 1000, .log_commits = 10};
    struct account_rec rec = {0};
    struct mail_round round;
    struct fake_row *row;
    uint64_t first = 0, id = 7;

    mail_set_rules(w->mail, &rules);
    for (unsigned i = 0; i < 9; i++)
        CHECK_ST(deliver_to(w, &id, 1, "one"), ST_OK);
    CHECK_ST(mail_upkeep(w->mail, &round), ST_OK);
    CHECK_U64(log_rows(w, id, &first), fake_account(w->store, id)->version);
    for (unsigned i = 0; i < 11; i++)
        CHECK_ST(deliver_to(w, &id, 1, "one"), ST_OK);
    CHECK_ST(mail_upkeep(w->mail, &round), ST_OK);
    CHECK_U64(round.failed, 0);
    row = fake_find(w->store, id, key_account());
    CHECK(row && account_rec_get(row->value, &rec) == ST_OK);
    CHECK(log_rows(w, id, &first) >= 10 && log_rows(w, id, &first) <= 12);
    CHECK_U64(first, rec.log_low);
    CHECK(rec.log_low > 5);
    CHECK_ST(mail_upkeep(w->mail, &round), ST_OK); /* nothing to do */
    CHECK_U64(first, rec.log_low);
    mail_again(w);
    mail_set_rules(w->mail, &rules);
    CHECK_ST(deliver_to(w, &id, 1, "one"), ST_OK);
}
TEST(a_change_log_that_is_long_is_cut)
{
    in_world(1, body_log_is_cut);
}
