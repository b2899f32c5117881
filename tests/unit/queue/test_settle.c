/* Carrying: who has which entry, what becomes of it, and when it comes again. */
#include "carry.h"

static struct queue *begin(struct world *w)
{
    return begin_at(
        w, 1000 * MINUTE,
        &(struct queue_retry){
            .first_us = 5 * MINUTE, .most_us = 40 * MINUTE, .lifetime_us = 600 * MINUTE, .notice_us = 100 * MINUTE});
}

static const struct queue_rcpt two[] = {{.address = STR("x@far.test")}, {.address = STR("y@far.test")}};

static enum st settle_one(struct queue *q, uint64_t id, uint32_t rcpt, enum queue_fate fate)
{
    return queue_settle(
        q, id, &(struct queue_result){.rcpt = rcpt, .fate = fate, .status = STR("4.2.0"), .answer = STR("said so")}, 1,
        true, NULL);
}

static void body_claiming(struct world *w)
{
    struct queue *q = begin(w);
    struct queue_entry *e;
    uint64_t late = submit(w, q, one, 1, wall + MINUTE), first = submit(w, q, one, 1, wall - MINUTE),
             second = submit(w, q, one, 1, wall);

    CHECK_U64(claim(q, 1, &w->arena, &e), 1);
    CHECK_U64(e[0].id, first);
    CHECK_U64(claim(q, 10, &w->arena, &e), 1);
    CHECK_U64(e[0].id, second);
    CHECK_U64(claim(q, 10, &w->arena, &e), 0); /* the third is not due */
    CHECK(queue_is_claimed(q, first) && !queue_is_claimed(q, late));
    queue_give_back_all(q); /* whoever carried has died */
    wall += 2 * MINUTE;
    CHECK_U64(claim(q, 10, &w->arena, &e), 3);
    CHECK(e[0].id == first && e[1].id == second && e[2].id == late);
    end(q);
}
TEST(what_is_due_is_given_away_once)
{
    in_world(1, body_claiming);
}

static uint64_t submit_urgent(struct world *w, struct queue *q, int32_t priority, uint64_t due)
{
    struct queue_entry e = {.account = 7,
                            .priority = priority,
                            .reverse_path = STR("a@example.test"),
                            .due_us = due,
                            .arrival_us = due,
                            .rcpts = one,
                            .n_rcpts = 1};
    struct delivery_rcpt local = {.account = 7};
    struct delivery d = {.mail = letter(w, "out"), .rcpts = &local, .n_rcpts = 1};
    struct queue_extra extra = {q, &e};

    d.extra = queue_extra;
    d.extra_arg = &extra;
    CHECK_ST(mail_deliver(w->mail, &d), ST_OK);
    return e.id;
}

static void body_urgent(struct world *w)
{
    struct queue *q = begin(w);
    struct queue_entry *e;
    uint64_t ids[8];

    ids[0] = submit_urgent(w, q, 0, wall);
    ids[1] = submit_urgent(w, q, -2, wall - 1);
    ids[2] = submit_urgent(w, q, 9, wall);
    ids[3] = submit_urgent(w, q, 0, wall - 9 * 60 * MINUTE - 1); /* has waited for longer than that priority is worth */
    ids[4] = submit_urgent(w, q, 9, wall + MINUTE);
    ids[5] = submit_urgent(w, q, 4, wall);
    CHECK_U64(claim(q, 2, &w->arena, &e), 2);
    CHECK(e[0].id == ids[3] && e[1].id == ids[2]);
    CHECK_U64(claim(q, 1, &w->arena, &e), 1);
    CHECK(e[0].id == ids[5] && e[0].priority == 4);
    ids[6] = submit_urgent(w, q, 9, wall - 1);
    CHECK_U64(claim(q, 10, &w->arena, &e), 3);
    CHECK(e[0].id == ids[6] && e[1].id == ids[0] && e[2].id == ids[1]);
    CHECK_U64(claim(q, 10, &w->arena, &e), 0);
    wall += MINUTE;
    CHECK_U64(claim(q, 10, &w->arena, &e), 1);
    CHECK_U64(e[0].id, ids[4]);
    CHECK_ST(settle_one(q, ids[4], 0, QUEUE_DEFERRED), ST_OK);
    CHECK_ST(settle_one(q, ids[6], 0, QUEUE_DELIVERED), ST_OK);
    CHECK_ST(queue_settle(q, ids[2], NULL, 0, true, NULL), ST_OK); /* given back */
    CHECK_U64(claim(q, 10, &w->arena, &e), 1);
    CHECK_U64(e[0].id, ids[2]);
    queue_give_back_all(q);
    CHECK_U64(claim(q, 10, &w->arena, &e), 5);
    CHECK_ST(queue_hold(q, ids[2], STR("odd")), ST_OK);
    queue_give_back_all(q);
    CHECK_U64(claim(q, 10, &w->arena, &e), 4);
    CHECK_ST(queue_release(q, ids[2]), ST_OK);
    queue_give_back_all(q);
    end(q);
    q = begin(w); /* a new start */
    wall += 20 * MINUTE;
    CHECK_U64(claim(q, 10, &w->arena, &e), 6);
    CHECK(e[0].id == ids[2] || e[1].id == ids[2]);
    end(q);
}
TEST(what_is_urgent_goes_first_and_nothing_waits_for_ever)
{
    in_world(1, body_urgent);
}

