/* Five days of a letter that nobody takes, and six hours of ten thousand of them, by a clock of the test's own and with the settings' own values:
 * at which times they are tried, who is told when, and that none waits for ever while others are tried. */
#include "carry.h"

#include "config/config.h"

#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define START (20000 * DAY)

/* As the box takes them from the settings, when the file says nothing. */
static struct queue_retry usual_retry(void)
{
    const struct settings *set;
    struct config_errors *errors = MEM_NEW(struct config_errors);
    struct queue_retry r;

    CHECK_ST(config_parse(STR("host_name mail.example.test\n"), "test", &set, errors), ST_OK);
    r = (struct queue_retry){.first_us = set->queue_retry_first * 1000,
                             .most_us = set->queue_retry_most * 1000,
                             .lifetime_us = set->queue_lifetime * 1000,
                             .notice_us = set->queue_delay_notice * 1000};
    CHECK(r.first_us == 5 * MINUTE && r.most_us == 2 * HOUR && r.lifetime_us == 5 * DAY && r.notice_us == 4 * HOUR);
    config_unref(set);
    mem_free(errors);
    return r;
}

static struct queue *begin(struct world *w)
{
    struct queue_retry retry = usual_retry();

    return begin_at(w, START, &retry);
}

static enum st answer(struct queue *q, uint64_t id, uint32_t rcpt, enum queue_fate fate, uint64_t not_before_us)
{
    return queue_settle(q, id,
                        &(struct queue_result){.rcpt = rcpt,
                                               .fate = fate,
                                               .is_remote = true,
                                               .status = STR("4.2.0"),
                                               .answer = STR("450 4.2.0 come again"),
                                               .not_before_us = not_before_us},
                        1, true, NULL);
}

/* Of the queue's letters, the one that is not a notice; false: it is gone. *out_notices are the others. */
static bool look(struct world *w, struct queue *q, uint64_t id, struct queue_entry *out, size_t *out_notices)
{
    struct queue_entry *list;
    uint64_t next;
    size_t n;
    bool more, is_there = false;

    CHECK_ST(queue_list(q, &(struct queue_filter){.most = 100}, &w->arena, &list, &n, &next, &more), ST_OK);
    *out_notices = 0;
    for (size_t i = 0; i < n; i++)
        if (list[i].id == id) {
            *out = list[i];
            is_there = true;
        } else {
            CHECK(!list[i].reverse_path.n);
            ++*out_notices;
        }
    return is_there;
}

/* The first notice is taken out of the queue; has it these words? */
static bool take_notice(struct world *w, struct queue *q, uint64_t except, const char *words)
{
    struct queue_entry *list;
    struct blob_view v;
    uint64_t next;
    size_t n;
    bool more, has = false;

    CHECK_ST(queue_list(q, &(struct queue_filter){.most = 100}, &w->arena, &list, &n, &next, &more), ST_OK);
    for (size_t i = 0; i < n; i++)
        if (list[i].id != except) {
            CHECK_ST(blob_open(w->store, list[i].blob, &v), ST_OK);
            has = str_search(v.bytes, str_z(words)) < v.bytes.n;
            blob_close(&v);
            CHECK_ST(queue_drop(q, list[i].id), ST_OK);
            break;
        }
    return has;
}

static uint64_t gap_of(unsigned attempt)
{
    return attempt <= 5 ? 5 * MINUTE << (attempt - 1) : 2 * HOUR;
}

