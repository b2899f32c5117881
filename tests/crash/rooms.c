#include "rooms.h"

#include "base/must.h"

#include <stdio.h>

void crash_options(struct store_options *o, const char *dir)
{
    *o = (struct store_options){.dir = dir,
                                .segment_bytes = 256u << 10,
                                .write_buffer_bytes = 64u << 10,
                                .cache_bytes = 1u << 20,
                                .reserve_bytes = 1};
}

struct running {
    struct rooms rooms;
    void (*fn)(struct rooms *r, void *arg);
    void *arg;
    char *why;
    bool ok;
};

static void start(void *arg) SUSPENDS
{
    struct running *u = arg;

    u->ok = queue_start(u->rooms.queue) == ST_OK;
    if (u->ok)
        u->fn(&u->rooms, u->arg);
    else
        snprintf(u->why, 200, "the queue does not start: %.150s", err_get()->text);
    for (unsigned i = 0; i < ACCOUNTS; i++)
        if (u->rooms.accounts[i])
            account_close(u->rooms.accounts[i]);
    core_stop(u->rooms.core);
}

static void spawn(void *arg)
{
    must(co_spawn(start, arg, "crash") == ST_OK);
}

bool rooms_run(const struct store_options *o, void (*fn)(struct rooms *r, void *arg), void *arg, bool closes,
               char why[200])
{
    struct running u = {.fn = fn, .arg = arg, .why = why};

    if (store_open(o, &u.rooms.store) != ST_OK) {
        snprintf(why, 200, "the store does not open: %.150s", err_get()->text);
        return false;
    }
    u.rooms.core = core_new(&(struct core_options){.name = "crash", .coroutines = 32});
    u.rooms.mail = mail_new(&(struct mail_options){.store = u.rooms.store, .cores = &u.rooms.core, .n_cores = 1});
    u.rooms.queue = queue_new(&(struct queue_options){.store = u.rooms.store, .core = u.rooms.core});
    core_post(u.rooms.core, spawn, &u);
    core_run(u.rooms.core);
    if (!closes)
        return u.ok;
    mail_free(u.rooms.mail);
    queue_free(u.rooms.queue);
    store_close(u.rooms.store);
    core_free(u.rooms.core);
    return u.ok;
}
