/* Destinations and their sessions, which here carry nothing: who gets one when there are fewer than destinations, and that none stands idle meanwhile. */
#include "courier/dest.c"

#include "config/config.h"
#include "test.h"

#define DESTS 20

static const struct identity nobody;

static struct courier *courier;
static struct job jobs[DESTS][3];
static unsigned carried[DESTS], most_sessions;
static bool is_over;

/* Takes what comes, and then waits for more for as long as a minute. */
void session_run(struct dest *d)
{
    struct job *j;

    while ((j = dest_next(d, deadline_in(60000))) != NULL) {
        most_sessions = MAX(most_sessions, (unsigned)d->c->n_sessions);
        carried[(j - jobs[0]) / 3]++;
        dest_succeeded(d);
        IGNORE(co_sleep(deadline_in(1)));
    }
}

static struct str settled_status, settled_text;

void job_settle(struct job *j, uint8_t state, struct str status, struct str text)
{
    CHECK(j->n == 3 && state == WORK_DEFERRED);
    settled_status = status;
    settled_text = text;
}

static void spread(void *arg)
{
    (void)arg;
    while (!is_over && co_waitq_wait(&courier->room, deadline_in(100)) != ST_CANCELED)
        dest_spread(courier);
}

static void add(unsigned dest, unsigned n)
{
    char name[16];

    snprintf(name, sizeof name, "D%u.test", dest);
    order_item_init(&jobs[dest][n].turn);
    dest_add(courier, str_z(name), &nobody, &jobs[dest][n]);
}

static bool all_carried(unsigned n)
{
    for (unsigned i = 0; i < DESTS; i++)
        if (carried[i] != n)
            return false;
    return true;
}

static void wait_until_carried(unsigned n)
{
    for (unsigned i = 0; i < 1000 && !all_carried(n); i++) /* much less than a session would stand idle */
        IGNORE(co_sleep(deadline_in(5)));
    CHECK(all_carried(n));
}

TEST(what_waits_for_one_that_is_down_is_put_off_for_the_same_reason)
{
    struct dest d = {.why = "no TLS", .why_status = "4.7.10"};
    struct letter l = {0};
    struct work_result results[3] = {{.state = WORK_UNTRIED}, {.state = WORK_DELIVERED}, {.state = WORK_UNTRIED}};
    struct job j = {.letter = &l, .results = results, .n = 3};

    dest_put_off(&d, &j);
    CHECK_STR(settled_status, STR("4.7.10"));
    CHECK(str_ends(settled_text, STR("there: no TLS")) && !results[0].is_unreached);
    d.is_unreached = true;
    dest_put_off(&d, &j);
    CHECK(results[0].is_unreached && !results[1].is_unreached && results[2].is_unreached);
    arena_fini(&l.arena);
}

/* Without letters and sessions, until its time is over or there are too many. */
static void slowed_is_remembered(void)
{
    struct dest *d = dest_of(courier, STR("slow.test"), &nobody);
    struct work_result results[3] = {{.state = WORK_UNTRIED}, {.state = WORK_DEFERRED}, {.state = WORK_FAILED}};
    struct job j = {.results = results, .n = 3};

    CHECK(!dest_heed(d, STR("mx"), STR("450 4.2.0 greylisted")) && !dest_is_paused(d));
    dest_hold_back(d, &j);
    CHECK(!results[0].not_before_us);
    d->window = 9;
    CHECK(dest_heed(d, STR("mx"), STR("421 too many connections")) && dest_is_paused(d) && d->window == 1);
    CHECK(dest_heed(d, STR("mx"), STR("421 too many connections")) && courier->n_slowed == 1 && d->slow.step == 1);
    dest_hold_back(d, &j);
    CHECK(results[0].not_before_us > clock_wall_us() && results[1].not_before_us && !results[2].not_before_us);
    forget_old(courier);
    CHECK(dest_of(courier, STR("SLOW.test"), &nobody) == d);
    d->slow.forget = 0;
    forget_old(courier);
    CHECK(!courier->n_slowed && !courier->dests.n);
    for (unsigned i = 0; i <= SLOWED_MAX; i++) {
        char name[30];

        snprintf(name, sizeof name, "%u.test", i);
        d = dest_of(courier, str_z(name), &nobody);
        CHECK(slow_down(&d->slow, SLOW_PAUSE, clock_mono_ms()));
        list_add_tail(&courier->slowed, &d->slows);
        courier->n_slowed++;
    }
    forget_old(courier);
    CHECK(courier->n_slowed == SLOWED_MAX && !map_str_get(&courier->dests, STR("0.test")));
    LIST_EACH(at, &courier->slowed)
        LIST_ITEM(at, struct dest, slows)->slow.forget = 0;
    forget_old(courier);
    CHECK(!courier->dests.n);
}

