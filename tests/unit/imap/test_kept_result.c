/* Results as runs, against one flag for each message. */
#include "world.h"

#include "imap/kept_result.c"

#define MESSAGES 40

static struct view *open_inbox(struct world *w, struct account **out_a)
{
    struct view *v;

    for (int i = 0; i < MESSAGES; i++)
        CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "letter"), ST_OK);
    CHECK_ST(account_open(w->mail, 7, out_a), ST_OK);
    CHECK_ST(view_open(*out_a, STR("INBOX"), false, &v), ST_OK);
    return v;
}

static void expunge(struct view *v, uint32_t uid)
{
    struct uid_range r = {uid, uid};
    struct view_change ch;

    CHECK_ST(view_expunge(v, (struct uid_set){&r, 1}, true), ST_OK);
    CHECK(view_next_change(v, true, &ch));
    CHECK_U64(ch.uid, uid);
    CHECK(!view_next_change(v, true, &ch));
}

static void check_all(const struct kept_result *k, const struct view *v, const bool *has)
{
    uint32_t n = 0;

    for (uint32_t seq = 1; seq <= view_count(v); seq++) {
        uint32_t uid = view_uid(v, seq);

        CHECK_U64(kept_result_has(k, uid), has[uid]);
        n += has[uid];
    }
    CHECK(k->n <= n); /* no run is of nothing */
}

static void body_runs(struct world *w)
{
    struct account *a;
    struct view *v = open_inbox(w, &a);
    struct kept_result k = {0};
    bool has[MESSAGES + 1] = {0};
    uint64_t random = 4711;

    for (int step = 0; step < 2000; step++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        uint32_t seq = (uint32_t)(random >> 33) % view_count(v) + 1, uid = view_uid(v, seq);

        if (step % 60 == 59 && view_count(v) > 5) {
            expunge(v, uid);
            kept_result_drop(&k, v, uid);
            has[uid] = false;
        } else if (random >> 63) {
            kept_result_put(&k, v, seq);
            has[uid] = true;
        } else {
            kept_result_drop(&k, v, uid);
            has[uid] = false;
        }
        check_all(&k, v, has);
    }
    CHECK(kept_result_bytes(&k) >= k.n * sizeof *k.runs);
    kept_result_fini(&k);
    view_close(v);
    account_close(a);
}
TEST(runs_are_what_was_put)
{
    in_world(1, body_runs);
}

TEST(order_is_a_list)
{
    struct kept_result k = {0};

    for (uint32_t uid = 1; uid <= 40; uid++)
        kept_result_insert(&k, uid % 2 ? 0 : k.n_order, uid);
    CHECK_U64(k.n_order, 40);
    CHECK_U64(k.order[0], 39);
    CHECK_U64(k.order[39], 40);
    CHECK_U64(kept_result_remove(&k, 40), 39);
    CHECK_U64(kept_result_remove(&k, 39), 0);
    CHECK_U64(kept_result_remove(&k, 39), 38);
    CHECK_U64(k.order[0], 37);
    kept_result_fini(&k);
}