static void body_outcomes(struct world *w)
{
    struct queue *q = begin(w);
    struct queue_entry *list, e;
    struct queue_counts counts;
    uint64_t id = submit(w, q, two, 2, wall);

    CHECK_U64(claim(q, 10, &w->arena, &list), 1);
    CHECK_ST(settle_one(q, id, 0, QUEUE_DELIVERED), ST_OK);
    CHECK_ST(queue_get(q, id, &w->arena, &e), ST_OK);
    CHECK(e.rcpts[0].state == QUEUE_RCPT_DELIVERED && e.rcpts[1].state == QUEUE_RCPT_WAITING);
    CHECK_U64(claim(q, 10, &w->arena, &list), 1); /* the other one is due still */
    CHECK_ST(settle_one(q, id, 1, QUEUE_DEFERRED), ST_OK);
    CHECK_U64(claim(q, 10, &w->arena, &list), 0);
    CHECK_ST(queue_get(q, id, &w->arena, &e), ST_OK);
    CHECK(e.rcpts[1].attempts == 1 && e.due_us >= wall + 4 * MINUTE && e.due_us <= wall + 6 * MINUTE);
    CHECK_STR(e.rcpts[1].answer, STR("said so"));
    wall += 6 * MINUTE;
    CHECK_U64(claim(q, 10, &w->arena, &list), 1);
    CHECK_ST(settle_one(q, id, 0, QUEUE_FAILED),
             ST_OK); /* said late, of one that has been delivered: nothing changes */
    CHECK_ST(settle_one(q, id, 1, QUEUE_DELIVERED), ST_OK);
    CHECK_ST(queue_get(q, id, &w->arena, &e), ST_NOTFOUND);
    CHECK_ST(settle_one(q, id, 1, QUEUE_DELIVERED), ST_NOTFOUND);
    queue_get_counts(q, &counts);
    CHECK(!counts.entries && !counts.bytes && !q->leased.n && !q->changing.n);
    CHECK_U64(w->store->blobs[0].refs, 1); /* the local copy's */
    CHECK_ST(queue_settle(q, 4711, NULL, 0, true, NULL), ST_OK);
    end(q);
}
TEST(each_recipient_is_settled_once_and_the_last_one_ends_the_letter)
{
    in_world(1, body_outcomes);
}

/* Reads the letter that is in the queue from nobody. */
static struct str notice_of(struct world *w, struct queue *q)
{
    struct queue_entry *list;
    uint64_t next;
    size_t n;
    bool more;

    CHECK_ST(queue_list(q, &(struct queue_filter){.most = 100}, &w->arena, &list, &n, &next, &more), ST_OK);
    for (size_t i = 0; i < n; i++) {
        struct blob_view v;
        struct str bytes;

        if (list[i].reverse_path.n)
            continue;
        CHECK(list[i].n_rcpts == 1);
        CHECK_STR(list[i].rcpts[0].address, STR("a@example.test"));
        CHECK_ST(blob_open(w->store, list[i].blob, &v), ST_OK);
        CHECK_U64(v.bytes.n, list[i].size);
        bytes = arena_str(&w->arena, v.bytes);
        blob_close(&v);
        CHECK_ST(queue_drop(q, list[i].id), ST_OK);
        return bytes;
    }
    return STR_NONE;
}

static bool has_text(struct str in, const char *what)
{
    return str_search(in, str_z(what)) < in.n;
}

static void body_notices(struct world *w)
{
    static const struct queue_attr never = {STR("NOTIFY"), STR("NEVER")},
                                   success = {STR("NOTIFY"), STR("SUCCESS,DELAY")};
    static const struct queue_rcpt quiet = {.address = STR("x@far.test"), .attrs = &never, .n_attrs = 1};
    static const struct queue_rcpt eager = {.address = STR("x@far.test"), .attrs = &success, .n_attrs = 1};
    struct queue *q = begin(w);
    struct queue_entry *list;
    uint64_t id = submit(w, q, one, 1, wall);

    CHECK_U64(claim(q, 10, &w->arena, &list), 1);
    CHECK_ST(settle_one(q, id, 0, QUEUE_FAILED), ST_OK);
    CHECK(has_text(notice_of(w, q), "Action: failed"));
    id = submit(w, q, &quiet, 1, wall);
    CHECK_ST(settle_one(q, id, 0, QUEUE_FAILED), ST_OK);
    CHECK(!notice_of(w, q).p);
    id = submit(w, q, &eager, 1, wall);
    CHECK_ST(settle_one(q, id, 0, QUEUE_FAILED), ST_OK);
    CHECK(!notice_of(w, q).p);
    id = submit(w, q, &eager, 1, wall);
    CHECK_ST(settle_one(q, id, 0, QUEUE_RELAYED), ST_OK);
    CHECK(has_text(notice_of(w, q), "Action: relayed"));
    id = submit(w, q, one, 1, wall);
    CHECK_ST(settle_one(q, id, 0, QUEUE_RELAYED), ST_OK);
    CHECK(!notice_of(w, q).p);
    end(q);
}
TEST(who_is_told_what)
{
    in_world(1, body_notices);
}

/* Of a letter whose sender has not logged in. */
static uint64_t submit_strange(struct world *w, struct queue *q, const struct queue_rcpt *r, struct str from)
{
    struct delivery_rcpt local = {.account = 7};
    struct delivery d = {.mail = letter(w, "out"), .rcpts = &local, .n_rcpts = 1};
    struct queue_entry e = {
        .size = d.mail.bytes.n, .reverse_path = from, .due_us = wall, .arrival_us = wall, .rcpts = r, .n_rcpts = 1};
    struct queue_extra extra = {q, &e};

    d.extra = queue_extra;
    d.extra_arg = &extra;
    CHECK_ST(mail_deliver(w->mail, &d), ST_OK);
    return e.id;
}

static enum queue_told told_of(struct queue *q, uint64_t id, enum queue_fate fate, struct str status)
{
    struct queue_result res = {.fate = fate, .is_remote = true, .status = status, .answer = STR("said so")};
    enum queue_told told = QUEUE_TOLD_WAYS;

    CHECK_ST(queue_settle(q, id, &res, 1, true, &told), ST_OK);
    return told;
}