/* Letters that leave as somebody else share nothing: no connection, no pause. */
static void each_leaves_as_itself(void)
{
    struct identity one = {.source4 = {.family = 4, .bytes = {192, 0, 2, 1}}}, two = one, six, named = one;
    struct dest *d[5];

    two.source4.bytes[3] = 2;
    six = (struct identity){.source6 = {.family = 6, .bytes = {0x20, 1}}};
    strcpy(named.ehlo, "one.test");
    d[0] = dest_of(courier, STR("to.test"), &nobody);
    d[1] = dest_of(courier, STR("to.test"), &one);
    d[2] = dest_of(courier, STR("to.test"), &two);
    d[3] = dest_of(courier, STR("to.test"), &six);
    d[4] = dest_of(courier, STR("to.test"), &named);
    for (size_t i = 0; i < ARRAY_LEN(d); i++) {
        for (size_t j = 0; j < i; j++)
            CHECK(d[i] != d[j]);
        CHECK_STR(d[i]->domain, STR("to.test"));
    }
    CHECK(dest_of(courier, STR("TO.test"), &two) == d[2] && identity_eq(&d[2]->identity, &two));
    CHECK(dest_heed(d[1], STR("mx"), STR("421 too many connections")) && dest_is_paused(d[1]) && !dest_is_paused(d[2]));
    d[1]->slow.forget = 0;
    forget_old(courier);
    for (size_t i = 0; i < ARRAY_LEN(d); i++)
        if (i != 1)
            dest_free(d[i]);
    CHECK(!courier->dests.n);
}

static void body(void *arg)
{
    struct core *core = arg;

    CHECK_ST(co_spawn(spread, NULL, "spread"), ST_OK);
    for (unsigned i = 0; i < DESTS; i++)
        add(i, 0);
    CHECK_U64(courier->n_sessions, 2);
    wait_until_carried(1);
    CHECK_U64(most_sessions, 2);
    CHECK(order_is_empty(&courier->wanting));
    for (unsigned i = DESTS; i-- > 0;) {
        add(i, 1);
        add(i, 2);
    }
    wait_until_carried(3);
    CHECK_U64(most_sessions, 2);
    CHECK(courier->n_sessions && !list_is_empty(&courier->idle)); /* with nobody who wants them they may wait */
    courier->is_stopping = true;
    dest_end_idle(courier);
    for (unsigned i = 0; i < 1000 && courier->n_sessions; i++)
        IGNORE(co_sleep(deadline_in(5)));
    CHECK(!courier->n_sessions && !courier->dests.n && list_is_empty(&courier->idle));
    slowed_is_remembered();
    each_leaves_as_itself();
    is_over = true;
    core_stop(core);
}

static void begin(void *core)
{
    CHECK_ST(co_spawn(body, core, "test"), ST_OK);
}

TEST(sessions_go_round)
{
    struct config_errors *errors = MEM_NEW(struct config_errors);
    struct core *core = core_new(&(struct core_options){.name = "test", .coroutines = 64});

    courier = MEM_NEW(struct courier);
    CHECK_ST(config_parse(STR("host_name mail.example.test\ncourier_sessions 2\n"), "test", &courier->set, errors),
             ST_OK);
    co_waitq_init(&courier->room);
    order_init(&courier->wanting);
    list_init(&courier->idle);
    list_init(&courier->slowed);
    core_post(core, begin, core);
    core_run(core);
    core_free(core);
    map_fini(&courier->dests);
    config_unref(courier->set);
    mem_free(courier);
    mem_free(errors);
}
