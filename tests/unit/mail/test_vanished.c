/* What the change log says has gone, and when it can't say. */
#include "help.h"

#include "mail/vanished.c"

static void fill(struct world *w, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "letter"), ST_OK);
}

static struct str vanished(struct world *w, struct view *v, uint64_t since)
{
    struct uid_set set = {0};
    struct buf b;
    struct str s;

    CHECK_ST(view_vanished(v, since, &w->arena, &set), ST_OK);
    buf_init(&b, 4096);
    for (size_t i = 0; i < set.n; i++)
        buf_addf(&b, i ? " %u:%u" : "%u:%u", set.r[i].lo, set.r[i].hi);
    s = arena_str(&w->arena, buf_str(&b));
    buf_fini(&b);
    return s;
}

static void body_log(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct view *v, *other;
    struct copied done;
    struct change *c;
    uint64_t at[4];

    fill(w, 9);
    v = open_view(a, "INBOX");
    at[0] = view_told_modseq(v);
    CHECK_ST(view_expunge(v, uids(5, 6), true), ST_OK);
    CHECK_ST(add_flags(v, uids(1, 9), MAIL_SEEN), ST_OK);
    CHECK_STR(changes(w, v, true), STR("X5 X5"));
    at[1] = view_told_modseq(v);
    CHECK_ST(view_copy(v, uids(2, 2), STR("Trash"), true, &w->arena, &done), ST_OK);
    CHECK_ST(view_copy(v, uids(1, 1), STR("Trash"), false, &w->arena, &done), ST_OK);
    CHECK_ST(view_expunge(v, uids(7, 7), true), ST_OK);
    CHECK_STR(vanished(w, v, at[0]), STR("2:2 5:7"));
    CHECK_STR(vanished(w, v, at[0] + 1), STR("2:2 7:7"));
    CHECK_STR(vanished(w, v, at[1]), STR("2:2 7:7"));
    CHECK_U64(view_told_uidnext(v), 10);
    fill(w, 1);
    CHECK_U64(view_told_uidnext(v), 10);
    CHECK_STR(changes(w, v, true), STR("X2 X4 E6"));
    CHECK_U64(view_told_uidnext(v), 11);
    CHECK_STR(vanished(w, v, view_told_modseq(v)), STR(""));
    CHECK_STR(vanished(w, v, INT64_MAX), STR(""));
    other = open_view(a, "Trash");
    CHECK_STR(vanished(w, other, 0), STR(""));
    view_close(other);

    a->rec.log_low = at[0] + 2; /* cut behind the first expunge */
    CHECK_STR(vanished(w, v, at[0]), STR("1:4294967295"));
    CHECK_STR(vanished(w, v, at[0] + 1), STR("2:2 7:7"));

    c = change_begin(a); /* cut by another core, of which nothing is known here */
    c->rec_changed = true;
    CHECK_ST(change_commit(c, NULL, 0), ST_OK);
    a->rec.log_low = 1;
    CHECK_STR(vanished(w, v, at[0]), STR("1:4294967295"));
    CHECK_STR(vanished(w, v, at[0] + 1), STR("2:2 7:7"));
    view_close(v);
    account_close(a);
}
TEST(the_log_says_what_has_gone)
{
    in_world(1, body_log);
}

/* Ranges that touch become one; too many that do not are too many. */
TEST(ranges_are_bounded)
{
    struct walk w = {0};
    uint32_t uid;

    for (uid = 3 * LIMIT_MAIL_VANISHED; uid > 0; uid--)
        CHECK_ST(add(&w, (struct uid_range){uid, uid}), ST_OK);
    join(&w);
    CHECK_U64(w.n, 1);
    CHECK_U64(w.r[0].lo, 1);
    CHECK_U64(w.r[0].hi, 3 * LIMIT_MAIL_VANISHED);
    for (uid = 4 * LIMIT_MAIL_VANISHED; w.n < LIMIT_MAIL_VANISHED; uid += 2)
        CHECK_ST(add(&w, (struct uid_range){uid, uid}), ST_OK);
    CHECK_ST(add(&w, (struct uid_range){uid, uid}), ST_LIMIT);
    mem_free(w.r);
}