static void body_strangers(struct world *w)
{
    static const struct queue_attr any = {STR("NOTIFY"), STR("DELAY,SUCCESS")};
    static const struct queue_rcpt asks = {.address = STR("x@far.test"), .attrs = &any, .n_attrs = 1};
    struct str from = STR("a@example.test");
    struct queue_notices n = {.full_max = 1000, .per_sender = 1000, .per_hour = 1000};
    struct queue *q = begin(w);
    uint64_t id, counts[QUEUE_TOLD_WAYS];

#define STRANGE(rcpt, fate, status) told_of(q, submit_strange(w, q, rcpt, from), fate, STR(status))
    queue_set_notices(q, &n);
    CHECK(STRANGE(one, QUEUE_FAILED, "5.1.1") == QUEUE_TOLD && notice_of(w, q).p);
    CHECK(STRANGE(one, QUEUE_FAILED, "5.7.1") == QUEUE_TOLD_STRANGER && !notice_of(w, q).p);
    CHECK(STRANGE(one, QUEUE_FAILED, "5.6.0") == QUEUE_TOLD_STRANGER);
    CHECK(STRANGE(&asks, QUEUE_RELAYED, "2.0.0") == QUEUE_TOLD && notice_of(w, q).p);
    id = submit_strange(w, q, one, from);
    wall += 101 * MINUTE;
    CHECK(told_of(q, id, QUEUE_DEFERRED, STR("4.2.0")) == QUEUE_TOLD_STRANGER && !notice_of(w, q).p);
    id = submit_strange(w, q, &asks, from);
    wall += 101 * MINUTE;
    CHECK(told_of(q, id, QUEUE_DEFERRED, STR("4.2.0")) == QUEUE_TOLD && notice_of(w, q).p);
    n.strangers = STRANGERS_NEVER;
    queue_set_notices(q, &n);
    CHECK(STRANGE(one, QUEUE_FAILED, "5.1.1") == QUEUE_TOLD_STRANGER);
    CHECK(told_of(q, submit(w, q, one, 1, wall), QUEUE_FAILED, STR("5.7.1")) == QUEUE_TOLD && notice_of(w, q).p);
    n.strangers = STRANGERS_ALWAYS;
    queue_set_notices(q, &n);
    CHECK(STRANGE(one, QUEUE_FAILED, "5.7.1") == QUEUE_TOLD && notice_of(w, q).p);
    from = STR(""); /* a notice that fails ends there */
    CHECK(STRANGE(one, QUEUE_FAILED, "5.1.1") == QUEUE_TOLD_NULL && !notice_of(w, q).p);
    CHECK(STRANGE(one, QUEUE_DELIVERED, "2.0.0") == QUEUE_TOLD_NOBODY);
    queue_get_told(q, counts);
    CHECK_U64(counts[QUEUE_TOLD], 5);
    CHECK_U64(counts[QUEUE_TOLD_STRANGER], 4);
    CHECK_U64(counts[QUEUE_TOLD_NULL], 1);
    end(q);
}
TEST(strangers_are_told_of_what_went_wrong_but_not_of_junk)
{
    in_world(1, body_strangers);
}

static void body_caps(struct world *w)
{
    struct str from = STR("a@example.test");
    struct queue_notices n = {.full_max = 1000, .per_sender = 20, .per_hour = 22};
    struct queue *q = begin(w);

    queue_set_notices(q, &n);
    for (unsigned i = 0; i < 3; i++) {
        CHECK(STRANGE(one, QUEUE_FAILED, "5.1.1") == (i < 2 ? QUEUE_TOLD : QUEUE_TOLD_CAPPED));
        CHECK((notice_of(w, q).p != NULL) == (i < 2));
    }
    from = STR("b@example.test");
    wall += 60 * MINUTE;
    for (unsigned i = 0; i < 22; i++) {
        CHECK(told_of(q, submit(w, q, one, 1, wall), QUEUE_FAILED, STR("5.1.1")) ==
              (i < 20 ? QUEUE_TOLD : QUEUE_TOLD_CAPPED));
        CHECK((notice_of(w, q).p != NULL) == (i < 20));
    }
    end(q);
}
TEST(notices_in_an_hour)
{
    in_world(1, body_caps);
}

static void body_ages(struct world *w)
{
    struct queue *q = begin(w);
    struct queue_entry e;
    uint64_t id = submit(w, q, one, 1, wall);

    CHECK_ST(settle_one(q, id, 0, QUEUE_DEFERRED), ST_OK);
    CHECK(!notice_of(w, q).p);
    wall += 101 * MINUTE;
    CHECK_ST(settle_one(q, id, 0, QUEUE_DEFERRED), ST_OK);
    CHECK(has_text(notice_of(w, q), "Action: delayed"));
    wall += 101 * MINUTE;
    CHECK_ST(settle_one(q, id, 0, QUEUE_DEFERRED), ST_OK);
    CHECK(!notice_of(w, q).p); /* once is enough */
    for (unsigned i = 0; i < 5; i++)
        CHECK_ST(settle_one(q, id, 0, QUEUE_DEFERRED), ST_OK);
    CHECK_ST(queue_get(q, id, &w->arena, &e), ST_OK);
    CHECK(e.due_us <= wall + 44 * MINUTE && e.due_us >= wall + 36 * MINUTE); /* no longer than most_us */
    wall += 390 * MINUTE;
    CHECK_ST(settle_one(q, id, 0, QUEUE_DEFERRED), ST_OK);
    CHECK_ST(queue_get(q, id, &w->arena, &e), ST_OK);
    CHECK_U64(e.due_us, e.arrival_us + 600 * MINUTE); /* a last time at its end */
    wall += 20 * MINUTE;
    CHECK_ST(settle_one(q, id, 0, QUEUE_DEFERRED), ST_OK);
    CHECK_ST(queue_get(q, id, &w->arena, &e), ST_NOTFOUND);
    CHECK(has_text(notice_of(w, q), "Status: 4.4.7"));
    end(q);
}
TEST(a_letter_that_waits_is_told_of_once_and_given_up_in_the_end)
{
    in_world(1, body_ages);
}

