/* Views: sequence numbers, the order of changes, expunges held back, falling behind. */
#include "help.h"

#include "mail/view.c"

static void fill(struct world *w, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "letter"), ST_OK);
}

static void body_order(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct view *v1, *v2;

    fill(w, 5);
    v1 = open_view(a, "INBOX");
    v2 = open_view(a, "inbox");
    CHECK_U64(view_count(v1), 5);
    CHECK_ST(add_flags(v1, uids(2, 3), MAIL_DELETED), ST_OK);
    CHECK(!view_has_changes(v1, true));
    CHECK(view_has_changes(v2, false));
    CHECK_ST(view_expunge(v1, uids(1, UINT32_MAX), false), ST_OK);
    fill(w, 1);
    CHECK_ST(add_flags(v1, uids(5, 5), MAIL_SEEN), ST_OK);
    CHECK_U64(view_count(v2), 5);
    CHECK_STR(changes(w, v2, false), STR("E6 F5")); /* flags of 2 and 3 mean nothing any more */
    CHECK(!view_has_changes(v2, false));
    CHECK(view_has_changes(v2, true));
    CHECK_U64(view_uid(v2, 3), 3);
    CHECK_STR(changes(w, v2, true), STR("X2 X2"));
    CHECK_U64(view_count(v2), 4);
    CHECK_U64(view_uid(v2, 2), 4);
    CHECK_U64(view_seq(v2, 6), 4);
    CHECK_U64(view_seq(v2, 3), 0);
    CHECK_U64(view_seq_from(v2, 3), 2);
    CHECK(v2->uids == NULL);
    CHECK_STR(changes(w, v1, true), STR("X2 X2 E4"));
    view_close(v1);
    view_close(v2);
    account_close(a);
}
TEST(view_order_of_changes)
{
    in_world(1, body_order);
}

static void body_gone(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct view *v1, *v2;
    struct mail_msg m;

    fill(w, 4);
    v1 = open_view(a, "INBOX");
    v2 = open_view(a, "INBOX");
    CHECK_ST(view_expunge(v1, uids(1, 4), true), ST_OK);
    view_msg(v2, 2, &m);
    CHECK(m.gone && m.uid == 2);
    CHECK_ST(add_flags(v2, uids(1, 4), MAIL_SEEN), ST_OK); /* passed over */
    fill(w, 1);
    CHECK_STR(changes(w, v2, false), STR("E5"));
    view_msg(v2, 5, &m);
    CHECK(!m.gone && m.uid == 5);
    CHECK_STR(changes(w, v2, true), STR("X1 X1 X1 X1"));
    CHECK_STR(changes(w, v1, true), STR("X1 X1 X1 X1 E1"));
    view_close(v1);
    view_close(v2);
    account_close(a);
}
TEST(view_messages_gone)
{
    in_world(1, body_gone);
}

/* New and gone before the view heard of it. */
static void body_passing(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct view *v1, *v2;

    fill(w, 2);
    v1 = open_view(a, "INBOX");
    v2 = open_view(a, "INBOX");
    fill(w, 2);
    CHECK_STR(changes(w, v1, true), STR("E4"));
    CHECK_ST(view_expunge(v1, uids(3, 3), true), ST_OK);
    CHECK_STR(changes(w, v2, false), STR("E3"));
    CHECK_U64(view_uid(v2, 3), 4);
    CHECK_STR(changes(w, v2, true), STR(""));
    view_close(v1);
    view_close(v2);
    account_close(a);
}
TEST(view_passing_message)
{
    in_world(1, body_passing);
}

