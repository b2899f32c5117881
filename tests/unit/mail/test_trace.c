/* The trace over a store in memory. */
#include "help.h"

#include "mail/trace.c"

static uint64_t n_failed;

static void failed(void *arg, uint64_t events)
{
    (void)arg;
    n_failed += events;
}

static struct trace *begin(struct world *w, struct trace_writer *writer, uint64_t bytes)
{
    struct trace *t = trace_new(&(struct trace_options){.store = w->store, .cores = w->cores, .n_cores = w->n_cores});

    *writer = (struct trace_writer){.t = t, .failed = failed};
    trace_set_bounds(t, &(struct trace_bounds){.bytes = bytes, .us = 3600000000u});
    CHECK_ST(co_spawn(trace_write, writer, "trace"), ST_OK);
    n_failed = 0;
    return t;
}

/* Its writer waits for more, and ends with the core: the memory stays until then. */
static void flush(struct trace *t)
{
    CHECK_ST(trace_flush(t, deadline_in(5000)), ST_OK);
}

static void add(struct trace *t, enum trace_kind kind, uint64_t letter, const char *from)
{
    struct trace_event *e = MEM_NEW(struct trace_event);

    e->kind = kind;
    e->letter = letter;
    e->at_us = clock_wall_us();
    trace_event_add(e, TRACE_F_FROM, str_z(from));
    trace_add(t, e);
    mem_free(e);
}

/* The letters that are found, in order: "1 2 ". */
static struct str found(struct world *w, struct trace *t, uint64_t hash, size_t most)
{
    struct trace_event *e = ARENA_NEW(&w->arena, struct trace_event);
    struct str *v, text = STR("");
    size_t n = 0;

    CHECK_ST(trace_find(t, &w->arena, &hash, 1, most, &v, &n), ST_OK);
    for (size_t i = 0; i < n; i++) {
        CHECK_ST(trace_event_get(v[i], e), ST_OK);
        text = arena_printf(&w->arena, "%.*s%llu ", STR_ARGS(text), (unsigned long long)e->letter);
    }
    return text;
}

static struct trace_writer writers[8];

static void find_body(struct world *w)
{
    struct trace *t = begin(w, &writers[0], 1 << 20);
    uint64_t ann = trace_hash_address(STR("ann@x.test"));

    add(t, TRACE_ACCEPTED, 1, "ann@x.test");
    add(t, TRACE_ACCEPTED, 2, "ben@x.test");
    add(t, TRACE_CARRIED, 1, "");
    CHECK_STR(found(w, t, ann, 10), STR("")); /* what is not written is not found */
    flush(t);
    CHECK_STR(found(w, t, ann, 10), STR("1 "));
    CHECK_STR(found(w, t, trace_hash_letter(1), 10), STR("1 1 "));
    add(t, TRACE_ACCEPTED, 3, "Ann@X.test");
    add(t, TRACE_REFUSED, 4, "ann@x.test");
    flush(t);
    CHECK_STR(found(w, t, ann, 10), STR("1 3 4 ")); /* refusals behind the rest */
    CHECK_STR(found(w, t, ann, 1), STR("3 4 "));    /* the newest of each ring */
    CHECK_STR(found(w, t, trace_hash_letter(99), 10), STR(""));
    CHECK_U64(t->rings[TRACE_LETTERS].state.next, 3);
    CHECK_U64(t->rings[TRACE_REFUSALS].state.next, 2);
    CHECK_U64(trace_lost(t), 0);
}

TEST(events_are_found_by_what_they_say)
{
    in_world(1, find_body);
}

static void again_body(struct world *w)
{
    struct trace *t = begin(w, &writers[1], 1 << 20);

    add(t, TRACE_ACCEPTED, 1, "ann@x.test");
    flush(t);
    t = begin(w, &writers[2], 1 << 20); /* another box over the same store */
    add(t, TRACE_ACCEPTED, 2, "ann@x.test");
    flush(t);
    CHECK_STR(found(w, t, trace_hash_address(STR("ann@x.test")), 10), STR("1 2 "));
}

TEST(another_box_goes_on)
{
    in_world(1, again_body);
}