static void body_requires_tls(struct world *w)
{
    static const struct queue_attr attrs[] = {{STR("REQUIRETLS"), STR("")}};
    struct queue *q = begin(w);
    struct delivery_rcpt local = {.account = 7};
    struct delivery d = {.mail = letter(w, "secret"), .rcpts = &local, .n_rcpts = 1};
    struct queue_entry e = {.account = 7,
                            .size = d.mail.bytes.n,
                            .reverse_path = STR("a@example.test"),
                            .due_us = wall,
                            .arrival_us = wall,
                            .rcpts = one,
                            .n_rcpts = 1,
                            .attrs = attrs,
                            .n_attrs = 1},
                       *notice;
    struct queue_extra extra = {q, &e};

    d.extra = queue_extra;
    d.extra_arg = &extra;
    CHECK_ST(mail_deliver(w->mail, &d), ST_OK);
    CHECK_ST(settle_one(q, e.id, 0, QUEUE_FAILED), ST_OK);
    CHECK_U64(claim(q, 9, &w->arena, &notice), 1);
    CHECK(queue_attr_get(notice->attrs, notice->n_attrs, STR("REQUIRETLS")).p);
    end(q);
}
TEST(a_notice_is_to_be_as_safe_as_the_letter_that_it_tells_of)
{
    in_world(1, body_requires_tls);
}

/* The letter is not settled when that can't be written, and comes again. */
static void body_failing(struct world *w)
{
    struct queue *q = begin(w);
    struct queue_entry *list, e;
    uint64_t id = submit(w, q, one, 1, wall);

    CHECK_U64(claim(q, 10, &w->arena, &list), 1);
    w->store->fail = ST_NOSPACE;
    w->store->fail_n = 1;
    CHECK_ST(settle_one(q, id, 0, QUEUE_FAILED), ST_NOSPACE);
    CHECK_ST(queue_get(q, id, &w->arena, &e), ST_OK);
    CHECK(e.rcpts[0].state == QUEUE_RCPT_WAITING && queue_is_claimed(q, id));
    CHECK(!notice_of(w, q).p);
    CHECK_ST(queue_settle(q, id, &(struct queue_result){.rcpt = 5}, 1, true, NULL), ST_SYNTAX);
    CHECK_ST(settle_one(q, id, 0, QUEUE_FAILED), ST_OK);
    CHECK(notice_of(w, q).p);
    end(q);
}
TEST(an_outcome_that_can_not_be_written_is_none)
{
    in_world(1, body_failing);
}

/* Writes the entry's record cut short, or as it was. */
static void spoil(struct world *w, uint64_t id, struct str value)
{
    struct kv_change c = {.op = KV_PUT, .key = entry_key(&w->arena, id), .value = value};

    fake_change(w->store, QUEUE_ACCOUNT, &c);
}

static void body_damaged(struct world *w)
{
    struct queue *q = begin(w);
    struct queue_entry *list;
    uint64_t damaged, next, id = submit(w, q, one, 1, wall), good = submit(w, q, one, 1, wall);
    struct str value = arena_str(&w->arena, fake_find(w->store, QUEUE_ACCOUNT, entry_key(&w->arena, id))->value);
    size_t n;
    bool more;

    spoil(w, id, str_sub(value, 0, value.n - 1));
    CHECK_U64(claim(q, 10, &w->arena, &list), 1);
    CHECK_U64(list[0].id, good);
    CHECK(queue_next_damaged(q, &damaged) && damaged == id && !queue_next_damaged(q, &damaged));
    CHECK_U64(claim(q, 10, &w->arena, &list), 0); /* it is left alone */
    CHECK_ST(queue_list(q, &(struct queue_filter){.most = 10}, &w->arena, &list, &n, &next, &more), ST_OK);
    CHECK(n == 2 && list[0].id == id && list[0].held && list[1].id == good && !list[1].held);
    CHECK_ST(queue_shut(q), ST_OK);
    spoil(w, id, value); /* as a repair that could read it */
    CHECK_ST(queue_reopen(q), ST_OK);
    CHECK_U64(claim(q, 10, &w->arena, &list), 1); /* the other one is carried still */
    CHECK_U64(list[0].id, id);
    end(q);
}
TEST(a_damaged_entry_is_told_of_and_carried_once_it_is_mended)
{
    in_world(1, body_damaged);
}

static void body_long_answers(struct world *w)
{
    static struct queue_rcpt many[LIMIT_QUEUE_RCPTS];
    static struct queue_result results[LIMIT_QUEUE_RCPTS];
    char long_answer[2048];
    struct queue *q = begin(w);
    struct queue_entry e;
    struct str notice;
    uint64_t id;

    memset(long_answer, 'x', sizeof long_answer);
    for (uint32_t i = 0; i < LIMIT_QUEUE_RCPTS; i++) {
        many[i] = one[0];
        results[i] = (struct queue_result){.rcpt = i,
                                           .fate = QUEUE_FAILED,
                                           .is_remote = true,
                                           .status = STR("5.1.1"),
                                           .answer = str_n(long_answer, sizeof long_answer)};
    }
    results[0].fate = QUEUE_DEFERRED;
    id = submit(w, q, many, LIMIT_QUEUE_RCPTS, wall);
    CHECK_ST(queue_settle(q, id, results, LIMIT_QUEUE_RCPTS, true, NULL), ST_OK);
    CHECK_ST(queue_get(q, id, &w->arena, &e), ST_OK);
    CHECK(e.rcpts[1].state == QUEUE_RCPT_FAILED && e.rcpts[1].answer.n == ANSWERS_MAX / LIMIT_QUEUE_RCPTS);
    notice = notice_of(w, q);
    CHECK(notice.n > LIMIT_QUEUE_RCPTS * 2 * 200 && has_text(notice, "Status: 5.1.1"));
    end(q);
}
TEST(long_answers_for_many_recipients_are_written_down_all_the_same)
{
    in_world(1, body_long_answers);
}

static void body_counted_once(struct world *w)
{
    struct queue_notices n = {.full_max = 1000, .per_sender = 1, .per_hour = 10};
    struct queue *q = begin(w);
    uint64_t id = submit(w, q, one, 1, wall);

    queue_set_notices(q, &n);
    w->store->fail = ST_CANCELED; /* a commit in front of it has failed: made anew by itself */
    w->store->fail_n = 2;
    CHECK(told_of(q, id, QUEUE_FAILED, STR("5.1.1")) == QUEUE_TOLD);
    CHECK(notice_of(w, q).p);
    wall += 60 * MINUTE;
    id = submit(w, q, one, 1, wall);
    w->store->fail = ST_NOSPACE;
    w->store->fail_n = 1;
    CHECK_ST(settle_one(q, id, 0, QUEUE_FAILED), ST_NOSPACE);
    CHECK(told_of(q, id, QUEUE_FAILED, STR("5.1.1")) == QUEUE_TOLD); /* the courier says it again */
    CHECK(notice_of(w, q).p && q->caps.all == 1);
    end(q);
}
TEST(a_notice_whose_commit_is_made_anew_is_counted_once)
{
    in_world(1, body_counted_once);
}

