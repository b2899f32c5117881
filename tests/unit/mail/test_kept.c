/* Deleted messages: invisible at once, back with all they had, or gone for good with their bytes. */
#include "help.h"

#include "mail/kept.c"

static void keep(struct world *w, uint64_t seconds)
{
    mail_set_rules(w->mail, &(struct mail_rules){.keep_s = seconds});
}

static struct str listed(struct world *w, struct account *a, const struct kept_filter *f)
{
    struct kept_mail *list = NULL;
    struct buf b;
    struct str s;
    size_t n = 0;
    bool more = false;

    buf_init(&b, 65536);
    CHECK_ST(kept_list(a, f, &w->arena, 100, &list, &n, &more), ST_OK);
    for (size_t i = 0; i < n; i++)
        buf_addf(&b, "%s%.*s/%u/%x", i ? " " : "", STR_ARGS(list[i].name), list[i].uid, list[i].flags);
    s = arena_str(&w->arena, buf_str(&b));
    buf_fini(&b);
    return s;
}

static int64_t all_refs(const struct world *w)
{
    int64_t n = 0;

    for (size_t i = 0; i < w->store->n_blobs; i++)
        n += w->store->blobs[i].refs;
    return n;
}

static size_t keys_of(const struct world *w, char letter)
{
    size_t n = 0;

    for (size_t i = 0; i < w->store->n_rows; i++)
        n += w->store->rows[i].key.p[0] == letter;
    return n;
}

static size_t restore(struct account *a, const struct kept_filter *f)
{
    size_t n = 0;

    CHECK_ST(kept_restore(a, f, &n), ST_OK);
    return n;
}

static const struct kept_filter any;

static void body_there_and_back(struct world *w)
{
    struct str words[] = {STR("todo"), STR("$Forwarded")};
    struct flag_change fc = {
        .how = FLAGS_ADD, .flags = MAIL_FLAGGED | MAIL_DELETED, .keywords = words, .n_keywords = 2};
    uint64_t to[] = {7, 7, 7};
    struct account *a = open_account(w, 7);
    struct view *v, *other;
    struct mail_msg msg;
    struct email e;

    keep(w, 100);
    CHECK_ST(deliver_to(w, to, 3, "one"), ST_OK);
    v = open_view(a, "INBOX");
    other = open_view(a, "INBOX");
    CHECK_ST(view_store(v, uids(1, 2), &fc), ST_OK);
    CHECK_ST(view_expunge(v, uids(1, 9), false), ST_OK);
    CHECK_STR(changes(w, other, true), STR("K X1 X1"));
    CHECK_STR(changes(w, v, true), STR("K X1 X1"));
    CHECK_U64((uint64_t)a->have.messages, 1);
    CHECK_U64((uint64_t)all_refs(w), 3);
    CHECK_STR(listed(w, a, &any), STR("INBOX/1/c INBOX/2/c"));
    CHECK_U64(restore(a, &(struct kept_filter){.ids = &(struct kept_id){a->inbox->id, 2}, .n_ids = 1}), 1);
    CHECK_STR(changes(w, other, true), STR("E2"));
    CHECK_STR(listed(w, a, &any), STR("INBOX/1/c"));
    CHECK_STR(changes(w, v, true), STR("E2"));
    view_msg(v, 2, &msg);
    CHECK(msg.uid == 4 && msg.flags == MAIL_FLAGGED && msg.keywords == 3);
    CHECK_ST(view_email(v, 2, &w->arena, &e), ST_OK);
    CHECK_U64(restore(a, &any), 1);
    CHECK_U64(restore(a, &any), 0);
    CHECK_U64((uint64_t)a->have.messages, 3);
    CHECK_U64(keys_of(w, 'X'), 0);
    view_close(v);
    view_close(other);
    account_close(a);
    mail_again(w);
    a = open_account(w, 7);
    CHECK_U64((uint64_t)a->have.messages, 3);
    account_close(a);
}
TEST(kept_there_and_back)
{
    in_world(1, body_there_and_back);
}

