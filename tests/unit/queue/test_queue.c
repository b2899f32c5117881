/* The queue: prepared with a delivery, listed, held, released, dropped, read again. */
#include "mail/help.h"

#include "queue/queue.c"

static struct queue *begin(struct world *w)
{
    struct queue *q = queue_new(&(struct queue_options){.store = w->store, .core = w->cores[0]});

    CHECK_ST(queue_start(q), ST_OK);
    return q;
}

static const struct queue_rcpt two_rcpts[] = {
    {.address = STR("x@far.test"), .answer = STR("450 later"), .attempts = 3},
    {.address = STR("y@Other.Test"), .state = QUEUE_RCPT_DELIVERED},
};

/* A letter to a local account and to somebody far away, in one commit. */
static enum st submit(struct world *w, struct queue *q, uint64_t account, uint64_t *out_id)
{
    static const struct queue_attr attr = {STR("ENVID"), STR("abc")};
    struct delivery_rcpt rcpt = {.account = 7};
    struct delivery d = {.mail = letter(w, "out"), .rcpts = &rcpt, .n_rcpts = 1};
    struct queue_entry e = {.account = account,
                            .size = d.mail.bytes.n,
                            .reverse_path = STR("a@example.test"),
                            .due_us = 1000 + account,
                            .arrival_us = 5,
                            .attrs = &attr,
                            .n_attrs = 1,
                            .rcpts = two_rcpts,
                            .n_rcpts = 2};
    struct queue_extra extra = {q, &e};

    d.extra = queue_extra;
    d.extra_arg = &extra;
    TRY(mail_deliver(w->mail, &d));
    *out_id = e.id;
    return ST_OK;
}

static void body_whole(struct world *w)
{
    struct queue *q = begin(w);
    struct queue_entry *list, e;
    struct queue_counts n;
    uint64_t ids[3], next;
    bool more;
    size_t got;

    for (unsigned i = 0; i < 3; i++)
        CHECK_ST(submit(w, q, 11 + i, &ids[i]), ST_OK);
    CHECK_U64(w->store->blobs[0].refs, 2);
    CHECK_ST(queue_get(q, ids[1], &w->arena, &e), ST_OK);
    CHECK_U64(e.account, 12);
    CHECK_STR(e.reverse_path, STR("a@example.test"));
    CHECK_STR(e.attrs[0].value, STR("abc"));
    CHECK_STR(e.rcpts[0].answer, STR("450 later"));
    CHECK(e.rcpts[1].state == QUEUE_RCPT_DELIVERED);
    CHECK_ST(queue_list(q, &(struct queue_filter){.most = 2}, &w->arena, &list, &got, &next, &more), ST_OK);
    CHECK(got == 2 && more && next == ids[1]);
    CHECK_ST(queue_list(q, &(struct queue_filter){.most = 2, .after = next}, &w->arena, &list, &got, &next, &more),
             ST_OK);
    CHECK(got == 1 && !more && list[0].id == ids[2]);
    CHECK_ST(queue_list(q, &(struct queue_filter){.most = 9, .domain = STR("far.test")}, &w->arena, &list, &got, &next,
                        &more),
             ST_OK);
    CHECK_U64(got, 3);
    CHECK_ST(queue_list(q, &(struct queue_filter){.most = 9, .domain = STR("other.test")}, &w->arena, &list, &got,
                        &next, &more),
             ST_OK);
    CHECK_U64(got, 0);
    CHECK_ST(queue_hold(q, ids[1], STR("odd")), ST_OK);
    CHECK_ST(queue_hold(q, ids[1], STR("odd")), ST_OK);
    CHECK(!fake_find(w->store, 0, entry_due_key(&w->arena, 0, (struct entry_place){1012, ids[1]})));
    CHECK_ST(queue_list(q, &(struct queue_filter){.most = 9, .only_held = true}, &w->arena, &list, &got, &next, &more),
             ST_OK);
    CHECK(got == 1 && list[0].id == ids[1]);
    CHECK_STR(list[0].hold_reason, STR("odd"));
    queue_get_counts(q, &n);
    CHECK(n.entries == 3 && n.held == 1 && n.bytes == 3 * e.size);
    queue_free(q);
    q = begin(w); /* the counts are read back */
    CHECK_ST(queue_release(q, ids[1]), ST_OK);
    CHECK_ST(queue_drop(q, ids[0]), ST_OK);
    CHECK_ST(queue_drop(q, ids[0]), ST_NOTFOUND);
    CHECK_U64(w->store->blobs[0].refs, 1);
    CHECK_ST(queue_list(q, &(struct queue_filter){.most = 9}, &w->arena, &list, &got, &next, &more), ST_OK);
    CHECK(got == 2 && atomic_load(&q->low_id) == ids[1]);
    CHECK_ST(queue_drop(q, ids[1]), ST_OK);
    CHECK_ST(queue_drop(q, ids[2]), ST_OK);
    queue_get_counts(q, &n);
    CHECK(!n.entries && !n.held && !n.bytes);
    CHECK_U64(q->changing.n, 0);
    CHECK(q->durable.low_due_us == UINT64_MAX);
    for (size_t i = 0; i < w->store->n_rows; i++)
        CHECK(w->store->rows[i].account || w->store->rows[i].key.p[0] == 'C');
    queue_free(q);
}
TEST(queue_whole)
{
    in_world(1, body_whole);
}