static void body_changed(struct world *w)
{
    struct queue *q = begin(w);
    struct queue_entry *list;
    uint64_t id = submit(w, q, one, 1, wall + 50 * MINUTE), held = submit(w, q, one, 1, wall);

    CHECK_ST(queue_hold(q, held, STR("x")), ST_OK);
    CHECK_U64(claim(q, 10, &w->arena, &list), 0);
    CHECK_ST(queue_release(q, held), ST_OK);
    CHECK_U64(claim(q, 10, &w->arena, &list), 1);
    CHECK_ST(queue_hold(q, held, STR("y")), ST_OK); /* while it is carried */
    CHECK_ST(settle_one(q, held, 0, QUEUE_DEFERRED), ST_OK);
    wall += 20 * MINUTE;
    CHECK_U64(claim(q, 10, &w->arena, &list), 0);
    CHECK_ST(queue_drop(q, held), ST_OK);
    CHECK_ST(queue_hold(q, id, STR("z")), ST_OK);
    CHECK_ST(queue_release(q, id), ST_OK); /* before its time */
    CHECK_U64(claim(q, 10, &w->arena, &list), 1);
    end(q);
    q = begin(w);
    wall += 21 * MINUTE;
    CHECK_U64(claim(q, 10, &w->arena, &list), 1); /* a queue that starts anew has given nothing away */
    end(q);
}
TEST(held_released_and_dropped_while_carried)
{
    in_world(1, body_changed);
}

static void body_retry(struct world *w)
{
    struct queue *q = begin(w);
    struct queue_entry *list, e;
    uint64_t id = submit(w, q, two, 2, wall);

    CHECK_ST(settle_one(q, id, 0, QUEUE_DEFERRED), ST_OK);
    CHECK_ST(settle_one(q, id, 1, QUEUE_DEFERRED), ST_OK);
    wall += MINUTE;
    CHECK_U64(claim(q, 10, &w->arena, &list), 0);
    CHECK_ST(queue_retry_now(q, id), ST_OK);
    CHECK_U64(claim(q, 10, &w->arena, &list), 1);
    CHECK(list[0].due_us == wall && !list[0].rcpts[0].due_us && !list[0].rcpts[1].due_us); /* both */
    CHECK_ST(queue_retry_now(q, id), ST_OK);                                               /* while it is carried */
    CHECK_ST(settle_one(q, id, 0, QUEUE_DELIVERED), ST_OK);
    CHECK_U64(claim(q, 10, &w->arena, &list), 1);
    CHECK_ST(queue_hold(q, id, STR("x")), ST_OK);
    CHECK_ST(queue_retry_now(q, id), ST_DENIED);
    CHECK_ST(queue_get(q, id, &w->arena, &e), ST_OK);
    CHECK(e.held && e.rcpts[0].state == QUEUE_RCPT_DELIVERED);
    CHECK_ST(queue_retry_now(q, id + 99), ST_NOTFOUND);
    end(q);
}
TEST(a_retry_makes_all_due_at_once_and_leaves_held_ones_alone)
{
    in_world(1, body_retry);
}

static struct str route_of(const struct queue_entry *e)
{
    return queue_attr_get(e->attrs, e->n_attrs, STR(QUEUE_ROUTE));
}

static void body_route(struct world *w)
{
    struct queue *q = begin(w);
    struct queue_entry *list, e;
    uint64_t id = submit(w, q, two, 2, wall);
    size_t n_attrs;

    CHECK_ST(queue_get(q, id, &w->arena, &e), ST_OK);
    n_attrs = e.n_attrs;
    CHECK_ST(settle_one(q, id, 0, QUEUE_DEFERRED), ST_OK);
    CHECK_ST(settle_one(q, id, 1, QUEUE_DEFERRED), ST_OK);
    CHECK_ST(queue_set_route(q, id, STR("a.test:25 tls")), ST_OK);
    CHECK_ST(queue_set_route(q, id, STR("b.test:25 tls")), ST_OK);
    CHECK_U64(claim(q, 10, &w->arena, &list), 1); /* due at once */
    CHECK_STR(route_of(&list[0]), STR("b.test:25 tls"));
    CHECK_U64(list[0].n_attrs, n_attrs + 1);
    CHECK_ST(queue_set_route(q, id, STR("c.test:25 tls")), ST_OK); /* while it is carried */
    CHECK_ST(settle_one(q, id, 0, QUEUE_DEFERRED), ST_OK);
    CHECK_ST(settle_one(q, id, 1, QUEUE_DEFERRED), ST_OK);
    end(q);
    q = begin(w);
    CHECK_ST(queue_get(q, id, &w->arena, &e), ST_OK);
    CHECK_STR(route_of(&e), STR("c.test:25 tls"));
    CHECK_ST(queue_hold(q, id, STR("x")), ST_OK);
    CHECK_ST(queue_set_route(q, id, STR("")), ST_OK);
    CHECK_ST(queue_get(q, id, &w->arena, &e), ST_OK);
    CHECK(e.held && e.n_attrs == n_attrs && !route_of(&e).p);
    CHECK_ST(queue_set_route(q, id + 99, STR("x")), ST_NOTFOUND);
    end(q);
}
TEST(a_letter_gets_another_way)
{
    in_world(1, body_route);
}

