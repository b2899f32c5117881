/* Changes of flags under a condition. */
#include "help.h"

#include "mail/edit.c"

static void fill(struct world *w, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "letter"), ST_OK);
}

struct one_store {
    struct view *v;
    struct uid_set set;
    struct flag_change c;
    struct arena arena;
    struct store_outcome out;
    enum st st;
};

static void store_one(void *arg)
{
    struct one_store *s = arg;

    s->st = view_store_if(s->v, s->set, &s->c, &s->arena, &s->out);
}

static const struct flag_change take = {
    .how = FLAGS_ADD, .flags = MAIL_FLAGGED, .is_conditional = true, .unchanged_since = 4};

/* Several at once take the same messages: each is somebody's, and nobody else's, whatever is durable meanwhile. */
static void body_race(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct one_store s[4] = {0};
    struct together t[4];
    size_t failed = 0;

    fill(w, 3); /* modseqs 2 to 4 */
    for (unsigned i = 0; i < 4; i++) {
        s[i] = (struct one_store){.v = open_view(a, "INBOX"), .set = uids(1, 3), .c = take};
        t[i] = (struct together){.fn = store_one, .arg = &s[i]};
    }
    all_together(w, t, 4);
    for (unsigned i = 0; i < 4; i++) {
        CHECK_ST(s[i].st, ST_OK);
        CHECK(s[i].out.n == 0 || s[i].out.n == 3);
        failed += s[i].out.n;
        view_close(s[i].v);
        arena_fini(&s[i].arena);
    }
    CHECK_U64(failed, 9);
    account_close(a);
}
TEST(one_of_several_wins)
{
    in_world(1, body_race);
}

/* The commit that was in front fails, and takes this one along: it is asked again, by what is durable then. */
static void body_again(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct one_store s[2] = {0};
    struct together t[2];

    fill(w, 3);
    s[0] =
        (struct one_store){.v = open_view(a, "INBOX"), .set = uids(2, 2), .c = {.how = FLAGS_ADD, .flags = MAIL_SEEN}};
    s[1] = (struct one_store){.v = open_view(a, "INBOX"), .set = uids(1, 3), .c = take};
    for (unsigned i = 0; i < 2; i++)
        t[i] = (struct together){.fn = store_one, .arg = &s[i]};
    w->store->fail = ST_NOSPACE;
    w->store->fail_n = 1;
    all_together(w, t, 2);
    CHECK_ST(s[0].st, ST_NOSPACE);
    CHECK_ST(s[1].st, ST_OK);
    CHECK_U64(s[1].out.n, 0);
    for (unsigned i = 0; i < 2; i++) {
        view_close(s[i].v);
        arena_fini(&s[i].arena);
    }
    account_close(a);
}
TEST(a_condition_is_asked_again)
{
    in_world(1, body_again);
}

/* Every third has changed. */
static void body_many(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct uid_range all = {1, UINT32_MAX};
    struct one_store s = {.set = {&all, 1}, .c = take};
    struct view *other;

    fill(w, 30);
    s.v = open_view(a, "INBOX");
    other = open_view(a, "INBOX");
    s.c.unchanged_since = view_told_modseq(s.v);
    for (uint32_t uid = 3; uid <= 30; uid += 3)
        CHECK_ST(add_flags(other, uids(uid, uid), MAIL_SEEN), ST_OK);
    store_one(&s);
    CHECK_ST(s.st, ST_OK);
    CHECK_U64(s.out.n, 10);
    for (uint32_t i = 0; i < s.out.n; i++)
        CHECK_U64(s.out.failed[i], 3 * i + 3);
    for (uint32_t seq = 1; seq <= 30; seq++)
        CHECK_U64(view_modseq(s.v, seq) > s.c.unchanged_since, 1);
    CHECK_U64(view_next_since(s.v, 1, 30, view_modseq(s.v, 1)), 0);
    CHECK_U64(view_next_since(s.v, 1, 30, view_modseq(s.v, 1) - 1), 1);
    CHECK_U64(view_next_since(s.v, 3, 30, view_modseq(s.v, 1) - 1), 4);
    view_close(other);
    view_close(s.v);
    arena_fini(&s.arena);
    account_close(a);
}
TEST(many_under_a_condition)
{
    in_world(1, body_many);
}