/* The mailbox is gone with its keywords; another one of the name is made. */
static void body_mailbox_gone(struct world *w)
{
    struct str words[] = {STR("a"), STR("b")};
    struct flag_change fc = {.how = FLAGS_ADD, .keywords = words, .n_keywords = 2},
                       one = {.how = FLAGS_REMOVE, .keywords = words, .n_keywords = 1};
    struct delivery_rcpt rcpt = {.account = 7, .mailbox = STR("x/y")};
    struct delivery d = {.mail = letter(w, "to x"), .rcpts = &rcpt, .n_rcpts = 1};
    struct account *a = open_account(w, 7);
    struct mail_msg msg;
    struct view *v;

    keep(w, 100);
    CHECK_ST(mailbox_create(a, STR("x/y"), MAIL_USE_NONE), ST_OK);
    CHECK_ST(mail_deliver(w->mail, &d), ST_OK);
    v = open_view(a, "x/y");
    CHECK_ST(view_store(v, uids(1, 1), &fc), ST_OK);
    CHECK_ST(view_store(v, uids(1, 1), &one), ST_OK);
    view_close(v);
    CHECK_ST(mailbox_delete(a, STR("x/y")), ST_OK);
    CHECK_ST(mailbox_delete(a, STR("x")), ST_OK);
    CHECK_U64((uint64_t)a->have.messages, 0);
    CHECK_STR(listed(w, a, &(struct kept_filter){.mailbox = STR("x/y")}), STR("x/y/1/0"));
    CHECK_STR(listed(w, a, &(struct kept_filter){.mailbox = STR("x")}), STR(""));
    CHECK_STR(listed(w, a, &(struct kept_filter){.text = STR("TO X")}), STR("x/y/1/0"));
    CHECK_STR(listed(w, a, &(struct kept_filter){.text = STR("body of")}), STR("x/y/1/0"));
    CHECK_STR(listed(w, a, &(struct kept_filter){.text = STR("no such")}), STR(""));
    CHECK_STR(listed(w, a, &(struct kept_filter){.since_us = clock_wall_us() + 1000000}), STR(""));
    CHECK_U64(restore(a, &any), 1);
    v = open_view(a, "x/y");
    CHECK_U64(view_count(v), 1);
    view_msg(v, 1, &msg);
    CHECK_U64(msg.keywords, 1);
    CHECK_STR(view_keyword(v, 0), STR("b"));
    view_close(v);
    account_close(a);
}
TEST(kept_when_its_mailbox_is_gone)
{
    in_world(1, body_mailbox_gone);
}

/* References: a copy, one of the two deleted, brought back, both deleted, purged one after the other. */
static void body_shared(struct world *w)
{
    uint64_t to[] = {7};
    struct account *a = open_account(w, 7);
    struct copied copied;
    struct view *v;
    size_t n;

    keep(w, 100);
    CHECK_ST(deliver_to(w, to, 1, "one"), ST_OK);
    v = open_view(a, "INBOX");
    CHECK_ST(view_copy(v, uids(1, 1), STR("Trash"), false, &w->arena, &copied), ST_OK);
    CHECK_ST(view_expunge(v, uids(1, 1), true), ST_OK);
    CHECK_U64(restore(a, &any), 1);
    CHECK_STR(changes(w, v, true), STR("X1 E1"));
    CHECK_ST(view_expunge(v, uids(2, 2), true), ST_OK);
    CHECK_ST(mailbox_delete(a, STR("Trash")), ST_OK);
    CHECK_U64(keys_of(w, 'X'), 2);
    CHECK_U64((uint64_t)all_refs(w), 1);
    CHECK_ST(kept_purge_some(a, UINT64_MAX, 1, &n), ST_OK);
    CHECK_U64(n, 1);
    CHECK_U64((uint64_t)all_refs(w), 1);
    CHECK_U64(keys_of(w, 'E'), 1);
    CHECK_ST(kept_purge_some(a, UINT64_MAX, 10, &n), ST_OK);
    CHECK_U64((uint64_t)all_refs(w), 0);
    CHECK_U64(keys_of(w, 'E') + keys_of(w, 'R') + keys_of(w, 'X') + keys_of(w, 'H'), 0);
    view_close(v);
    account_close(a);
}
TEST(kept_counts_as_a_reference)
{
    in_world(1, body_shared);
}

/* Only what is old enough goes; without keeping nothing is left behind. */
static void body_purge(struct world *w)
{
    uint64_t to[] = {7, 7, 7};
    struct account *a = open_account(w, 7);
    uint64_t between;
    struct view *v;
    size_t n;

    keep(w, 100);
    CHECK_ST(deliver_to(w, to, 3, "one"), ST_OK);
    v = open_view(a, "INBOX");
    CHECK_ST(view_expunge(v, uids(1, 1), true), ST_OK);
    between = clock_wall_us() + 1;
    while (clock_wall_us() <= between)
        co_yield ();
    CHECK_ST(view_expunge(v, uids(2, 2), true), ST_OK);
    CHECK_ST(kept_purge_some(a, between, 10, &n), ST_OK);
    CHECK_U64(n, 1);
    CHECK_STR(listed(w, a, &any), STR("INBOX/2/0"));
    keep(w, 0);
    CHECK_ST(view_expunge(v, uids(3, 3), true), ST_OK);
    CHECK_STR(listed(w, a, &any), STR("INBOX/2/0"));
    CHECK_U64((uint64_t)all_refs(w), 1);
    w->store->fail = ST_NOSPACE;
    w->store->fail_n = 1;
    CHECK_ST(kept_restore(a, &any, &n), ST_NOSPACE);
    CHECK_U64(n, 0);
    w->store->fail = ST_CANCELED; /* a commit in front of it has failed: made anew by itself */
    w->store->fail_n = 2;
    CHECK_U64(restore(a, &any), 1);
    view_close(v);
    account_close(a);
}
TEST(kept_until_it_is_old)
{
    in_world(1, body_purge);
}