/* While the orders are read their cursors stand at the end, and what was found is not leased yet. */
static void body_low_meanwhile(struct world *w)
{
    struct queue *q = begin(w);
    struct queue_entry *list;
    uint64_t keep = submit(w, q, one, 1, wall), low = q->durable.low_due_us;
    struct entry_place was[QUEUE_ORDERS];

    memcpy(was, q->cursor, sizeof was);
    for (unsigned i = 0; i < QUEUE_ORDERS; i++)
        q->cursor[i] = ENTRY_NOWHERE;
    q->looks = 1;
    for (unsigned i = 0; i < 200; i++)
        submit(w, q, one, 1, wall + 1000 * MINUTE);
    CHECK_U64(q->durable.low_due_us, low);
    q->looks = 0;
    memcpy(q->cursor, was, sizeof was);
    CHECK_U64(claim(q, 10, &w->arena, &list), 1);
    CHECK_U64(list[0].id, keep);
    end(q);
}
TEST(a_look_that_goes_on_lets_no_letter_be_passed_by_at_the_next_start)
{
    in_world(1, body_low_meanwhile);
}

/* The place from which a new start looks is never behind an entry. */
static void body_low(struct world *w)
{
    struct queue *q = begin(w);
    struct queue_entry *list;
    uint64_t keep = submit(w, q, one, 1, wall);

    CHECK_U64(claim(q, 10, &w->arena, &list), 1);
    for (unsigned i = 0; i < 200; i++) {
        uint64_t id = submit(w, q, one, 1, wall);

        wall += 1000;
        CHECK_U64(claim(q, 10, &w->arena, &list), 1);
        CHECK_ST(settle_one(q, id, 0, QUEUE_DELIVERED), ST_OK);
    }
    CHECK(q->durable.low_due_us <= 1000 * MINUTE);
    CHECK_ST(settle_one(q, keep, 0, QUEUE_DEFERRED), ST_OK);
    for (unsigned i = 0; i < 200; i++) {
        uint64_t id = submit(w, q, one, 1, wall);

        wall += 1000;
        CHECK_U64(claim(q, 10, &w->arena, &list), 1);
        CHECK_ST(settle_one(q, id, 0, QUEUE_DELIVERED), ST_OK);
    }
    CHECK(q->durable.low_due_us > 1000 * MINUTE);
    end(q);
    q = begin(w);
    wall += 60 * MINUTE;
    CHECK_U64(claim(q, 10, &w->arena, &list), 1);
    CHECK_U64(list[0].id, keep);
    end(q);
}
TEST(a_new_start_finds_the_earliest_letter_and_walks_over_little)
{
    in_world(1, body_low);
}

/* Whom the letter had reached when it was accepted, or whose address had been expanded: his sender is told, and nothing is carried. */
static void body_done(struct world *w)
{
    bool changed;
    static const struct queue_attr here[] = {{STR("NOTIFY"), STR("SUCCESS")}, {STR(QUEUE_DONE), STR("arrived")}},
                                   many[] = {{STR("NOTIFY"), STR("SUCCESS")}, {STR(QUEUE_DONE), STR("expanded")}};
    static const struct queue_rcpt rcpts[] = {{.address = STR("here@home.test"), .attrs = here, .n_attrs = 2},
                                              {.address = STR("x@far.test")},
                                              {.address = STR("team@home.test"), .attrs = many, .n_attrs = 2}};
    struct queue *q = begin(w);
    struct queue_entry *list, e;
    struct str notice;
    uint64_t id = submit(w, q, rcpts, 3, wall);

    CHECK_U64(claim(q, 10, &w->arena, &list), 1);
    CHECK_ST(queue_settle_done(q, &list[0], &changed), ST_OK);
    CHECK(queue_is_claimed(q, id)); /* another one is to be carried */
    CHECK_ST(queue_get(q, id, &w->arena, &e), ST_OK);
    CHECK(e.rcpts[0].state == QUEUE_RCPT_DELIVERED && e.rcpts[1].state == QUEUE_RCPT_WAITING &&
          e.rcpts[2].state == QUEUE_RCPT_DELIVERED);
    notice = notice_of(w, q);
    CHECK(has_text(notice, "Final-Recipient: rfc822; here@home.test\r\nAction: delivered\r\nStatus: 2.1.5\r\n"));
    CHECK(has_text(notice, "Final-Recipient: rfc822; team@home.test\r\nAction: expanded\r\nStatus: 2.0.0\r\n"));
    CHECK(!has_text(notice, "far.test"));
    CHECK_ST(queue_settle_done(q, &e, &changed), ST_OK); /* nothing is left to tell */
    CHECK(!notice_of(w, q).p);
    CHECK_ST(settle_one(q, id, 1, QUEUE_DELIVERED), ST_OK);
    CHECK_ST(queue_get(q, id, &w->arena, &e), ST_NOTFOUND);
    id = submit(w, q, rcpts, 1, wall);
    CHECK_U64(claim(q, 10, &w->arena, &list), 1);
    CHECK_ST(queue_settle_done(q, &list[0], &changed), ST_OK);
    CHECK_ST(queue_get(q, id, &w->arena, &e), ST_NOTFOUND);
    CHECK(!queue_is_claimed(q, id) && has_text(notice_of(w, q), "Action: delivered"));
    end(q);
}
TEST(who_needs_no_carrying_is_told_of)
{
    in_world(1, body_done);
}

/* --- by when (RFC 2852) ------------------------------------------------------------------------------------------- */

static uint64_t submit_by(struct world *w, struct queue *q, const char *by, const char *notify)
{
    struct queue_attr *attr = ARENA_ARRAY(&w->arena, struct queue_attr, 2);
    struct queue_rcpt r = {.address = STR("x@far.test"), .attrs = &attr[1], .n_attrs = notify != NULL};
    struct deliver_by at;
    struct delivery_rcpt local = {.account = 7};
    struct delivery d = {.mail = letter(w, "out"), .rcpts = &local, .n_rcpts = 1};
    struct queue_entry e = {.account = 7,
                            .reverse_path = STR("a@example.test"),
                            .due_us = wall,
                            .arrival_us = wall,
                            .attrs = attr,
                            .n_attrs = 1,
                            .rcpts = &r,
                            .n_rcpts = 1};
    struct queue_extra extra = {q, &e};

    CHECK_ST(deliver_by_parse(str_z(by), wall, &at), ST_OK);
    attr[0] = (struct queue_attr){STR(ATTR_DELIVER_BY), deliver_by_put(&w->arena, &at)};
    attr[1] = (struct queue_attr){STR("NOTIFY"), str_z(notify)};
    d.extra = queue_extra;
    d.extra_arg = &extra;
    CHECK_ST(mail_deliver(w->mail, &d), ST_OK);
    return e.id;
}