/* Nobody takes it: the clock is put to where the queue says that it is due, and not a microsecond further. */
static void body_days(struct world *w)
{
    struct queue *q = begin(w);
    struct queue_entry *list, e;
    uint64_t id = submit(w, q, one, 1, wall), told_of_delay = 0;
    unsigned attempt = 0;
    size_t notices;

    for (;;) {
        CHECK_U64(claim(q, 10, &w->arena, &list), 1);
        CHECK_U64(list[0].id, id);
        CHECK_ST(answer(q, id, 0, QUEUE_DEFERRED, 0), ST_OK);
        attempt++;
        if (!look(w, q, id, &e, &notices) || attempt > 100)
            break;
        CHECK_U64(e.attempts, attempt);
        CHECK(notices == (!told_of_delay && wall >= START + 4 * HOUR));
        if (notices) {
            told_of_delay = wall;
            CHECK(take_notice(w, q, id, "Action: delayed"));
        }
        if (e.due_us != START + 5 * DAY)
            CHECK(e.due_us - wall >= gap_of(attempt) / 10 * 9 && e.due_us - wall <= gap_of(attempt) / 10 * 11);
        CHECK(e.due_us <= START + 5 * DAY);
        wall = e.due_us - 1;
        CHECK_U64(claim(q, 10, &w->arena, &list), 0);
        wall++;
    }
    CHECK_U64(wall, START + 5 * DAY); /* the last attempt is at the very end */
    CHECK(told_of_delay >= START + 4 * HOUR && told_of_delay <= START + 6 * HOUR + 12 * MINUTE);
    CHECK(attempt >= 6 + (5 * 24 - 3) * 10 / 22 &&
          attempt <= 7 + (5 * 24 - 2) * 10 / 18); /* two hours, a tenth more or less */
    CHECK_U64(notices, 1);
    CHECK(take_notice(w, q, id, "Action: failed\r\nStatus: 4.4.7"));
    CHECK(claim(q, 10, &w->arena, &list) == 0 && !q->leased.n && !q->changing.n);
    end(q);
}
TEST(a_letter_that_nobody_takes_for_five_days)
{
    in_world(1, body_days);
}

/* One that is given back again and again with a reason: no attempts, but its sender is told, and it ends. */
static void body_held_back(struct world *w)
{
    struct queue *q = begin(w);
    struct queue_entry *list, e;
    uint64_t id = submit(w, q, one, 1, wall);
    size_t notices;

    wall = START + 5 * HOUR;
    CHECK_U64(claim(q, 10, &w->arena, &list), 1);
    CHECK_ST(answer(q, id, 0, QUEUE_UNTRIED, wall + HOUR), ST_OK);
    CHECK(look(w, q, id, &e, &notices) && e.due_us == START + 6 * HOUR && !e.rcpts[0].attempts && !e.attempts);
    CHECK_U64(notices, 1);
    CHECK(take_notice(w, q, id, "Action: delayed"));
    wall = START + 5 * DAY;
    CHECK_U64(claim(q, 10, &w->arena, &list), 1);
    CHECK_ST(answer(q, id, 0, QUEUE_UNTRIED, wall + HOUR), ST_OK);
    CHECK(take_notice(w, q, id, "Action: failed\r\nStatus: 4.4.7"));
    end(q);
}
TEST(a_letter_that_is_not_even_tried_for_five_days)
{
    in_world(1, body_held_back);
}

/* Times that others set: the server's, the administrator's, and those of other recipients. */
static void body_times(struct world *w)
{
    static const struct queue_rcpt two[] = {{.address = STR("x@far.test")}, {.address = STR("y@near.test")}};
    struct queue *q = begin(w);
    struct queue_entry *list, e;
    uint64_t id = submit(w, q, two, 2, wall);
    size_t notices;

    CHECK_U64(claim(q, 10, &w->arena, &list), 1);
    CHECK_ST(answer(q, id, 0, QUEUE_DEFERRED, START + 3 * HOUR), ST_OK); /* not before */
    CHECK_ST(answer(q, id, 1, QUEUE_UNTRIED, START + HOUR), ST_OK); /* nor this one, which has not been tried at all */
    CHECK(look(w, q, id, &e, &notices) && e.due_us == START + HOUR && e.rcpts[0].due_us == START + 3 * HOUR);
    CHECK(e.rcpts[0].attempts == 1 && e.rcpts[1].attempts == 0);
    wall = START + HOUR;
    CHECK_U64(claim(q, 10, &w->arena, &list), 1);
    CHECK_ST(answer(q, id, 1, QUEUE_DELIVERED, 0), ST_OK);
    wall = START + 3 * HOUR - 1;
    CHECK_U64(claim(q, 10, &w->arena, &list), 0);
    wall++;
    CHECK_U64(claim(q, 10, &w->arena, &list), 1);
    CHECK_ST(answer(q, id, 0, QUEUE_DEFERRED, START + 9 * DAY),
             ST_OK); /* no server keeps a letter for longer than we do */
    CHECK(look(w, q, id, &e, &notices) && e.due_us == START + 5 * DAY);
    CHECK_ST(queue_hold(q, id, STR("wait")), ST_OK);
    wall = START + 6 * DAY;
    CHECK_U64(claim(q, 10, &w->arena, &list), 0); /* held for longer than it lives */
    CHECK(look(w, q, id, &e, &notices) && e.held && notices == 0);
    CHECK_ST(queue_release(q, id), ST_OK);
    CHECK_U64(claim(q, 10, &w->arena, &list), 1); /* then it is tried once, before it is given up */
    CHECK_ST(answer(q, id, 0, QUEUE_DEFERRED, 0), ST_OK);
    CHECK(!look(w, q, id, &e, &notices) && notices == 1 && take_notice(w, q, id, "Action: failed"));
    id = submit(w, q, one, 1, wall);
    CHECK_ST(answer(q, id, 0, QUEUE_DEFERRED, wall + 2 * DAY), ST_OK);
    CHECK_ST(queue_hold(q, id, STR("wait")), ST_OK);
    CHECK_ST(queue_release(q, id), ST_OK);
    CHECK_U64(claim(q, 10, &w->arena, &list), 1); /* released: now, whatever the server had asked for */
    CHECK_ST(answer(q, id, 0, QUEUE_DELIVERED, 0), ST_OK);
    end(q);
}
TEST(times_that_servers_and_administrators_set)
{
    in_world(1, body_times);
}

