/* Destinations: how many sessions each may have, and which job is next. */
#include "courier/courier.h"

#include "base/random.h"

#include <stdio.h>

#define WINDOW_FIRST 2  /* sessions for a destination that nothing is known of */
#define FAILURES_MAX 3  /* behind so many, what waits is put off without an attempt of its own */
#define SLOWED_MAX 5000 /* destinations that are remembered although nothing is under way to them */

static void dest_free(struct dest *d)
{
    map_str_del(&d->c->dests, d->key);
    order_del(&d->c->wanting, &d->wants);
    list_del(&d->slows);
    mem_free((char *)(uintptr_t)d->key.p);
    mem_free(d);
}

static bool is_unused(const struct dest *d)
{
    return !d->n_sessions && order_is_empty(&d->jobs) && list_is_empty(&d->slows);
}

static void forget_slow(struct dest *d)
{
    if (list_is_empty(&d->slows))
        return;
    list_del(&d->slows);
    d->c->n_slowed--;
    d->slow = (struct slow){0};
    if (is_unused(d))
        dest_free(d);
}

/* Those that asked last are at the end: how long each is remembered differs, so that some stay a little longer. */
static void forget_old(struct courier *c)
{
    while (!list_is_empty(&c->slowed)) {
        struct dest *d = LIST_ITEM(c->slowed.next, struct dest, slows);

        if (c->n_slowed <= SLOWED_MAX && clock_mono_ms() < d->slow.forget)
            return;
        forget_slow(d);
    }
}

/* The domain, and behind a NUL, which is in none, as what letters leave; the caller's. */
static struct str key_of(struct str domain, const struct identity *id)
{
    struct arena a = ARENA_INIT;
    struct str more = identity_key(id, &a);
    size_t n = domain.n + (more.n ? 1 + more.n : 0);
    char *key = mem_new(n + 1);

    for (size_t i = 0; i < domain.n; i++)
        key[i] = ascii_lower(domain.p[i]);
    if (more.n) {
        key[domain.n] = '\0';
        memcpy(key + domain.n + 1, more.p, more.n);
    }
    arena_fini(&a);
    return str_n(key, n);
}

static struct dest *dest_of(struct courier *c, struct str domain, const struct identity *id)
{
    struct str key = key_of(domain, id);
    struct dest *d = map_str_get(&c->dests, key);

    if (d) {
        mem_free((char *)(uintptr_t)key.p);
        return d;
    }
    d = MEM_NEW(struct dest);
    d->c = c;
    d->key = key;
    d->domain = str_sub(key, 0, domain.n);
    d->identity = *id;
    d->window = WINDOW_FIRST;
    order_init(&d->jobs);
    order_item_init(&d->wants);
    list_init(&d->slows);
    list_init(&d->idles);
    co_waitq_init(&d->more);
    map_str_put(&c->dests, d->key, d);
    return d;
}

static void run(void *arg) SUSPENDS
{
    struct dest *d = arg;
    struct courier *c = d->c;

    session_run(d);
    d->n_sessions--;
    c->n_sessions--;
    co_waitq_wake_all(&c->room);
    if (is_unused(d))
        dest_free(d);
    else
        dest_kick(d);
}

/* One that only waits for another letter makes room for those that have none; the next time it is another destination's. */
static void end_an_idle_one(struct courier *c)
{
    struct dest *d;

    if (list_is_empty(&c->idle))
        return;
    d = LIST_ITEM(c->idle.next, struct dest, idles);
    list_del(&d->idles);
    list_add_tail(&c->idle, &d->idles);
    co_waitq_wake_one(&d->more);
}

/* One that has a session gets more of them with what it carries. Its turn is that of its most urgent job. */
static void want(struct dest *d)
{
    struct order_item *first = order_first(&d->jobs);
    int priority = first ? first->priority : 0;

    if (d->n_sessions)
        return;
    if (order_has(&d->wants))
        order_raise(&d->c->wanting, &d->wants, priority);
    else
        order_add(&d->c->wanting, &d->wants, priority, clock_mono_us());
}

void dest_kick(struct dest *d)
{
    while (d->jobs.n > d->n_idle && d->n_sessions < MIN(d->window, d->c->set->courier_per_destination) &&
           !d->c->is_stopping) {
        if (d->c->n_sessions >= d->c->set->courier_sessions) {
            want(d);
            end_an_idle_one(d->c);
            break;
        }
        d->n_sessions++;
        d->c->n_sessions++;
        if (co_spawn(run, d, "carrying") == ST_OK)
            continue;
        d->n_sessions--;
        d->c->n_sessions--;
        want(d);
        break;
    }
}

