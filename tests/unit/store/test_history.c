#include "fixture.h"

#include "test.h"

#include "store/history.c"

static struct store *opened(const char *dir)
{
    struct store_options o = test_options(dir);
    struct store *s = NULL;

    CHECK_ST(store_open(&o, &s), ST_OK);
    return s;
}

TEST(runs_are_known_and_how_far_they_came)
{
    const char *dir = new_dir();
    struct store *s = opened(dir);
    struct history_mark marks[3], later;
    uint64_t batches;

    CHECK(!history_mark(s).run); /* nobody has asked for it: nothing is on record */
    CHECK(!history_has(s, &(struct history_mark){0, 0}));
    for (int i = 0; i < 3; i++) {
        CHECK_ST(history_begin(s), ST_OK);
        batches = atomic_load(&s->figures.batches);
        CHECK_ST(history_begin(s), ST_OK);
        CHECK_U64(atomic_load(&s->figures.batches), batches);
        marks[i] = history_mark(s);
        CHECK(marks[i].run && marks[i].seq == s->seq);
        CHECK(i == 0 || marks[i].run != marks[i - 1].run);
        store_close(s);
        s = opened(dir);
    }
    for (int i = 0; i < 3; i++) {
        CHECK(history_has(s, &marks[i]));
        later = (struct history_mark){marks[i].run, marks[i].seq + 1};
        CHECK(!history_has(s, &later));
        later.run++;
        CHECK(!history_has(s, &later));
    }
    later = history_mark(s);
    later.seq++;
    CHECK(!history_has(s, &later));
    store_close(s);
    remove_dir(dir);
}

TEST(the_oldest_runs_are_forgotten)
{
    struct history h = {0}, back = {0};
    struct buf b;
    uint64_t run;

    for (uint64_t i = 1; i <= HISTORY_RUNS + 2; i++)
        end_run(&h, i, 10 * i);
    CHECK_U64(h.n, HISTORY_RUNS);
    CHECK(h.ended[0].run == 3 && h.ended[HISTORY_RUNS - 1].seq == 10 * (HISTORY_RUNS + 2));
    buf_init(&b, VALUE_BYTES_MAX);
    encode(&b, 77, &h);
    CHECK_ST(buf_check(&b), ST_OK);
    CHECK_ST(decode(buf_str(&b), &run, &back), ST_OK);
    CHECK(run == 77 && back.n == h.n && memcmp(back.ended, h.ended, sizeof h.ended) == 0);
    for (size_t n = 0; n < b.n; n++)
        CHECK_ST(decode(str_n(b.p, n), &run, &back), ST_CORRUPT);
    buf_fini(&b);
}

/* Who can't say what has been is told nothing, and what is outside goes. */
TEST(a_damaged_record_is_begun_anew)
{
    const char *dir = new_dir();
    struct store *s = opened(dir);
    struct history_mark mark;

    CHECK_ST(history_begin(s), ST_OK);
    mark = history_mark(s);
    CHECK_ST(commit_own_row(s, STR(HISTORY_KEY), STR("nonsense")), ST_OK);
    store_close(s);
    s = opened(dir);
    CHECK(!history_mark(s).run && !history_has(s, &mark));
    CHECK_ST(history_begin(s), ST_OK);
    CHECK(!history_has(s, &mark));
    store_close(s);
    s = opened(dir);
    CHECK(history_mark(s).run && !history_has(s, &mark));
    store_close(s);
    remove_dir(dir);
}
