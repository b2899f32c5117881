/* Destinations: how many sessions each may have, and which job is next. */
#include "courier/courier.h"

#define WINDOW_FIRST 2 /* sessions for a destination that nothing is known of */
#define FAILURES_MAX 3 /* behind so many, what waits is put off without an attempt of its own */

static void dest_free(struct dest *d)
{
    map_str_del(&d->c->dests, d->domain);
    mem_free((char *)(uintptr_t)d->domain.p);
    mem_free(d);
}

static struct dest *dest_of(struct courier *c, struct str domain)
{
    struct dest *d = map_str_get(&c->dests, domain);
    char *name;

    if (d)
        return d;
    d = MEM_NEW(struct dest);
    name = mem_new(domain.n + 1);
    for (size_t i = 0; i < domain.n; i++)
        name[i] = ascii_lower(domain.p[i]);
    d->c = c;
    d->domain = str_n(name, domain.n);
    d->window = WINDOW_FIRST;
    list_init(&d->jobs);
    co_waitq_init(&d->more);
    map_str_put(&c->dests, d->domain, d);
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
    if (!d->n_sessions && !d->n_jobs)
        dest_free(d);
    else
        dest_kick(d);
}

void dest_kick(struct dest *d)
{
    while (d->n_jobs > d->n_idle && d->n_sessions < MIN(d->window, d->c->set->courier_per_destination) &&
           d->c->n_sessions < d->c->set->courier_sessions) {
        d->n_sessions++;
        d->c->n_sessions++;
        if (co_spawn(run, d, "carrying") == ST_OK)
            continue;
        d->n_sessions--;
        d->c->n_sessions--;
        break;
    }
}

/* Destinations that had no session because all were in use. */
void dest_kick_all(struct courier *c)
{
    size_t pos = 0;
    void *d;

    while (map_next(&c->dests, &pos, &d))
        dest_kick(d);
}

void dest_add(struct courier *c, struct str domain, struct job *j)
{
    struct dest *d = dest_of(c, domain);

    list_add_tail(&d->jobs, &j->of);
    d->n_jobs++;
    if (d->n_idle)
        co_waitq_wake_one(&d->more);
    dest_kick(d);
}

void dest_succeeded(struct dest *d)
{
    d->failures = 0;
    if (d->window < d->c->set->courier_per_destination)
        d->window++;
    dest_kick(d);
}

void dest_failed(struct dest *d)
{
    d->window = MAX(d->window / 2, 1u);
    d->failures++;
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
    struct job *j;

    while (list_is_empty(&d->jobs)) {
        enum st st;

        d->n_idle++;
        st = co_waitq_wait(&d->more, deadline);
        d->n_idle--;
        if (st != ST_OK)
            return NULL;
    }
    j = LIST_ITEM(d->jobs.next, struct job, of);
    list_del(&j->of);
    d->n_jobs--;
    return j;
}