/* --- many --------------------------------------------------------------------------------------------------------- */

#define LETTERS 10000u
#define A_MINUTE 150u /* so many are tried in one, fewer than would like to be */

/* They share one blob. */
static void submit_many(struct world *w, struct queue *q)
{
    static const struct queue_attr never = {STR("NOTIFY"), STR("NEVER")};
    static const struct queue_rcpt quiet = {.address = STR("x@far.test"), .attrs = &never, .n_attrs = 1};
    uint64_t first = submit(w, q, &quiet, 1, wall);
    struct queue_entry e;

    CHECK_ST(queue_get(q, first, &w->arena, &e), ST_OK);
    w->store->blobs[0].refs += LETTERS;
    for (unsigned i = 1; i < LETTERS; i++) {
        struct kv_part *part;
        struct kv_commit c = {.parts = &part, .n_parts = 1};

        e.due_us = e.arrival_us = wall;
        CHECK_ST(queue_prepare(q, &e, &part), ST_OK);
        CHECK_ST(kv_commit(w->store, &c), ST_OK);
    }
}

struct many {
    struct map attempts; /* by id, counted from 1 as pointers */
    uint64_t last_due, most_lag;
};

static void try_some(struct queue *q, struct many *m, size_t most)
{
    struct arena a = ARENA_INIT;
    struct queue_entry *list;
    size_t n = claim(q, most, &a, &list);

    for (size_t i = 0; i < n; i++) {
        uintptr_t so_far = (uintptr_t)map_get(&m->attempts, list[i].id);

        CHECK(list[i].due_us <= wall && list[i].due_us >= m->last_due); /* in the order in which they are due */
        m->last_due = list[i].due_us;
        m->most_lag = MAX(m->most_lag, wall - list[i].due_us);
        map_put(&m->attempts, list[i].id, (void *)(so_far + 1));
        CHECK_ST(answer(q, list[i].id, 0, QUEUE_DEFERRED, 0), ST_OK);
    }
    arena_fini(&a);
}

static void body_many(struct world *w)
{
    struct queue *q = begin(w);
    struct many m = {.attempts = MAP_INIT};
    uintptr_t fewest = UINTPTR_MAX, most = 0;
    size_t pos = 0;
    void *n;

    submit_many(w, q);
    for (unsigned minute = 0; minute < 6 * 60; minute++) {
        m.last_due = 0;
        for (unsigned i = 0; i < A_MINUTE; i += 50)
            try_some(q, &m, 50);
        wall += MINUTE;
    }
    CHECK_U64(m.attempts.n, LETTERS);
    while (map_next(&m.attempts, &pos, &n)) {
        fewest = MIN(fewest, (uintptr_t)n);
        most = MAX(most, (uintptr_t)n);
    }
    CHECK(m.most_lag <= (LETTERS / A_MINUTE + 1) * MINUTE); /* nobody waits for longer than all others take once */
    CHECK(m.most_lag >= 30 * MINUTE);                       /* they did have to wait for each other */
    CHECK(fewest >= 5 && most <= fewest + 1);
    map_fini(&m.attempts);
    end(q);
}
TEST(of_ten_thousand_that_wait_none_is_forgotten)
{
    in_world(1, body_many);
}
