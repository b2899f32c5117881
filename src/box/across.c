#include "box/box.h"

struct errand {
    void (*fn)(void *arg) SUSPENDS;
    void *arg;
    struct core *home;
    struct co_event done;
    enum st st;
};

static void finished(void *arg)
{
    struct errand *e = arg;

    co_event_set(&e->done);
}

static void run(void *arg) SUSPENDS
{
    struct errand *e = arg;

    e->fn(e->arg);
    core_post(e->home, finished, e);
}

static void arrived(void *arg)
{
    struct errand *e = arg;

    e->st = co_spawn(run, e, "errand");
    if (e->st != ST_OK)
        core_post(e->home, finished, e);
}

enum st box_on_core_of(struct box *b, uint64_t account, void (*fn)(void *arg) SUSPENDS, void *arg)
{
    struct errand e = {.fn = fn, .arg = arg, .home = core_here()};

    core_post(b->cores[mail_core_of(b->mail, account)].core, arrived, &e);
    co_event_wait_heedless(&e.done); /* e is in the other core's hands until then */
    return e.st == ST_OK ? ST_OK : FAIL(ST_TRYLATER, "too much at once");
}
