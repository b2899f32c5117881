/* Changes in flight at once: the overlay, failing chains, what a restart reads, uidvalidity, keywords. */
#include "help.h"

#include "mail/change.c"

static void fill(struct world *w, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "letter"), ST_OK);
}

struct one_store {
    struct view *v;
    struct uid_set set;
    struct flag_change c;
    enum st st;
};

static void store_one(void *arg)
{
    struct one_store *s = arg;

    s->st = view_store(s->v, s->set, &s->c);
}

static uint32_t flags_of(const struct view *v, uint32_t seq)
{
    struct mail_msg m;

    view_msg(v, seq, &m);
    return m.flags;
}

/* Two sessions change flags of one message, neither waiting for the other: both changes count. */
static void body_two_sessions(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct str word = STR("$Work");
    struct one_store s[3];
    struct together t[3];
    struct view *v1, *v2;
    struct mail_msg m;
    struct str before;

    fill(w, 3);
    v1 = open_view(a, "INBOX");
    v2 = open_view(a, "INBOX");
    s[0] = (struct one_store){v1, uids(1, 2), {.how = FLAGS_ADD, .flags = MAIL_SEEN}, 0};
    s[1] = (struct one_store){
        v2, uids(2, 3), {.how = FLAGS_ADD, .flags = MAIL_FLAGGED, .keywords = &word, .n_keywords = 1}, 0};
    s[2] = (struct one_store){v1, uids(2, 2), {.how = FLAGS_REMOVE, .flags = MAIL_SEEN}, 0};
    for (unsigned i = 0; i < 3; i++)
        t[i] = (struct together){.fn = store_one, .arg = &s[i]};
    all_together(w, t, 3);
    for (unsigned i = 0; i < 3; i++)
        CHECK_ST(s[i].st, ST_OK);
    CHECK_U64(flags_of(v1, 1), MAIL_SEEN);
    CHECK_U64(flags_of(v1, 2), MAIL_FLAGGED);
    CHECK_U64(flags_of(v1, 3), MAIL_FLAGGED);
    view_msg(v2, 2, &m);
    CHECK_U64(m.keywords, 1);
    CHECK_STR(view_keyword(v2, 0), word);
    CHECK_STR(changes(w, v1, false), STR("K F2 F3"));
    CHECK_STR(changes(w, v2, false), STR("F1 F2 K F2"));
    before = dump(w, a, "INBOX");
    view_close(v1);
    view_close(v2);
    account_close(a);
    mail_again(w);
    a = open_account(w, 7);
    CHECK_STR(dump(w, a, "INBOX"), before);
    account_close(a);
}
TEST(change_two_sessions)
{
    in_world(1, body_two_sessions);
}

static void body_failing(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct one_store s[2];
    struct together t[2];
    struct view *v;
    struct str before;

    fill(w, 3);
    v = open_view(a, "INBOX");
    before = dump(w, a, "INBOX");
    s[0] = (struct one_store){v, uids(1, 2), {.how = FLAGS_ADD, .flags = MAIL_SEEN}, 0};
    s[1] = (struct one_store){v, uids(2, 3), {.how = FLAGS_ADD, .flags = MAIL_DELETED}, 0};
    for (unsigned i = 0; i < 2; i++)
        t[i] = (struct together){.fn = store_one, .arg = &s[i]};
    w->store->fail = ST_NOSPACE;
    w->store->fail_n = 2; /* the second one is made anew, and fails again */
    all_together(w, t, 2);
    CHECK_ST(s[0].st, ST_NOSPACE);
    CHECK_ST(s[1].st, ST_NOSPACE);
    CHECK_U64(w->store->canceled, 1);
    CHECK_STR(dump(w, a, "INBOX"), before);
    CHECK_ST(view_expunge(v, uids(1, 3), false), ST_OK); /* nothing has \Deleted */
    CHECK_U64(view_info(v)->messages, 3);
    CHECK_ST(add_flags(v, uids(3, 3), MAIL_DELETED), ST_OK);
    CHECK_ST(view_expunge(v, uids(1, 3), false), ST_OK);
    CHECK_STR(changes(w, v, true), STR("X3"));
    view_close(v);
    account_close(a);
}
TEST(change_failing_chain)
{
    in_world(1, body_failing);
}

/* Behind one that fails all kinds of changes are made anew. */
struct anew {
    struct account *a;
    struct view *v;
    unsigned what;
    struct copied copied;
    struct arena ar;
    enum st st;
};

static void change_anew(void *arg)
{
    struct anew *x = arg;

    switch (x->what) {
    case 1: x->st = view_copy(x->v, uids(1, 2), STR("Archive"), false, &x->ar, &x->copied); break;
    case 2: x->st = view_copy(x->v, uids(3, 3), STR("Archive"), true, &x->ar, &x->copied); break;
    case 3: x->st = mailbox_create(x->a, STR("new/er"), MAIL_USE_NONE); break;
    case 4: x->st = mailbox_rename(x->a, STR("Junk"), STR("Junk2")); break;
    case 5: x->st = mailbox_delete(x->a, STR("Drafts")); break;
    case 6: x->st = mailbox_subscribe(x->a, STR("Sent"), false); break;
    case 7: x->st = view_expunge(x->v, uids(4, 4), true); break;
    default: x->st = add_flags(x->v, uids(1, 5), MAIL_FLAGGED);
    }
}