static void look_at(void *arg, const struct queue_entry *e, const char *what, struct str reason)
{
    unsigned *seen = arg;

    CHECK_STR(queue_attr_get(e->attrs, e->n_attrs, STR("ENVID")), STR("abc"));
    CHECK(e->n_rcpts == 2 && what[0] && reason.n < 100);
    ++*seen;
}

/* What the watch is shown lives behind the change that wrote it down. */
static void body_watched(struct world *w)
{
    struct queue *q = begin(w);
    unsigned seen = 0;
    uint64_t id;

    queue_set_watch(q, &(struct queue_watch){.ordered = look_at, .arg = &seen});
    CHECK_ST(submit(w, q, 11, &id), ST_OK);
    CHECK_ST(queue_set_route(q, id, STR("smtp:elsewhere.test")), ST_OK);
    CHECK_ST(queue_hold(q, id, STR("odd")), ST_OK);
    CHECK_ST(queue_release(q, id), ST_OK);
    CHECK_ST(queue_drop(q, id), ST_OK);
    CHECK_U64(seen, 4);
    queue_free(q);
}
TEST(whoever_watches_sees_an_entry_that_lives)
{
    in_world(1, body_watched);
}

struct one {
    struct world *w;
    struct queue *q;
    uint64_t id;
    unsigned what;
    enum st st;
};

static void act(void *arg)
{
    struct one *o = arg;

    if (o->what == 0)
        o->st = queue_hold(o->q, o->id, STR("x"));
    else if (o->what == 1)
        o->st = queue_drop(o->q, o->id);
    else
        o->st = submit(o->w, o->q, 20, &o->id);
}

/* Two changes of one entry at once: the second is told so. One that fails leaves all as it was. */
static void body_crossing(struct world *w)
{
    struct queue *q = begin(w);
    struct queue_counts n;
    struct one o[3];
    struct together t[3];
    struct queue_entry e;
    uint64_t id;

    CHECK_ST(submit(w, q, 11, &id), ST_OK);
    for (unsigned i = 0; i < 3; i++) {
        o[i] = (struct one){.w = w, .q = q, .id = id, .what = i};
        t[i] = (struct together){.fn = act, .arg = &o[i]};
    }
    all_together(w, t, 3);
    CHECK_ST(o[0].st, ST_OK);
    CHECK_ST(o[1].st, ST_BUSY);
    CHECK_ST(o[2].st, ST_OK);
    w->store->fail = ST_NOSPACE;
    w->store->fail_n = 1;
    CHECK_ST(queue_drop(q, id), ST_NOSPACE);
    CHECK_ST(queue_get(q, id, &w->arena, &e), ST_OK);
    CHECK(e.held);
    queue_get_counts(q, &n);
    CHECK(n.entries == 2 && n.held == 1);
    CHECK_ST(queue_drop(q, id), ST_OK);
    CHECK_ST(submit(w, q, 11, &id), ST_OK);
    queue_get_counts(q, &n);
    CHECK(n.entries == 2 && n.held == 0);
    queue_free(q);
}
TEST(queue_crossing_changes)
{
    in_world(1, body_crossing);
}

/* Looked for while somebody changes it, and that fails: it is found again. */
static void body_passed_over(struct world *w)
{
    struct queue *q = begin(w);
    struct one o = {.w = w, .q = q, .what = 1};
    struct queue_entry *list;
    size_t n;

    CHECK_ST(submit(w, q, 11, &o.id), ST_OK);
    w->store->held = true;
    w->store->fail = ST_NOSPACE;
    w->store->fail_n = 1;
    CHECK_ST(co_spawn(act, &o, "drop"), ST_OK);
    CHECK_ST(co_sleep(deadline_in(5)), ST_OK);
    CHECK_ST(queue_claim(q, 1, deadline_in(0), &w->arena, &list, &n), ST_OK);
    CHECK_U64(n, 0);
    fake_go(w->store);
    CHECK_ST(co_sleep(deadline_in(5)), ST_OK);
    CHECK_ST(o.st, ST_NOSPACE);
    CHECK_ST(queue_claim(q, 1, deadline_in(0), &w->arena, &list, &n), ST_OK);
    CHECK_U64(n, 1);
    queue_free(q);
}
TEST(queue_passed_over)
{
    in_world(1, body_passed_over);
}

struct far {
    struct world *w;
    struct queue *q;
    struct co_event done;
};

static void far_told(void *arg)
{
    co_event_set(&((struct far *)arg)->done);
}

static void far_run(void *arg)
{
    struct far *f = arg;
    uint64_t id;

    CHECK_ST(submit(f->w, f->q, 11, &id), ST_OK);
    CHECK_ST(queue_hold(f->q, id, STR("x")), ST_OK);
    CHECK_ST(queue_release(f->q, id), ST_OK);
    CHECK_ST(queue_drop(f->q, id), ST_OK);
    CHECK_ST(queue_drop(f->q, id), ST_NOTFOUND);
    core_post(f->w->cores[0], far_told, f);
}

static void far_start(void *arg)
{
    CHECK_ST(co_spawn(far_run, arg, "far"), ST_OK);
}

static void body_other_core(struct world *w)
{
    struct far f = {.w = w, .q = begin(w)};

    core_post(w->cores[1], far_start, &f);
    co_event_wait_heedless(&f.done);
    queue_free(f.q);
}
TEST(queue_from_another_core)
{
    in_world(2, body_other_core);
}
