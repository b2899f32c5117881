/* Destinations and their sessions, which here carry nothing: who gets one when there are fewer than destinations, and that none stands idle meanwhile. */
#include "courier/dest.c"

#include "config/config.h"
#include "test.h"

#define DESTS 20

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
    list_init(&jobs[dest][n].of);
    dest_add(courier, str_z(name), &jobs[dest][n]);
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

static void body(void *arg)
{
    struct core *core = arg;

    CHECK_ST(co_spawn(spread, NULL, "spread"), ST_OK);
    for (unsigned i = 0; i < DESTS; i++)
        add(i, 0);
    CHECK_U64(courier->n_sessions, 2);
    wait_until_carried(1);
    CHECK_U64(most_sessions, 2);
    CHECK(list_is_empty(&courier->wanting));
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
    list_init(&courier->wanting);
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
