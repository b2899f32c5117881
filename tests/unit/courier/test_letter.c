/* Letters in hand, with a box that the test plays: whose bytes give way to whom, and what is told. */
#include "courier/courier.h"

static enum st play_box(struct ipc *p, enum msg_kind ask, const void *msg, int fd, enum msg_kind answer,
                        struct arena *a, void *out_msg, int *out_fd, mono_ms deadline) SUSPENDS;
#define ipc_ask play_box
#include "courier/letter.c"
#undef ipc_ask

#include "config/config.h"
#include "test.h"

#define SIZE 600

static struct courier *courier;
static struct job *jobs[16]; /* in the order in which they were made */
static size_t n_jobs;
static unsigned loads, tells;
static uint8_t outcome_status;
static char bytes[SIZE];

static enum st play_box(struct ipc *p, enum msg_kind ask, const void *msg, int fd, enum msg_kind answer,
                        struct arena *a, void *out_msg, int *out_fd, mono_ms deadline)
{
    (void)p, (void)msg, (void)fd, (void)answer, (void)a, (void)out_fd, (void)deadline;
    if (ask == MSG_letter_ask) {
        loads++;
        *(struct msg_letter_answer *)out_msg =
            (struct msg_letter_answer){.size = SIZE, .bytes = str_n(bytes, sizeof bytes)};
        return co_sleep(deadline_in(1));
    }
    tells++;
    *(struct msg_outcome_answer *)out_msg = (struct msg_outcome_answer){.status = outcome_status};
    return co_sleep(deadline_in(1));
}

struct ipc *courier_box(const struct courier *c)
{
    (void)c;
    return NULL;
}

struct str routes_dest(const struct letter *l, const struct job *j, char room[ROUTES_NAME_MAX])
{
    (void)l, (void)room;
    return domain_of(j->rcpts[0]->address);
}

void dest_add(struct courier *c, struct str domain, const struct identity *id, struct job *j)
{
    (void)c, (void)domain, (void)id;
    jobs[n_jobs++] = j;
}

void job_tell_suppressed(const struct job *j)
{
    (void)j;
}

/* A letter for two domains: jobs[at] and jobs[at + 1]. */
static size_t letter_for_two(uint64_t id)
{
    struct work_rcpt rcpts[] = {{.address = STR("a@x.test")}, {.index = 1, .address = STR("b@y.test")}};
    struct work_letter w = {.id = id, .size = SIZE, .reverse_path = STR(""), .rcpts = rcpts, .n_rcpts = 2};
    size_t at = n_jobs;

    letter_begin(courier, &w);
    CHECK_U64(n_jobs, at + 2);
    return at;
}

static void finish(struct job *j)
{
    job_settle(j, WORK_DELIVERED, STR("2.0.0"), STR("250 fine"));
    job_end(j);
}

static unsigned taken;

static void take_and_finish(void *arg) SUSPENDS
{
    struct str text;

    CHECK_ST(job_bytes(arg, &text), ST_OK);
    taken++;
    IGNORE(co_sleep(deadline_in(5)));
    finish(arg);
}

static void wait_until_gone(void)
{
    for (unsigned i = 0; i < 1000 && courier->letters.n; i++)
        IGNORE(co_sleep(deadline_in(5)));
    CHECK_U64(courier->letters.n, 0);
    CHECK(list_is_empty(&courier->spare) && list_is_empty(&courier->line));
}

