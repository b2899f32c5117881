/* What was fetched over POP3 is noted once, and goes when its time is over: nothing else, and whatever step the box dies at. */
#include "help.h"

#include "mail/fetched.c"

static void deliver_n(struct world *w, size_t n)
{
    const uint64_t to = 7;

    for (size_t i = 0; i < n; i++)
        CHECK_ST(deliver_to(w, &to, 1, "x"), ST_OK);
}

/* "day-part:1-3,5" of every row, days as so many ago. */
static struct str noted(struct world *w)
{
    struct buf b;
    struct str s;

    buf_init(&b, 65536);
    for (size_t i = 0; i < w->store->n_rows; i++) {
        const struct fake_row *row = &w->store->rows[i];
        struct fetched_rec r;

        if (row->account != 7 || row->key.p[0] != KEY_FETCHED)
            continue;
        CHECK_ST(fetched_rec_get(row->key, row->value, &r), ST_OK);
        buf_addf(&b, "%s%u-%u:", b.n ? " " : "", today() - r.day, r.part);
        for (size_t k = 0; k < r.n; k++)
            buf_addf(&b, "%s%u-%u", k ? "," : "", r.r[k].lo, r.r[k].hi);
    }
    s = arena_str(&w->arena, buf_str(&b));
    buf_fini(&b);
    return s;
}

/* As if it had been noted so many days earlier. */
static void age(struct world *w, uint32_t days)
{
    struct fetched_rec r;
    struct arena ar = ARENA_INIT;

    for (size_t i = 0; i < w->store->n_rows; i++) {
        struct kv_change del = {.op = KV_DEL}, put = {.op = KV_PUT};
        const struct fake_row *row = &w->store->rows[i];

        if (row->account != 7 || row->key.p[0] != KEY_FETCHED)
            continue;
        CHECK_ST(fetched_rec_get(row->key, row->value, &r), ST_OK);
        if (r.day != today())
            continue;
        del.key = arena_str(&ar, row->key);
        put.key = key_fetched(&ar, r.day - days, r.mailbox, r.part);
        put.value = arena_str(&ar, row->value);
        fake_change(w->store, 7, &del);
        fake_change(w->store, 7, &put);
        i = (size_t)-1;
    }
    arena_fini(&ar);
}

static uint64_t upkeep(struct world *w, uint32_t retention)
{
    struct mail_rules rules = {.keep_s = 1000, .retention = retention};
    struct mail_round round;

    mail_set_rules(w->mail, &rules);
    CHECK_ST(mail_upkeep(w->mail, &round), ST_OK);
    CHECK_U64(round.failed, 0);
    return round.expired;
}

static uint32_t messages(struct account *a)
{
    struct view *v = open_view(a, "INBOX");
    uint32_t n = view_count(v);

    view_close(v);
    return n;
}

static void body_notes(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct view *v;
    uint64_t commits;

    deliver_n(w, 8);
    v = open_view(a, "INBOX");
    CHECK_ST(view_note_fetched(v, (struct uid_set){0}), ST_OK);
    CHECK_STR(noted(w), STR(""));
    CHECK_ST(view_note_fetched(v, uids(2, 3)), ST_OK);
    CHECK_STR(noted(w), STR("0-0:2-3"));
    CHECK_ST(view_note_fetched(v, uids(1, 5)), ST_OK);
    CHECK_STR(noted(w), STR("0-0:1-5"));
    commits = w->store->commits;
    CHECK_ST(view_note_fetched(v, uids(1, 5)), ST_OK);
    CHECK_U64(w->store->commits, commits);
    age(w, 9);
    CHECK_ST(view_note_fetched(v, uids(4, 7)), ST_OK);
    CHECK_STR(noted(w), STR("9-0:1-5 0-0:6-7"));
    CHECK_ST(view_expunge(v, uids(1, 5), true),
             ST_OK); /* nothing of the first row is left: it goes with the next note */
    CHECK_ST(view_note_fetched(v, uids(8, 8)), ST_OK);
    CHECK_STR(noted(w), STR("0-0:6-8"));
    view_close(v);
    account_close(a);
    mail_again(w);
    a = open_account(w, 7);
    v = open_view(a, "INBOX");
    commits = w->store->commits;
    CHECK_ST(view_note_fetched(v, uids(6, 8)), ST_OK);
    CHECK_U64(w->store->commits, commits);
    view_close(v);
    account_close(a);
}
TEST(what_was_fetched_is_noted_the_first_time)
{
    in_world(1, body_notes);
}