/* Two who want the same message back, and one who takes it away for good. */
struct wanting {
    struct account *a;
    size_t n;
    bool purges;
    enum st st;
};

static void want(void *arg)
{
    struct wanting *x = arg;

    x->st = x->purges ? kept_purge_some(x->a, UINT64_MAX, 10, &x->n) : kept_restore(x->a, &any, &x->n);
}

static void body_once(struct world *w)
{
    uint64_t to[] = {7};
    struct account *a = open_account(w, 7);
    struct wanting x[] = {{a, 0, false, ST_OK}, {a, 0, true, ST_OK}, {a, 0, false, ST_OK}};
    struct together t[] = {{.fn = want, .arg = &x[0]}, {.fn = want, .arg = &x[1]}, {.fn = want, .arg = &x[2]}};
    struct view *v;

    keep(w, 100);
    CHECK_ST(deliver_to(w, to, 1, "one"), ST_OK);
    v = open_view(a, "INBOX");
    CHECK_ST(view_expunge(v, uids(1, 1), true), ST_OK);
    CHECK_STR(changes(w, v, true), STR("X1"));
    all_together(w, t, 3);
    CHECK_U64(x[0].n + x[1].n + x[2].n, 1);
    CHECK(x[0].st == ST_OK && x[1].st == ST_OK && x[2].st == ST_OK);
    CHECK_STR(changes(w, v, true), STR("E1"));
    view_close(v);
    account_close(a);
}
TEST(kept_comes_back_once)
{
    in_world(1, body_once);
}

/* A round of upkeep on a core: what it finds by itself, and how long an account keeps for itself. */
static void body_own_time(struct world *w)
{
    struct account_limits limits = {.keep_s = 0};
    uint64_t to[] = {7};
    struct account *a = open_account(w, 7);
    struct mail_round round;
    struct view *v;

    keep(w, 100);
    CHECK_ST(deliver_to(w, to, 1, "one"), ST_OK);
    v = open_view(a, "INBOX");
    CHECK_ST(view_expunge(v, uids(1, 1), true), ST_OK);
    CHECK_ST(mail_upkeep(w->mail, &round), ST_OK);
    CHECK_U64(round.purged, 0);
    CHECK_ST(mail_tell(w->mail, 7, &limits), ST_OK);
    view_close(v);
    account_close(a);
    mail_again(w);
    keep(w, 100);
    CHECK_ST(mail_upkeep(w->mail, &round), ST_OK); /* it is written with the account */
    CHECK_U64(round.purged, 1);
    CHECK_U64((uint64_t)all_refs(w), 0);
}
TEST(kept_for_the_accounts_own_time)
{
    in_world(1, body_own_time);
}

/* No more than the quota's bytes are kept, the oldest go first; and for less long while the disk is short. */
static void body_bounded(struct world *w)
{
    struct account_limits told = {.keep_s = KEEP_DEFAULT};
    uint64_t to[] = {7}, size;
    struct account *a = open_account(w, 7);
    struct mail_round round;
    struct view *v;

    keep(w, 100);
    for (unsigned i = 0; i < 4; i++)
        CHECK_ST(deliver_to(w, to, 1, "one"), ST_OK);
    size = (uint64_t)a->have.bytes / 4;
    v = open_view(a, "INBOX");
    for (uint32_t uid = 1; uid <= 4; uid++) {
        uint64_t now = clock_wall_us();

        CHECK_ST(view_expunge(v, uids(uid, uid), true), ST_OK);
        while (clock_wall_us() == now)
            co_yield ();
    }
    told.bytes = 2 * size + 1;
    CHECK_ST(mail_tell(w->mail, 7, &told), ST_OK);
    CHECK_ST(mail_upkeep(w->mail, &round), ST_OK);
    CHECK_U64(round.purged, 2);
    CHECK_STR(listed(w, a, &any), STR("INBOX/3/0 INBOX/4/0"));
    CHECK_ST(mail_upkeep(w->mail, &round), ST_OK);
    CHECK_U64(round.purged, 0);
    mail_set_rules(w->mail, &(struct mail_rules){.keep_s = 100, .halvings = 30});
    CHECK(kept_is_on(a));
    CHECK_ST(mail_upkeep(w->mail, &round), ST_OK);
    CHECK_U64(round.purged, 2);
    CHECK_U64((uint64_t)all_refs(w), 0);
    view_close(v);
    account_close(a);
}
TEST(kept_is_bounded)
{
    in_world(1, body_bounded);
}