static void body_recent(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct view *ro, *v1, *v2;
    struct mail_msg m;

    fill(w, 2);
    CHECK_ST(view_open(a, STR("INBOX"), true, &ro), ST_OK);
    CHECK_U64(view_recent(ro), 2);
    v1 = open_view(a, "INBOX");
    v2 = open_view(a, "INBOX");
    CHECK_U64(view_recent(v1), 2);
    CHECK_U64(view_recent(v2), 0);
    CHECK_U64(view_info(v1)->recent, 0);
    fill(w, 1);
    CHECK_STR(changes(w, v2, true), STR("E3"));
    CHECK_STR(changes(w, v1, true), STR("E3"));
    CHECK_U64(view_recent(v1), 2);
    CHECK_U64(view_recent(v2), 1);
    view_msg(v2, 3, &m);
    CHECK(m.recent);
    view_msg(v1, 3, &m);
    CHECK(!m.recent);
    CHECK_ST(view_store(ro, uids(1, 1), &(struct flag_change){.how = FLAGS_ADD, .flags = MAIL_SEEN}), ST_DENIED);
    view_close(ro);
    view_close(v1);
    view_close(v2);
    account_close(a);
}
TEST(view_recent_once)
{
    in_world(1, body_recent);
}

/* What waits has a higher modseq than what was told in full, whatever else was told behind it. */
static void body_told(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct view *v1, *v2;
    uint64_t told;

    fill(w, 3);
    v1 = open_view(a, "INBOX");
    v2 = open_view(a, "INBOX");
    told = view_told_modseq(v2);
    CHECK_U64(told, view_modseq(v2, 3));
    CHECK_ST(view_expunge(v1, uids(2, 2), true), ST_OK);
    CHECK_ST(add_flags(v1, uids(3, 3), MAIL_SEEN), ST_OK);
    CHECK_U64(view_told_modseq(v2), told);
    CHECK_STR(changes(w, v2, false), STR("F3"));
    CHECK_U64(view_told_modseq(v2), told);
    CHECK_U64(view_modseq(v2, 2), 0);
    CHECK_U64(view_next_since(v2, 1, 3, told), 3);
    fill(w, 1);
    view_fall_behind(v2);
    CHECK_STR(changes(w, v2, false), STR("F3 E4"));
    CHECK_U64(view_told_modseq(v2), told);
    CHECK_STR(changes(w, v2, true), STR("X2"));
    CHECK_U64(view_told_modseq(v2), told + 3);
    CHECK_U64(view_next_since(v2, 1, 3, told), 2);
    CHECK_U64(view_next_since(v2, 1, 3, told + 3), 0);
    view_close(v1);
    view_close(v2);
    account_close(a);
}
TEST(view_told_modseq_waits)
{
    in_world(1, body_told);
}

static void body_behind(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct view *v1, *v2;

    fill(w, 4);
    v1 = open_view(a, "INBOX");
    v2 = open_view(a, "INBOX");
    CHECK_ST(add_flags(v1, uids(3, 3), MAIL_SEEN), ST_OK);
    CHECK_ST(view_expunge(v1, uids(1, 1), true), ST_OK);
    fill(w, 1);
    view_fall_behind(v2);
    CHECK_ST(view_expunge(v1, uids(2, 2), true), ST_OK);
    CHECK_STR(changes(w, v2, false), STR("F3 E5"));
    CHECK_STR(changes(w, v2, true), STR("X1 X1"));
    CHECK_U64(view_uid(v2, 1), 3);
    CHECK_U64(view_uid(v2, 3), 5);
    CHECK(v2->uids == NULL);
    view_close(v1);
    view_close(v2);
    account_close(a);
}
TEST(view_falls_behind)
{
    in_world(1, body_behind);
}

/* So many separate changes that the slow one is left behind by itself. */
static void body_journal_full(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct view *v1, *v2;

    fill(w, 3);
    v1 = open_view(a, "INBOX");
    v2 = open_view(a, "INBOX");
    for (unsigned i = 0; i < LIMIT_MAIL_JOURNAL + 10; i++)
        journal_add(v1->mb->messages, JOURNAL_FLAGS, 2, 2, v2->id);
    CHECK(v2->resync && v1->resync);
    CHECK(v1->mb->messages->n_journal <= LIMIT_MAIL_JOURNAL);
    CHECK_ST(add_flags(v1, uids(2, 2), MAIL_SEEN), ST_OK);
    CHECK_STR(changes(w, v2, true), STR("F2 F2"));
    fill(w, 1);
    CHECK_STR(changes(w, v2, true), STR("E4"));
    view_close(v1);
    view_close(v2);
    account_close(a);
}
TEST(view_journal_is_bounded)
{
    in_world(1, body_journal_full);
}

