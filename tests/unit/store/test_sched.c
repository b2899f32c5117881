#include "store/sched.c"

#include "test.h"

#include <stdarg.h>

struct world {
    struct sched s;
    enum st refuse; /* what admit says to `refused` */
    const struct kv_job *refused;
};

static enum st load(void *ctx, uint64_t account, uint64_t *out_version)
{
    (void)ctx;
    if (account == 666)
        return FAIL(ST_IO, "unreadable");
    *out_version = 5;
    return ST_OK;
}

static enum st admit(void *ctx, struct kv_job *job)
{
    struct world *w = ctx;

    return job == w->refused ? FAIL(w->refuse, "refused") : ST_OK;
}

static void begin(struct world *w)
{
    *w = (struct world){.s = {.load = load, .admit = admit, .ctx = w}};
    sched_init(&w->s);
}

static void end(struct world *w)
{
    sched_fini(&w->s);
}

struct test_job {
    struct kv_job job;
    struct kv_part part[3], *parts[3];
};

static struct kv_job *job(struct test_job *t, size_t n, ...)
{
    va_list ap;

    *t = (struct test_job){.job = {.parts = t->parts, .n_parts = n, .bytes = 10}};
    va_start(ap, n);
    for (size_t i = 0; i < n; i++) {
        t->parts[i] = &t->part[i];
        t->part[i].account = (uint64_t)va_arg(ap, int);
        t->part[i].expected_version = (uint64_t)va_arg(ap, int);
        t->part[i].chain = (uint32_t)va_arg(ap, int);
    }
    va_end(ap);
    return &t->job;
}

/* "abc|de": which jobs (a is the first of t) are in the batch, and which have failed. */
static struct str round_of(struct world *w, struct test_job *t, enum st settle)
{
    static char text[64];
    struct job_list batch;
    size_t n = 0;

    job_list_init(&batch);
    sched_batch(&w->s, 4, 1000, &batch);
    for (struct kv_job *j = batch.first; j; j = j->next)
        text[n++] = (char)('a' + (CONTAINER_OF(j, struct test_job, job) - t));
    text[n++] = '|';
    sched_settle(&w->s, &batch, settle);
    for (struct kv_job *j = job_list_take(&w->s.failed); j; j = job_list_take(&w->s.failed))
        text[n++] = (char)('a' + (CONTAINER_OF(j, struct test_job, job) - t));
    return str_n(text, n);
}

TEST(versions_go_in_order_whatever_the_order_they_come_in)
{
    struct test_job t[8];
    struct world w;

    begin(&w);
    sched_add(&w.s, job(&t[0], 1, 1, 7, 0), 0);
    sched_add(&w.s, job(&t[1], 1, 1, 6, 0), 0);
    CHECK_STR(round_of(&w, t, ST_OK), STR("|"));
    sched_add(&w.s, job(&t[2], 1, 2, 5, 0), 0);
    sched_add(&w.s, job(&t[3], 1, 1, 5, 0), 0);
    CHECK_STR(round_of(&w, t, ST_OK), STR("cdba|"));
    sched_add(&w.s, job(&t[4], 1, 1, 8, 0), 0);
    sched_add(&w.s, job(&t[5], 1, 2, 6, 0), 0);
    CHECK_STR(round_of(&w, t, ST_OK), STR("ef|"));
    end(&w);
}

TEST(a_batch_is_bounded_and_the_rest_comes_next)
{
    struct test_job t[6];
    struct world w;

    begin(&w);
    for (int i = 0; i < 6; i++)
        sched_add(&w.s, job(&t[i], 1, 1, 5 + i, 0), 0);
    CHECK_STR(round_of(&w, t, ST_OK), STR("abcd|"));
    CHECK_STR(round_of(&w, t, ST_OK), STR("ef|"));
    end(&w);
}