/* What a claim finds at that moment, as the box does it: it settles what it can, and gives the rest to the courier. */
static size_t claim_settled(struct world *w, struct queue *q, bool *out_changed)
{
    struct queue_entry *list;

    *out_changed = false;
    if (!claim(q, 10, &w->arena, &list))
        return 0;
    CHECK_ST(queue_settle_done(q, &list[0], out_changed), ST_OK);
    return 1;
}

static void body_returned(struct world *w)
{
    struct queue *q = begin(w);
    struct queue_entry e, *list;
    struct str notice;
    bool changed;
    uint64_t id = submit_by(w, q, "600;R", NULL);

    CHECK_U64(claim_settled(w, q, &changed), 1);
    CHECK(!changed);
    wall += MINUTE;
    CHECK_ST(settle_one(q, id, 0, QUEUE_DEFERRED), ST_OK);
    wall += 6 * MINUTE;
    CHECK_U64(claim_settled(w, q, &changed), 1);
    CHECK_ST(settle_one(q, id, 0, QUEUE_DEFERRED), ST_OK); /* again in about ten minutes, but not behind its time */
    CHECK_ST(queue_get(q, id, &w->arena, &e), ST_OK);
    CHECK_U64(e.due_us, 1010 * MINUTE);
    wall = 1010 * MINUTE - 1;
    CHECK_U64(claim_settled(w, q, &changed), 0);
    wall++;
    CHECK_U64(claim_settled(w, q, &changed), 1);
    CHECK(changed);
    CHECK_ST(queue_get(q, id, &w->arena, &e), ST_NOTFOUND);
    CHECK(!queue_is_claimed(q, id));
    notice = notice_of(w, q);
    CHECK(has_text(notice, "Action: failed\r\nStatus: 5.4.7\r\n") && has_text(notice, "\r\nDeliver-By-Date: ") &&
          has_text(notice, "\r\nArrival-Date: ") && has_text(notice, "is over; the last answer: said so"));
    id = submit_by(w, q, "60;R", NULL); /* an answer that comes when it is over */
    CHECK_U64(claim(q, 10, &w->arena, &list), 1);
    wall += 2 * MINUTE;
    CHECK_ST(settle_one(q, id, 0, QUEUE_DEFERRED), ST_OK);
    CHECK(has_text(notice_of(w, q), "Status: 5.4.7\r\n"));
    id = submit_by(w, q, "60;R", "NEVER");
    wall += 2 * MINUTE;
    CHECK_U64(claim_settled(w, q, &changed), 1);
    CHECK(changed && !notice_of(w, q).p);
    end(q);
}
TEST(what_is_to_come_back_rather_than_be_late_comes_back_in_time)
{
    in_world(1, body_returned);
}

static void body_told_of_time(struct world *w)
{
    struct queue *q = begin(w);
    struct queue_entry e;
    struct str notice;
    bool changed;
    uint64_t id = submit_by(w, q, "600;N", NULL);

    CHECK_U64(claim_settled(w, q, &changed), 1);
    CHECK_ST(settle_one(q, id, 0, QUEUE_DEFERRED), ST_OK);
    wall = 1010 * MINUTE;
    CHECK_U64(claim_settled(w, q, &changed), 1);
    CHECK(changed && queue_is_claimed(q, id)); /* it is carried on */
    notice = notice_of(w, q);
    CHECK(has_text(notice, "Action: delayed\r\nStatus: 4.4.7\r\n") && has_text(notice, "\r\nDeliver-By-Date: ") &&
          has_text(notice, "Will-Retry-Until: "));
    CHECK_ST(settle_one(q, id, 0, QUEUE_DEFERRED), ST_OK);
    CHECK(!notice_of(w, q).p);
    wall += 120 * MINUTE; /* as old as those that are told of anyway */
    CHECK_U64(claim_settled(w, q, &changed), 1);
    CHECK(!changed);
    CHECK_ST(settle_one(q, id, 0, QUEUE_DEFERRED), ST_OK);
    CHECK(!notice_of(w, q).p);
    CHECK_ST(queue_drop(q, id), ST_OK);
    id = submit_by(w, q, "9000;N", NULL); /* told of a delay first, and then of the time */
    CHECK_U64(claim_settled(w, q, &changed), 1);
    wall += 110 * MINUTE;
    CHECK_ST(settle_one(q, id, 0, QUEUE_DEFERRED), ST_OK);
    CHECK(has_text(notice_of(w, q), "Action: delayed\r\nStatus: 4.2.0\r\n"));
    wall += 45 * MINUTE;
    CHECK_U64(claim_settled(w, q, &changed), 1);
    CHECK(changed && has_text(notice_of(w, q), "Status: 4.4.7\r\n"));
    CHECK_ST(queue_get(q, id, &w->arena, &e), ST_OK);
    CHECK_U64(e.rcpts[0].n_attrs, 1);
    CHECK_ST(queue_drop(q, id), ST_OK);
    queue_give_back_all(q);
    id = submit_by(w, q, "60;N", "SUCCESS,FAILURE");
    wall += 2 * MINUTE;
    CHECK_U64(claim_settled(w, q, &changed), 1);
    CHECK(!notice_of(w, q).p);
    CHECK_ST(queue_drop(q, id), ST_OK);
    end(q);
}
TEST(a_sender_is_told_once_when_his_time_is_over)
{
    in_world(1, body_told_of_time);
}

