#include "store/upkeep.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/compact.h"
#include "store/dictionary.h"
#include "store/inside.h"

#include <time.h>

#define ROUND_MS 10000 /* between looks at whether there is something to do */
#define AHEAD_US 50000 /* bytes are paid for in pieces of so much time, not one by one */

struct store_upkeep upkeep_settings(struct store *s)
{
    struct store_upkeep set;

    pthread_mutex_lock(&s->upkeep.mutex);
    set = s->upkeep.set;
    pthread_mutex_unlock(&s->upkeep.mutex);
    return set;
}

bool upkeep_is_ending(struct store *s)
{
    bool ending;

    pthread_mutex_lock(&s->upkeep.mutex);
    ending = s->upkeep.ending;
    pthread_mutex_unlock(&s->upkeep.mutex);
    return ending;
}

/* With the mutex held. */
static void wait_us(struct upkeep *u, uint64_t us)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)(us / 1000000);
    until.tv_nsec += (long)(us % 1000000) * 1000;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&u->wake, &u->mutex, &until);
}

bool upkeep_pay(struct store *s, uint64_t bytes)
{
    struct upkeep *u = &s->upkeep;
    uint64_t now = clock_mono_us();
    bool goes_on;

    pthread_mutex_lock(&u->mutex);
    u->paid_us = MAX(u->paid_us, now);
    if (u->set.rate)
        u->paid_us += bytes * 1000000 / u->set.rate;
    while (!u->ending && u->set.rate && u->paid_us > (now = clock_mono_us()) + AHEAD_US)
        wait_us(u, u->paid_us - now);
    goes_on = !u->ending;
    pthread_mutex_unlock(&u->mutex);
    return goes_on;
}

void upkeep_count(struct store *s, uint64_t segments, uint64_t moved, uint64_t freed)
{
    atomic_fetch_add(&s->upkeep.segments, segments);
    atomic_fetch_add(&s->upkeep.moved_bytes, moved);
    atomic_fetch_add(&s->upkeep.freed_bytes, freed);
}

/* What fails is tried again in the next round: nothing here is waited for. */
static void run_round(struct store *s) SUSPENDS
{
    enum st st = dictionary_step(s);
    size_t segments;

    if (st != ST_OK && st != ST_CANCELED)
        LOG(STORE_UPKEEP_FAILED, lf_z("work", "dictionary"), lf_err());
    if (!upkeep_settings(s).rate)
        return;
    atomic_store(&s->upkeep.compacting, true);
    do
        st = compact_step(s, &segments);
    while (st == ST_OK && segments && !upkeep_is_ending(s));
    atomic_store(&s->upkeep.compacting, false);
    if (st != ST_OK && st != ST_CANCELED)
        LOG(STORE_UPKEEP_FAILED, lf_z("work", "compaction"), lf_err());
}

static void *run(void *arg) SUSPENDS
{
    struct store *s = arg;
    struct upkeep *u = &s->upkeep;

    pthread_setname_np(pthread_self(), "store-upkeep");
    pthread_mutex_lock(&u->mutex);
    while (!u->ending) {
        wait_us(u, ROUND_MS * 1000);
        pthread_mutex_unlock(&u->mutex);
        if (!upkeep_is_ending(s))
            run_round(s);
        pthread_mutex_lock(&u->mutex);
    }
    pthread_mutex_unlock(&u->mutex);
    return NULL;
}

void upkeep_init(struct store *s)
{
    if (s->opt.upkeep)
        s->upkeep.set = *s->opt.upkeep;
    pthread_mutex_init(&s->upkeep.mutex, NULL);
    pthread_cond_init(&s->upkeep.wake, NULL);
}

void upkeep_fini(struct store *s)
{
    map_fini(&s->upkeep.damaged);
    pthread_cond_destroy(&s->upkeep.wake);
    pthread_mutex_destroy(&s->upkeep.mutex);
}

enum st upkeep_start(struct store *s)
{
    struct upkeep *u = &s->upkeep;

    u->runs = pthread_create(&u->thread, NULL, run, s) == 0;
    return u->runs ? ST_OK : FAIL(ST_TRYLATER, "no thread for the upkeep");
}

void upkeep_stop(struct store *s)
{
    struct upkeep *u = &s->upkeep;

    pthread_mutex_lock(&u->mutex);
    u->ending = true;
    pthread_cond_signal(&u->wake);
    pthread_mutex_unlock(&u->mutex);
    if (u->runs)
        pthread_join(u->thread, NULL);
    u->runs = false;
}

void store_set_upkeep(struct store *s, const struct store_upkeep *set)
{
    pthread_mutex_lock(&s->upkeep.mutex);
    s->upkeep.set = *set;
    pthread_cond_signal(&s->upkeep.wake);
    pthread_mutex_unlock(&s->upkeep.mutex);
}