static void body_anew(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct anew x[8];
    struct together t[8];
    struct view *v;

    fill(w, 5);
    v = open_view(a, "INBOX");
    for (unsigned i = 0; i < 8; i++) {
        x[i] = (struct anew){.a = a, .v = v, .what = i, .ar = ARENA_INIT};
        t[i] = (struct together){.fn = change_anew, .arg = &x[i]};
    }
    w->store->fail = ST_NOSPACE;
    w->store->fail_n = 1;
    all_together(w, t, 8);
    CHECK_ST(x[0].st, ST_NOSPACE);
    for (unsigned i = 1; i < 8; i++)
        CHECK_ST(x[i].st, ST_OK);
    CHECK(w->store->canceled > 0);
    CHECK_U64(x[1].copied.n, 2);
    CHECK_U64(x[2].copied.n, 1);
    CHECK_U64(x[2].copied.from[0], 3);
    CHECK_U64(view_info(v)->messages, 3);
    CHECK(account_mailbox(a, STR("new/er"), false) && account_mailbox(a, STR("Junk2"), false));
    CHECK(!account_mailbox(a, STR("Drafts"), false) && !account_mailbox(a, STR("Junk"), false));
    for (unsigned i = 0; i < 8; i++)
        arena_fini(&x[i].ar);
    view_close(v);
    account_close(a);
}
TEST(change_made_anew)
{
    in_world(1, body_anew);
}

/* What is written always reads back as the state in memory, through a row of every kind of change. */
static void body_restart(struct world *w)
{
    static const char *const names[] = {"INBOX", "Archive", "Sent", "Work/2026"};
    struct account *a = open_account(w, 7);
    struct str before[ARRAY_LEN(names)];
    struct copied copied;
    struct view *v;

    fill(w, 10);
    CHECK_ST(mailbox_create(a, STR("Work/2026"), MAIL_USE_NONE), ST_OK);
    v = open_view(a, "INBOX");
    CHECK_ST(add_flags(v, uids(3, 5), MAIL_SEEN | MAIL_FLAGGED), ST_OK);
    CHECK_ST(view_copy(v, uids(2, 4), STR("Archive"), false, &w->arena, &copied), ST_OK);
    CHECK_U64(copied.n, 3);
    CHECK_ST(view_copy(v, uids(4, 6), STR("work/2026"), true, &w->arena, &copied), ST_NOTFOUND);
    CHECK_ST(view_copy(v, uids(4, 6), STR("Work/2026"), true, &w->arena, &copied), ST_OK);
    CHECK_ST(view_copy(v, uids(1, 1), STR("INBOX"), false, &w->arena, &copied), ST_OK);
    CHECK_U64(copied.to[0], 11);
    CHECK_ST(view_expunge(v, uids(2, 3), true), ST_OK);
    view_close(v);
    for (unsigned i = 0; i < ARRAY_LEN(names); i++)
        before[i] = dump(w, a, names[i]);
    account_close(a);
    mail_again(w);
    a = open_account(w, 7);
    for (unsigned i = 0; i < ARRAY_LEN(names); i++)
        CHECK_STR(dump(w, a, names[i]), before[i]);
    account_close(a);
}
TEST(change_restart)
{
    in_world(1, body_restart);
}

static void body_keywords(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct str bad = STR("two words");
    struct view *v;

    fill(w, 1);
    v = open_view(a, "INBOX");
    for (unsigned i = 0; i < LIMIT_KEYWORDS; i++) {
        struct str word = arena_printf(&w->arena, "word%u", i);

        CHECK_ST(view_store(v, uids(1, 1), &(struct flag_change){.how = FLAGS_ADD, .keywords = &word, .n_keywords = 1}),
                 ST_OK);
    }
    CHECK_U64(view_keywords(v), LIMIT_KEYWORDS);
    CHECK_ST(view_store(v, uids(1, 1),
                        &(struct flag_change){.how = FLAGS_ADD, .keywords = &(struct str){"x", 1}, .n_keywords = 1}),
             ST_LIMIT);
    CHECK_ST(view_store(v, uids(1, 1),
                        &(struct flag_change){.how = FLAGS_REMOVE, .keywords = &(struct str){"x", 1}, .n_keywords = 1}),
             ST_OK);
    CHECK_ST(
        view_store(v, uids(1, 1),
                   &(struct flag_change){.how = FLAGS_SET, .keywords = &(struct str){"WORD5", 5}, .n_keywords = 1}),
        ST_OK);
    CHECK_ST(view_store(v, uids(1, 1), &(struct flag_change){.how = FLAGS_SET, .keywords = &bad, .n_keywords = 1}),
             ST_SYNTAX);
    view_close(v);
    account_close(a);
}
TEST(change_keywords)
{
    in_world(1, body_keywords);
}

/* Bodies go when the last message that refers to them goes. */
static void body_references(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct copied copied;
    struct view *v, *sent;

    fill(w, 2);
    v = open_view(a, "INBOX");
    CHECK_ST(view_copy(v, uids(1, 2), STR("Sent"), false, &w->arena, &copied), ST_OK);
    CHECK_ST(view_copy(v, uids(1, 1), STR("Sent"), false, &w->arena, &copied), ST_OK);
    CHECK_ST(view_expunge(v, uids(1, 2), true), ST_OK);
    CHECK_U64(w->store->blobs[0].refs, 1);
    sent = open_view(a, "Sent");
    CHECK_U64(view_count(sent), 3);
    CHECK_ST(view_expunge(sent, uids(1, 2), true), ST_OK);
    CHECK_U64(w->store->blobs[0].refs, 1);
    CHECK_U64(w->store->blobs[1].refs, 0);
    view_close(v);
    view_close(sent);
    CHECK_ST(mailbox_delete(a, STR("Sent")), ST_OK);
    CHECK_U64(w->store->blobs[0].refs, 0);
    account_close(a);
    for (size_t i = 0; i < w->store->n_rows; i++) {
        char letter = w->store->rows[i].key.p[0];

        CHECK(letter != KEY_EMAIL && letter != KEY_REFS && letter != KEY_HOT);
    }
}
TEST(change_references)
{
    in_world(1, body_references);
}