TEST(a_commit_of_two_accounts_waits_for_both)
{
    struct test_job t[4];
    struct world w;

    begin(&w);
    sched_add(&w.s, job(&t[0], 2, 1, 5, 0, 2, 6, 0), 0);
    sched_add(&w.s, job(&t[1], 1, 1, 6, 0), 0);
    CHECK_STR(round_of(&w, t, ST_OK), STR("|"));
    sched_add(&w.s, job(&t[2], 1, 2, 5, 0), 0);
    CHECK_STR(round_of(&w, t, ST_OK), STR("cab|"));
    end(&w);
}

TEST(commits_that_wait_for_one_another_go_together)
{
    struct test_job t[4];
    struct world w;

    begin(&w);
    sched_add(&w.s, job(&t[0], 2, 1, 5, 0, 2, 6, 0), 0);
    sched_add(&w.s, job(&t[1], 1, 3, 9, 0), 0);
    sched_add(&w.s, job(&t[2], 2, 1, 6, 0, 2, 5, 0), 0);
    sched_add(&w.s, job(&t[3], 1, 1, 7, 0), 0);
    CHECK_STR(round_of(&w, t, ST_OK), STR("acd|"));
    CHECK(w.s.took_ring);
    sched_expire(&w.s, 1);
    CHECK_STR(round_of(&w, t, ST_OK), STR("|b"));
    end(&w);
}

TEST(a_ring_of_which_one_is_refused_fails_whole)
{
    struct test_job t[4];
    struct world w;

    begin(&w);
    w.refused = &t[1].job;
    w.refuse = ST_NOSPACE;
    sched_add(&w.s, job(&t[0], 2, 1, 5, 0, 2, 6, 0), 0);
    sched_add(&w.s, job(&t[1], 2, 1, 6, 0, 2, 5, 0), 0);
    CHECK_STR(round_of(&w, t, ST_OK), STR("|ba"));
    end(&w);
}

TEST(what_fails_takes_its_chain_along_but_nothing_before_it)
{
    struct test_job t[8];
    struct world w;

    begin(&w);
    w.refused = &t[1].job;
    w.refuse = ST_NOSPACE;
    sched_add(&w.s, job(&t[0], 1, 1, 5, 0), 0);
    sched_add(&w.s, job(&t[1], 1, 1, 6, 0), 0);
    sched_add(&w.s, job(&t[2], 2, 1, 7, 0, 2, 5, 0), 0);
    sched_add(&w.s, job(&t[3], 1, 2, 6, 0), 0);
    CHECK_STR(round_of(&w, t, ST_OK), STR("a|bcd"));
    CHECK(t[1].job.st == ST_NOSPACE && t[2].job.st == ST_CANCELED);
    CHECK_U64(sched_chain(&w.s, 1), 1);
    CHECK_U64(sched_chain(&w.s, 2), 1);
    CHECK_U64(sched_chain(&w.s, 3), 0);
    sched_add(&w.s, job(&t[4], 1, 1, 6, 0), 0); /* late, of the dead chain */
    sched_add(&w.s, job(&t[5], 1, 1, 6, 1), 0);
    sched_add(&w.s, job(&t[6], 1, 2, 5, 1), 0);
    CHECK_STR(round_of(&w, t, ST_OK), STR("fg|e"));
    end(&w);
}

TEST(one_that_is_doomed_fails_in_its_turn)
{
    struct test_job t[4];
    struct world w;

    begin(&w);
    sched_add(&w.s, job(&t[1], 1, 1, 6, 0), 0);
    t[1].job.is_doomed = true;
    t[1].job.st = ST_CANCELED;
    sched_add(&w.s, job(&t[2], 1, 1, 7, 0), 0);
    CHECK_STR(round_of(&w, t, ST_OK), STR("|"));
    sched_add(&w.s, job(&t[0], 1, 1, 5, 0), 0);
    CHECK_STR(round_of(&w, t, ST_OK), STR("a|bc"));
    end(&w);
}

TEST(a_version_that_is_past_is_a_lost_race)
{
    struct test_job t[4];
    struct world w;

    begin(&w);
    sched_add(&w.s, job(&t[0], 1, 1, 3, 0), 0);
    sched_add(&w.s, job(&t[1], 1, 1, 5, 0), 0); /* of the same chain: it builds on what never was */
    sched_add(&w.s, job(&t[2], 1, 1, 5, 1), 0);
    CHECK_STR(round_of(&w, t, ST_OK), STR("c|ab"));
    CHECK(t[0].job.st == ST_BUSY && t[1].job.st == ST_CANCELED);
    end(&w);
}