void dest_spread(struct courier *c)
{
    while (!order_is_empty(&c->wanting) && c->n_sessions < c->set->courier_sessions) {
        struct dest *d = CONTAINER_OF(order_first(&c->wanting), struct dest, wants);

        order_del(&c->wanting, &d->wants);
        dest_kick(d);
        if (order_has(&d->wants)) /* there was no memory for it, or the like */
            return;
    }
    if (!order_is_empty(&c->wanting))
        end_an_idle_one(c);
}

void dest_end_idle(struct courier *c)
{
    LIST_EACH(at, &c->idle)
        co_waitq_wake_all(&LIST_ITEM(at, struct dest, idles)->more);
}

void dest_add(struct courier *c, struct str domain, const struct identity *id, struct job *j)
{
    struct dest *d;

    forget_old(c);
    d = dest_of(c, domain, id);
    order_add(&d->jobs, &j->turn, j->turn.priority, clock_mono_us());
    if (d->n_idle)
        co_waitq_wake_one(&d->more);
    dest_kick(d);
}

void dest_succeeded(struct dest *d)
{
    d->failures = 0;
    if (slow_took(&d->slow) && d->window < d->c->set->courier_per_destination)
        d->window++;
    dest_kick(d);
}

void dest_failed(struct dest *d)
{
    d->window = MAX(d->window / 2, 1u);
    d->failures++;
}

void dest_put_off(const struct dest *d, struct job *j)
{
    struct arena *a = &j->letter->arena;

    for (size_t i = 0; i < j->n; i++)
        j->results[i].is_unreached = j->results[i].state == WORK_UNTRIED && !j->results[i].answer.n && d->is_unreached;
    job_settle(j, WORK_DEFERRED, str_z(d->why_status),
               arena_printf(a, "not tried now, since others could not be sent there: %s", d->why));
}

bool dest_heed(struct dest *d, struct str host, struct str answer)
{
    enum slow_action action = slow_asked(answer);
    mono_ms now = clock_mono_ms();

    if (action == SLOW_NOTHING)
        return false;
    if (slow_down(&d->slow, action, now)) {
        snprintf(d->why, sizeof d->why, "%.*s", STR_ARGS(answer));
        LOG(COURIER_SLOWED, lf_str("domain", d->domain), lf_str("host", host), lf_z("action", slow_name(action)),
            lf_u64("pause_ms", d->slow.until - now), lf_str("answer", answer));
    }
    d->window = 1;
    if (list_is_empty(&d->slows))
        d->c->n_slowed++;
    list_del(&d->slows);
    list_add_tail(&d->c->slowed, &d->slows);
    return true;
}

bool dest_is_paused(const struct dest *d)
{
    return slow_is_paused(&d->slow, clock_mono_ms());
}

/* Not all at the same moment, or the first refusal would bring all of them back again. */
static uint64_t end_of_pause_us(const struct dest *d, mono_ms now)
{
    uint64_t left_ms = d->slow.until > now ? d->slow.until - now : 0;

    return clock_wall_us() + 1000 * (left_ms + random_u64() % (left_ms / 4 + 1));
}

void dest_hold_back(const struct dest *d, struct job *j)
{
    mono_ms now = clock_mono_ms();

    if (!slow_is_paused(&d->slow, now))
        return;
    for (size_t i = 0; i < j->n; i++)
        if (j->results[i].state == WORK_UNTRIED || j->results[i].state == WORK_DEFERRED)
            j->results[i].not_before_us = end_of_pause_us(d, now);
}

bool dest_is_relay(const struct dest *d)
{
    return d->domain.n && d->domain.p[0] == RELAY_DEST;
}

bool dest_is_down(const struct dest *d)
{
    return d->failures >= FAILURES_MAX;
}

struct job *dest_next(struct dest *d, mono_ms deadline)
{
    struct order_item *first;

    if (d->slow.step && d->n_sessions > d->window && !dest_is_paused(d))
        return NULL; /* one of those from before it asked us to come slower */
    while ((first = order_first(&d->jobs)) == NULL) {
        enum st st;

        if (!order_is_empty(&d->c->wanting) || d->c->is_stopping)
            return NULL;
        if (d->n_idle++ == 0)
            list_add_tail(&d->c->idle, &d->idles);
        st = co_waitq_wait(&d->more, deadline);
        if (--d->n_idle == 0)
            list_del(&d->idles);
        if (st != ST_OK)
            return NULL;
    }
    order_del(&d->jobs, first);
    return CONTAINER_OF(first, struct job, turn);
}