static void note(void *arg)
{
    ++*(unsigned *)arg;
}

static void body_wake(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct view *v = open_view(a, "INBOX");
    unsigned woken = 0;

    view_on_change(v, note, &woken);
    fill(w, 1);
    CHECK_U64(woken, 1);
    fill(w, 1);
    CHECK_U64(woken, 1);
    view_on_change(v, note, &woken);
    view_on_change(v, NULL, NULL);
    fill(w, 1);
    CHECK_U64(woken, 1);
    CHECK_STR(changes(w, v, true), STR("E3"));
    CHECK_U64(view_first_unseen(v), 1);
    view_close(v);
    account_close(a);
}
TEST(view_is_woken)
{
    in_world(1, body_wake);
}

/* Every order of removing from the list with the gap gives what a plain list gives. */
TEST(view_own_list)
{
    for (unsigned seed = 1; seed < 200; seed++) {
        uint32_t plain[20];
        struct view v = {.n = 12};
        unsigned x = seed, n = 12;

        v.uids = mem_new(12 * sizeof *v.uids);
        for (unsigned i = 0; i < 12; i++)
            v.uids[i] = plain[i] = i * 2 + 1;
        v.gap_at = 12;
        while (n) {
            unsigned at = (x = x * 1103515245 + 12345) / 65536 % n;

            own_remove(&v, at);
            memmove(plain + at, plain + at + 1, (--n - at) * sizeof *plain);
            if (n == 6 && x & 1 << 20) {
                own_append(&v, (uint32_t[]){100, 102}, 2);
                plain[n++] = 100;
                plain[n++] = 102;
            }
            for (unsigned i = 0; i < n; i++)
                CHECK_U64(own_uid(&v, i), plain[i]);
            CHECK_U64(v.n, n);
        }
        mem_free(v.uids);
    }
}

/* What only this view has expunged is told out of its turn; the rest comes later, and nothing twice. */
static void body_own_expunges(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct view *v, *other;
    struct view_change ch;

    fill(w, 6);
    v = open_view(a, "INBOX");
    other = open_view(a, "INBOX");
    CHECK_ST(view_expunge(other, uids(1, 1), true), ST_OK);
    CHECK_ST(view_expunge(v, uids(3, 4), true), ST_OK);
    CHECK_ST(view_expunge(other, uids(6, 6), true), ST_OK);
    fill(w, 1);
    CHECK(view_next_own_expunge(v, &ch));
    CHECK_U64(ch.what, VIEW_EXPUNGED);
    CHECK_U64(ch.seq, 3);
    CHECK_U64(ch.uid, 3);
    CHECK(view_next_own_expunge(v, &ch));
    CHECK_U64(ch.seq, 3);
    CHECK_U64(ch.uid, 4);
    CHECK(!view_next_own_expunge(v, &ch));
    CHECK_U64(view_count(v), 4);
    CHECK(view_has_changes(v, true));
    CHECK(view_next_change(v, true, &ch));
    CHECK_U64(ch.uid, 1);
    while (view_next_change(v, true, &ch))
        CHECK(ch.what == VIEW_EXISTS || ch.uid == 6);
    CHECK_U64(view_count(v), 3);
    CHECK(!view_next_own_expunge(v, &ch));
    view_close(other);
    view_close(v);
    account_close(a);
}
TEST(own_expunges_alone)
{
    in_world(1, body_own_expunges);
}

static void body_own_flags(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct view_change ch;
    struct view *v;

    fill(w, 2);
    v = open_view(a, "INBOX");
    CHECK_ST(add_flags(v, uids(1, 1), MAIL_FLAGGED), ST_OK);
    CHECK(!view_has_changes(v, true));
    view_tell_own(v, true);
    CHECK_ST(add_flags(v, uids(2, 2), MAIL_FLAGGED), ST_OK);
    CHECK(view_next_change(v, true, &ch));
    CHECK(ch.what == VIEW_FLAGS && ch.own);
    view_tell_own(v, false);
    CHECK(!view_next_change(v, true, &ch));
    view_close(v);
    account_close(a);
}
TEST(own_flags_on_demand)
{
    in_world(1, body_own_flags);
}