TEST(a_batch_that_fails_leaves_versions_where_they_were)
{
    struct test_job t[4];
    struct world w;

    begin(&w);
    sched_add(&w.s, job(&t[0], 1, 1, 5, 0), 0);
    sched_add(&w.s, job(&t[1], 1, 1, 6, 0), 0);
    sched_add(&w.s, job(&t[2], 1, 1, 8, 0), 0);
    (void)FAIL(ST_NOSPACE, "full");
    CHECK_STR(round_of(&w, t, ST_NOSPACE), STR("ab|ab"));
    CHECK(t[0].job.st == ST_NOSPACE && strcmp(t[0].job.why, "full") == 0);
    CHECK_STR(round_of(&w, t, ST_OK), STR("|c"));
    sched_add(&w.s, job(&t[3], 1, 1, 5, 1), 0);
    CHECK_STR(round_of(&w, t, ST_OK), STR("d|"));
    end(&w);
}

TEST(an_account_that_cannot_be_read_fails_what_names_it)
{
    struct test_job t[2];
    struct world w;

    begin(&w);
    sched_add(&w.s, job(&t[0], 2, 666, 5, 0, 1, 5, 0), 0);
    sched_add(&w.s, job(&t[1], 1, 1, 6, 0), 0);
    CHECK_STR(round_of(&w, t, ST_OK), STR("|ab"));
    CHECK(t[0].job.st == ST_IO);
    end(&w);
}

/* Many accounts, many commits of one to three parts, in random order, some of them refused: whatever is accepted is
 * accepted in order, and all is answered. */
TEST(random_orders_keep_the_order)
{
    enum { JOBS = 4000, ACCOUNTS = 7 };
    static struct test_job t[JOBS];
    static struct kv_job *order[JOBS];
    uint64_t next[ACCOUNTS], seen[ACCOUNTS], x = 88172645463325252u;
    size_t answered = 0;
    struct world w;

    begin(&w);
    for (size_t i = 0; i < ACCOUNTS; i++)
        next[i] = seen[i] = 5;
    for (size_t i = 0; i < JOBS; i++) {
        size_t n = 1 + i % 3;

        t[i] = (struct test_job){.job = {.parts = t[i].parts, .n_parts = n, .bytes = 10}};
        for (size_t j = 0; j < n; j++) {
            size_t account = (i * 5 + j * 2) % ACCOUNTS;

            t[i].parts[j] = &t[i].part[j];
            t[i].part[j].account = account;
            t[i].part[j].expected_version = next[account]++;
        }
        order[i] = &t[i].job;
    }
    for (size_t i = 0; i + 1 < JOBS; i++) { /* each at most 30 places away from its own */
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        size_t k = MIN(i + x % 30, JOBS - 1);
        struct kv_job *swap = order[i];

        order[i] = order[k];
        order[k] = swap;
    }
    for (size_t i = 0; i < JOBS; i += 8) {
        struct job_list batch;

        for (size_t j = i; j < i + 8 && j < JOBS; j++)
            sched_add(&w.s, order[j], 0);
        for (int more = 1; more;) {
            job_list_init(&batch);
            sched_batch(&w.s, 16, 1000, &batch);
            more = batch.n != 0;
            sched_settle(&w.s, &batch, ST_OK);
            for (struct kv_job *j = batch.first; j; j = j->next) {
                for (size_t k = 0; k < j->n_parts && !w.s.took_ring; k++)
                    CHECK(j->parts[k]->expected_version == seen[j->parts[k]->account]++);
                for (size_t k = 0; k < j->n_parts && w.s.took_ring; k++)
                    seen[j->parts[k]->account]++;
                answered++;
            }
        }
    }
    CHECK_U64(answered, JOBS);
    CHECK(!w.s.failed.n);
    end(&w);
}