static void body_late_from_the_start(struct world *w)
{
    struct queue *q = begin(w);
    bool changed;
    uint64_t id = submit_by(w, q, "-30;N", NULL);

    CHECK_U64(claim_settled(w, q, &changed), 1);
    CHECK(!changed);
    CHECK_ST(settle_one(q, id, 0, QUEUE_DELIVERED), ST_OK);
    CHECK(!notice_of(w, q).p);
    id = submit_by(w, q, "-30;N", NULL);
    CHECK_U64(claim_settled(w, q, &changed), 1);
    CHECK_ST(settle_one(q, id, 0, QUEUE_DEFERRED), ST_OK);
    CHECK(has_text(notice_of(w, q), "Action: delayed\r\nStatus: 4.4.7\r\n"));
    CHECK_ST(queue_drop(q, id), ST_OK);
    queue_give_back_all(q);
    id = submit_by(w, q, "30;N", NULL); /* over while it was carried */
    CHECK_U64(claim_settled(w, q, &changed), 1);
    wall += MINUTE;
    CHECK_ST(settle_one(q, id, 0, QUEUE_DELIVERED), ST_OK);
    CHECK(has_text(notice_of(w, q), "Action: delayed\r\nStatus: 4.4.7\r\n"));
    end(q);
}
TEST(what_was_late_already_is_told_of_when_it_waits_here)
{
    in_world(1, body_late_from_the_start);
}

static void body_passed(struct world *w)
{
    struct queue *q = begin(w);
    bool changed;
    uint64_t id = submit_by(w, q, "600;N", NULL);

    CHECK_U64(claim_settled(w, q, &changed), 1);
    CHECK_ST(settle_one(q, id, 0, QUEUE_PASSED), ST_OK);
    CHECK(has_text(notice_of(w, q), "Action: relayed\r\n"));
    id = submit_by(w, q, "600;N", "FAILURE");
    CHECK_ST(settle_one(q, id, 0, QUEUE_PASSED), ST_OK);
    CHECK(has_text(notice_of(w, q), "Action: relayed\r\n"));
    id = submit_by(w, q, "600;N", "never");
    CHECK_ST(settle_one(q, id, 0, QUEUE_PASSED), ST_OK);
    CHECK(!notice_of(w, q).p);
    id = submit_by(w, q, "600;N", NULL);
    CHECK_ST(settle_one(q, id, 0, QUEUE_DELIVERED), ST_OK);
    CHECK(!notice_of(w, q).p);
    end(q);
}
TEST(a_sender_hears_that_his_wish_was_not_passed_on)
{
    in_world(1, body_passed);
}

/* --- not before when (RFC 4865) ------------------------------------------------------------------------------------ */

static uint64_t submit_later(struct world *w, struct queue *q, uint64_t release)
{
    struct queue_attr attrs[] = {{STR("HOLDFOR"), STR("3600")},
                                 {STR(QUEUE_RELEASE), arena_printf(&w->arena, "%llu", (unsigned long long)release)}};
    struct delivery_rcpt local = {.account = 7};
    struct delivery d = {.mail = letter(w, "out"), .rcpts = &local, .n_rcpts = 1};
    struct queue_entry e = {.account = 7,
                            .size = 100,
                            .reverse_path = STR("a@example.test"),
                            .due_us = release,
                            .arrival_us = wall,
                            .attrs = attrs,
                            .n_attrs = 2,
                            .rcpts = one,
                            .n_rcpts = 1};
    struct queue_extra extra = {q, &e};

    d.extra = queue_extra;
    d.extra_arg = &extra;
    CHECK_ST(mail_deliver(w->mail, &d), ST_OK);
    return e.id;
}

static uint64_t future(struct queue *q, uint64_t account, uint64_t most)
{
    struct queue_future f;

    CHECK_ST(queue_get_future(q, account, most, &f), ST_OK);
    CHECK_U64(f.bytes, 100 * f.letters);
    return f.letters;
}

static void body_later(struct world *w)
{
    struct queue *q = begin(w);
    struct queue_entry *list, e;
    uint64_t first = submit_later(w, q, wall + 2000 * MINUTE), second = submit_later(w, q, wall + 2000 * MINUTE);

    CHECK_U64(claim(q, 10, &w->arena, &list), 0);
    CHECK(future(q, 7, 100) == 2 && future(q, 7, 1) == 1 && !future(q, 6, 100) && !future(q, 8, 100));
    CHECK_ST(queue_retry_now(q, first), ST_DENIED);
    CHECK_ST(queue_set_route(q, second, STR("there.test")), ST_OK); /* by another way, but not sooner */
    CHECK_ST(queue_hold(q, first, STR("odd")), ST_OK);
    CHECK_ST(queue_release(q, first), ST_OK); /* it is held no more, and leaves at its time */
    CHECK_U64(claim(q, 10, &w->arena, &list), 0);
    CHECK_ST(queue_release(q, first), ST_OK); /* now */
    CHECK_U64(claim(q, 10, &w->arena, &list), 1);
    CHECK(list[0].id == first && queue_release_us(&list[0]) == wall);
    CHECK_U64(future(q, 7, 100), 1);
    CHECK_ST(settle_one(q, first, 0, QUEUE_DELIVERED), ST_OK);
    end(q);
    q = begin(w); /* a new start */
    wall += 2000 * MINUTE - 1;
    CHECK_U64(claim(q, 10, &w->arena, &list), 0);
    wall++;
    CHECK_U64(claim(q, 10, &w->arena, &list), 1);
    CHECK(list[0].id == second && !future(q, 7, 100));
    wall += 90 * MINUTE; /* it has not waited in vain for longer than that */
    CHECK_ST(settle_one(q, second, 0, QUEUE_DEFERRED), ST_OK);
    CHECK(!notice_of(w, q).p);
    CHECK_ST(queue_get(q, second, &w->arena, &e), ST_OK);
    wall += 600 * MINUTE;
    CHECK_ST(settle_one(q, second, 0, QUEUE_DEFERRED), ST_OK);
    CHECK(has_text(notice_of(w, q), "\r\nFuture-Release-Request: for;3600\r\n"));
    CHECK_ST(queue_get(q, second, &w->arena, &e), ST_NOTFOUND);
    for (size_t i = 0; i < w->store->n_rows; i++) /* nothing is left of them */
        CHECK(w->store->rows[i].account || w->store->rows[i].key.p[0] != 'F');
    end(q);
}
TEST(what_leaves_later_leaves_then_or_when_it_is_let_go)
{
    in_world(1, body_later);
}