static void body_parts(struct world *w)
{
    static struct uid_range r[FETCHED_RANGES + 100];
    struct account *a = open_account(w, 7);
    struct view *v;
    size_t rows = 0, ranges = 0;

    deliver_n(w, 1);
    v = open_view(a, "INBOX");
    for (uint32_t i = 0; i < ARRAY_LEN(r); i++)
        r[i] = (struct uid_range){1 + 2 * i, 1 + 2 * i};
    CHECK_ST(view_note_fetched(v, (struct uid_set){r, FETCHED_RANGES}), ST_OK);
    CHECK_ST(view_note_fetched(v, (struct uid_set){r, ARRAY_LEN(r)}), ST_OK);
    for (size_t i = 0; i < w->store->n_rows; i++) {
        struct fetched_rec rec;

        if (w->store->rows[i].account != 7 || w->store->rows[i].key.p[0] != KEY_FETCHED)
            continue;
        CHECK_ST(fetched_rec_get(w->store->rows[i].key, w->store->rows[i].value, &rec), ST_OK);
        rows++;
        ranges += rec.n;
    }
    CHECK_U64(rows, 2);
    CHECK_U64(ranges, ARRAY_LEN(r));
    view_close(v);
    account_close(a);
}
TEST(a_day_may_have_many_parts)
{
    in_world(1, body_parts);
}

static void body_days(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct view *v;

    deliver_n(w, 6);
    v = open_view(a, "INBOX");
    CHECK_ST(view_note_fetched(v, uids(1, 4)), ST_OK);
    view_close(v);
    CHECK_U64(upkeep(w, RETAIN_FETCHED), 0); /* not on the same day, without a QUIT */
    age(w, 3);
    CHECK_U64(upkeep(w, RETAIN_KEEP), 0);
    CHECK_U64(upkeep(w, RETAIN_FETCHED + 3), 0); /* these are not three whole days */
    CHECK_U64(messages(a), 6);
    CHECK_U64(upkeep(w, RETAIN_FETCHED + 2), 4);
    CHECK_U64(messages(a), 2); /* those that were never fetched */
    CHECK_STR(noted(w), STR(""));
    account_close(a);
}
TEST(days_behind_the_first_time_it_goes)
{
    in_world(1, body_days);
}

static void body_own(struct world *w)
{
    struct account_limits limits = {.keep_s = KEEP_DEFAULT, .retention = RETAIN_KEEP};
    struct account *a = open_account(w, 7);
    struct view *v;

    deliver_n(w, 3);
    v = open_view(a, "INBOX");
    CHECK_ST(view_note_fetched(v, uids(1, 2)), ST_OK);
    view_close(v);
    age(w, 100);
    CHECK_ST(mail_tell(w->mail, 7, &limits), ST_OK);
    CHECK_U64(upkeep(w, RETAIN_FETCHED + 1), 0);
    limits.retention = RETAIN_FETCHED + 50;
    CHECK_ST(mail_tell(w->mail, 7, &limits), ST_OK);
    account_close(a);
    mail_again(w); /* it is in the store */
    CHECK_U64(upkeep(w, RETAIN_KEEP), 2);
    a = open_account(w, 7);
    CHECK_U64(messages(a), 1);
    account_close(a);
}
TEST(an_account_has_its_own_retention)
{
    in_world(1, body_own);
}