static void ring_body(struct world *w)
{
    struct trace *t = begin(w, &writers[3], 16000);
    uint64_t ann = trace_hash_address(STR("ann@x.test"));
    size_t rows;

    for (uint64_t i = 1; i <= 200; i++) {
        add(t, TRACE_ACCEPTED, i, "ann@x.test");
        if (i % 2 == 0)
            add(t, TRACE_REFUSED, 1000 + i, "bad@x.test");
        flush(t);
    }
    CHECK(t->rings[TRACE_LETTERS].state.bytes <= 14000 + 200);
    CHECK(t->rings[TRACE_REFUSALS].state.bytes <= 2000 + 200);
    CHECK_STR(found(w, t, trace_hash_letter(1), 10), STR(""));
    CHECK_STR(found(w, t, trace_hash_letter(200), 10), STR("200 "));
    CHECK(str_ends(found(w, t, ann, 3), STR("198 199 200 ")));
    rows = w->store->n_rows;
    trace_set_bounds(t, &(struct trace_bounds){.bytes = 0, .us = 3600000000u}); /* off: what there was goes */
    for (int i = 0; i < 200 && w->store->n_rows > 2; i++)
        CHECK_ST(co_sleep(deadline_in(5)), ST_OK);
    CHECK(rows > 10 && w->store->n_rows == 2); /* the states of both rings */
    add(t, TRACE_ACCEPTED, 300, "ann@x.test");
    flush(t);
    CHECK_STR(found(w, t, trace_hash_letter(300), 10), STR(""));
}

TEST(the_oldest_goes_when_there_is_no_room)
{
    in_world(1, ring_body);
}

static void old_body(struct world *w)
{
    struct trace *t = begin(w, &writers[4], 1 << 20);
    struct trace_event *e = MEM_NEW(struct trace_event);

    *e = (struct trace_event){.kind = TRACE_ACCEPTED, .letter = 1, .at_us = clock_wall_us() - 7200000000u};
    trace_add(t, e);
    flush(t);
    CHECK_STR(found(w, t, trace_hash_letter(1), 10), STR("1 "));
    t->rings[TRACE_LETTERS].looked = 0; /* a minute later */
    add(t, TRACE_ACCEPTED, 2, "ann@x.test");
    flush(t);
    CHECK_STR(found(w, t, trace_hash_letter(1), 10), STR(""));
    CHECK_STR(found(w, t, trace_hash_letter(2), 10), STR("2 "));
    mem_free(e);
}

TEST(what_is_too_old_goes)
{
    in_world(1, old_body);
}

static void fail_body(struct world *w)
{
    struct trace *t = begin(w, &writers[5], 1 << 20);

    add(t, TRACE_ACCEPTED, 1, "ann@x.test");
    flush(t);
    w->store->fail = ST_NOSPACE;
    w->store->fail_n = 1;
    add(t, TRACE_ACCEPTED, 2, "ann@x.test");
    add(t, TRACE_ACCEPTED, 3, "ann@x.test");
    flush(t);
    CHECK_U64(n_failed, 2);
    CHECK_U64(trace_lost(t), 2);
    add(t, TRACE_ACCEPTED, 4, "ann@x.test");
    flush(t);
    CHECK_STR(found(w, t, trace_hash_address(STR("ann@x.test")), 10), STR("1 4 "));
}

TEST(a_write_that_fails_loses_its_own_events_only)
{
    in_world(1, fail_body);
}

static void many_body(struct world *w)
{
    struct trace *t = begin(w, &writers[6], 64 << 20);

    for (uint64_t i = 1; i <= 20000; i++)
        add(t, TRACE_ACCEPTED, i, "ann@x.test");
    flush(t);
    CHECK(t->rings[TRACE_LETTERS].state.next > 2); /* full batches do not wait */
    CHECK_STR(found(w, t, trace_hash_letter(1), 10), STR("1 "));
    CHECK_STR(found(w, t, trace_hash_letter(20000), 10), STR("20000 "));
    CHECK_U64(atomic_load(&t->waiting_bytes), 0);
}

TEST(many_at_once)
{
    in_world(1, many_body);
}
