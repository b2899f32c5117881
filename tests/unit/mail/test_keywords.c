/* Names of keywords: when all places are taken, one that no message carries is given away. */
#include "help.h"

#include "mail/keywords.c"

static enum st set_keyword(struct world *w, struct view *v, uint32_t uid, unsigned number, bool add)
{
    struct str name = arena_printf(&w->arena, "k%u", number);

    return view_store(v, uids(uid, uid),
                      &(struct flag_change){.how = add ? FLAGS_ADD : FLAGS_REMOVE, .keywords = &name, .n_keywords = 1});
}

static void body_reclaimed(struct world *w)
{
    struct account *a = open_account(w, 7);
    uint64_t to[] = {7, 7};
    struct new_mail mail = letter(w, "x");
    struct str two[] = {STR("k30"), STR("fresh")};
    struct copied copied;
    uint32_t validity, *new_uids;
    struct mail_msg msg;
    struct view *v, *archive;

    CHECK_ST(deliver_to(w, to, 2, "one"), ST_OK);
    v = open_view(a, "INBOX");
    for (unsigned i = 0; i < LIMIT_KEYWORDS; i++)
        CHECK_ST(set_keyword(w, v, 1, i, true), ST_OK);
    CHECK(!view_takes_keywords(v));
    CHECK_ST(set_keyword(w, v, 2, 100, true), ST_LIMIT);
    CHECK_ST(set_keyword(w, v, 1, 5, false), ST_OK);
    CHECK(view_takes_keywords(v));
    changes(w, v, true);
    CHECK_ST(set_keyword(w, v, 2, 100, true), ST_OK);
    CHECK_STR(changes(w, v, true), STR("K"));
    CHECK_STR(view_keyword(v, 5), STR("k100"));
    view_msg(v, 2, &msg);
    CHECK_U64(msg.keywords, 1ull << 5);
    /* one that is there, used by nobody, and a new one: they don't get the same place */
    CHECK_ST(set_keyword(w, v, 1, 30, false), ST_OK);
    CHECK_ST(set_keyword(w, v, 1, 31, false), ST_OK);
    view_close(v);
    account_close(a);
    mail_again(w);
    a = open_account(w, 7);
    mail.keywords = two;
    mail.n_keywords = 2;
    CHECK_ST(mail_append(a, STR("INBOX"), &mail, 1, &w->arena, &validity, &new_uids), ST_OK);
    v = open_view(a, "INBOX");
    view_msg(v, 3, &msg);
    CHECK_U64(msg.keywords, 3ull << 30);
    CHECK_STR(view_keyword(v, 31), STR("fresh"));
    /* a full target of a copy, which is not in memory */
    CHECK_ST(view_copy(v, uids(1, 3), STR("Archive"), false, &w->arena, &copied), ST_OK);
    archive = open_view(a, "Archive");
    CHECK_ST(view_expunge(archive, uids(1, 1), true), ST_OK);
    view_close(archive);
    CHECK_ST(set_keyword(w, v, 3, 200, true), ST_LIMIT);
    CHECK_ST(view_expunge(v, uids(1, 1), true), ST_OK);
    CHECK_ST(set_keyword(w, v, 3, 200, true), ST_OK);
    CHECK_ST(view_copy(v, uids(3, 3), STR("Archive"), false, &w->arena, &copied), ST_OK);
    archive = open_view(a, "Archive");
    view_msg(archive, 3, &msg);
    CHECK_U64((uint64_t)__builtin_popcountll(msg.keywords), 3);
    view_close(archive);
    view_close(v);
    account_close(a);
}
TEST(keywords_are_reclaimed)
{
    in_world(1, body_reclaimed);
}

/* The change that takes a keyword from its last message may fail still. */
struct storing {
    struct world *w;
    struct view *v;
    unsigned number;
    bool add;
    enum st st;
};

static void store_one(void *arg)
{
    struct storing *s = arg;

    s->st = set_keyword(s->w, s->v, 1, s->number, s->add);
}

static void body_not_before_durable(struct world *w)
{
    struct account *a = open_account(w, 7);
    uint64_t to[] = {7};
    struct storing s[2];
    struct together t[] = {{.fn = store_one, .arg = &s[0]}, {.fn = store_one, .arg = &s[1]}};

    CHECK_ST(deliver_to(w, to, 1, "one"), ST_OK);
    s[0] = s[1] = (struct storing){w, open_view(a, "INBOX"), 7, false, ST_OK};
    s[1].number = 100;
    s[1].add = true;
    for (unsigned i = 0; i < LIMIT_KEYWORDS; i++)
        CHECK_ST(set_keyword(w, s[0].v, 1, i, true), ST_OK);
    all_together(w, t, 2);
    CHECK_ST(s[0].st, ST_OK);
    CHECK_ST(s[1].st, ST_LIMIT);
    CHECK_ST(set_keyword(w, s[0].v, 1, 100, true), ST_OK);
    view_close(s[0].v);
    account_close(a);
}
TEST(keywords_in_flight_are_in_use)
{
    in_world(1, body_not_before_durable);
}