static void body_newest(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct view *v;

    deliver_n(w, 10);
    v = open_view(a, "INBOX");
    CHECK_ST(view_note_fetched(v, uids(2, 9)), ST_OK);
    view_close(v);
    age(w, 1);
    CHECK_U64(upkeep(w, RETAIN_NEWEST | 4), 0); /* EXPIRE says a day */
    age(w, 0);
    account_close(a);
    a = open_account(w, 7);
    v = open_view(a, "INBOX");
    view_close(v);
    for (size_t i = 0; i < w->store->n_rows; i++) /* a day more */
        if (w->store->rows[i].account == 7 && w->store->rows[i].key.p[0] == KEY_FETCHED)
            ((char *)(uintptr_t)w->store->rows[i].key.p)[4]--;
    CHECK_U64(upkeep(w, RETAIN_NEWEST | 100), 0);
    CHECK_U64(upkeep(w, RETAIN_NEWEST | 4), 5); /* 2 to 6: 7 to 10 are the newest, 1 was never fetched */
    CHECK_STR(noted(w), STR("2-0:2-9"));
    CHECK_U64(upkeep(w, RETAIN_NEWEST | 4), 0);
    deliver_n(w, 3);
    CHECK_U64(upkeep(w, RETAIN_NEWEST | 4), 3);
    CHECK_STR(noted(w), STR(""));
    CHECK_U64(messages(a), 5);
    account_close(a);
}
TEST(the_newest_stay)
{
    in_world(1, body_newest);
}

/* Any one commit fails: the next round finds what is left to do. */
static void body_cut(struct world *w)
{
    for (unsigned at = 0; at < 3; at++) {
        struct account *a = open_account(w, 7);
        struct mail_rules rules = {.keep_s = 1000, .retention = RETAIN_FETCHED + 1};
        struct mail_round round;
        struct view *v;
        uint32_t first;

        deliver_n(w, 4);
        v = open_view(a, "INBOX");
        first = view_uid(v, view_count(v) - 3);
        CHECK_ST(view_note_fetched(v, uids(first, first + 2)), ST_OK);
        view_close(v);
        account_close(a);
        age(w, 5);
        w->store->fail = ST_IO;
        w->store->fail_after = at;
        w->store->fail_n = 1;
        mail_set_rules(w->mail, &rules);
        CHECK_ST(mail_upkeep(w->mail, &round), ST_OK);
        w->store->fail_n = w->store->fail_after = 0;
        mail_again(w);
        upkeep(w, RETAIN_FETCHED + 1);
        CHECK_STR(noted(w), STR(""));
        a = open_account(w, 7);
        CHECK_U64(messages(a), at + 1);
        account_close(a);
    }
}
TEST(a_round_that_was_cut_is_gone_on_with)
{
    in_world(1, body_cut);
}

static void body_gone(struct world *w)
{
    struct account *a = open_account(w, 7);
    const uint64_t to = 7;
    struct delivery_rcpt rcpt = {.account = to, .mailbox = STR("x")};
    struct delivery d = {.mail = letter(w, "x"), .rcpts = &rcpt, .n_rcpts = 1};
    struct view *v;

    CHECK_ST(mailbox_create(a, STR("x"), MAIL_USE_NONE), ST_OK);
    CHECK_ST(mail_deliver(w->mail, &d), ST_OK);
    v = open_view(a, "x");
    CHECK_ST(view_pop3_lock(v), ST_OK);
    CHECK_ST(view_pop3_lock(v), ST_BUSY);
    view_pop3_unlock(v);
    CHECK_ST(view_note_fetched(v, uids(1, 1)), ST_OK);
    view_close(v);
    CHECK_ST(mailbox_delete(a, STR("x")), ST_OK);
    age(w, 5);
    CHECK_U64(upkeep(w, RETAIN_FETCHED), 0);
    CHECK_STR(noted(w), STR(""));
    account_close(a);
}
TEST(rows_of_a_mailbox_that_is_gone_go)
{
    in_world(1, body_gone);
}