/* Only one letter fits beside what others hold. */
static void bytes_give_way(void) SUSPENDS
{
    size_t a = letter_for_two(1), b = letter_for_two(2);
    struct str text;

    courier->bytes = BYTES_MAX - SIZE;
    CHECK_ST(job_bytes(jobs[a], &text), ST_OK);
    CHECK(text.n == SIZE && loads == 1);
    CHECK_ST(co_spawn(take_and_finish, jobs[b], "waits"), ST_OK);
    IGNORE(co_sleep(deadline_in(20)));
    CHECK(!taken); /* the other one's bytes are in use */
    finish(jobs[a]);
    IGNORE(co_sleep(deadline_in(20)));
    CHECK(taken == 1 && loads == 2 && courier->letters.n == 2);
    CHECK_ST(job_bytes(jobs[a + 1], &text), ST_OK); /* read once more, behind the other's first half */
    CHECK(loads == 3 && courier->bytes == BYTES_MAX);
    CHECK_ST(co_spawn(take_and_finish, jobs[b + 1], "waits"), ST_OK);
    finish(jobs[a + 1]);
    wait_until_gone();
    CHECK(taken == 2 && courier->bytes == BYTES_MAX - SIZE);
    courier->bytes = 0;
}

/* What fits passes by the first that waits, but not for ever. */
static void the_first_gets_its_turn(void) SUSPENDS
{
    struct in_line first = {.since = clock_mono_ms()};
    size_t at = letter_for_two(3);
    struct str text;

    list_add_tail(&courier->line, &first.of);
    CHECK_ST(job_bytes(jobs[at], &text), ST_OK);
    finish(jobs[at]);
    first.since -= MIN(first.since, (mono_ms)PASSED_MS);
    CHECK(!is_my_turn(courier, &(struct in_line){0}) && is_my_turn(courier, &first));
    list_del(&first.of);
    CHECK_ST(job_bytes(jobs[at + 1], &text), ST_OK);
    finish(jobs[at + 1]);
    wait_until_gone();
}

static void what_can_not_be_written_is_not_repeated(void) SUSPENDS
{
    size_t at = letter_for_two(4);

    tells = 0;
    outcome_status = ST_LIMIT;
    finish(jobs[at]);
    outcome_status = ST_NOTFOUND;
    finish(jobs[at + 1]);
    CHECK_U64(tells, 2);
    wait_until_gone();
}

static void body(void *core) SUSPENDS
{
    bytes_give_way();
    the_first_gets_its_turn();
    what_can_not_be_written_is_not_repeated();
    core_stop(core);
}

static void begin(void *core)
{
    CHECK_ST(co_spawn(body, core, "test"), ST_OK);
}

TEST(bytes_that_nobody_works_with_give_way_and_outcomes_end)
{
    struct core *core = core_new(&(struct core_options){.name = "test", .coroutines = 16});
    struct config_errors *errors = MEM_NEW(struct config_errors);

    courier = MEM_NEW(struct courier);
    CHECK_ST(config_parse(STR("host_name mail.example.test"), "test", &courier->set, errors), ST_OK);
    mem_free(errors);
    co_waitq_init(&courier->room);
    list_init(&courier->line);
    list_init(&courier->spare);
    core_post(core, begin, core);
    core_run(core);
    core_free(core);
    map_fini(&courier->letters);
    config_unref(courier->set);
    mem_free(courier);
}

TEST(a_job_is_split_by_marks)
{
    struct courier c = {0};
    struct work_rcpt rcpts[3] = {{.index = 4, .address = STR("a@b.test")},
                                 {.index = 5, .address = STR("b@b.test")},
                                 {.index = 6, .address = STR("c@b.test")}};
    struct letter l = {.c = &c, .work = {.rcpts = rcpts, .n_rcpts = 3, .priority = 2}};
    struct job *j = job_new(&l), *other;

    for (size_t i = 0; i < 3; i++) {
        j->rcpts[j->n] = &rcpts[i];
        j->results[j->n++] = (struct work_result){.index = rcpts[i].index, .is_moved = i == 1};
    }
    j->sender = STR("me@ours.test");
    other = job_split(j);
    CHECK(l.jobs == 2 && j->n == 2 && other->n == 1 && other->turn.priority == 2);
    CHECK(j->rcpts[1] == &rcpts[2] && j->results[1].index == 6);
    CHECK(other->rcpts[0] == &rcpts[1] && other->results[0].index == 5);
    CHECK_STR(other->sender, STR("me@ours.test"));
    arena_fini(&l.arena);
}
