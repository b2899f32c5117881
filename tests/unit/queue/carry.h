/* A queue on a fake store whose letters are carried, by a clock of the test's own. */
#pragma once

#include "mail/help.h"

#include "queue/claim.c"
#include "queue/settle.c"

#define MINUTE 60000000ull

static uint64_t wall; /* microseconds, as the queue sees it */

static uint64_t wall_now(void)
{
    return wall;
}

static const struct queue_rcpt one[] = {{.address = STR("x@far.test")}};

static struct queue *begin_at(struct world *w, uint64_t now_us, const struct queue_retry *retry)
{
    struct queue *q =
        queue_new(&(struct queue_options){.store = w->store, .core = w->cores[0], .host_name = STR("mail.test")});

    wall = now_us;
    clock_override(NULL, wall_now);
    queue_set_retry(q, retry);
    CHECK_ST(queue_start(q), ST_OK);
    return q;
}

static void end(struct queue *q)
{
    clock_override(NULL, NULL);
    queue_free(q);
}

static uint64_t submit(struct world *w, struct queue *q, const struct queue_rcpt *rcpts, size_t n, uint64_t due)
{
    struct delivery_rcpt local = {.account = 7};
    struct delivery d = {.mail = letter(w, "out"), .rcpts = &local, .n_rcpts = 1};
    struct queue_entry e = {.account = 7,
                            .size = d.mail.bytes.n,
                            .reverse_path = STR("a@example.test"),
                            .due_us = due,
                            .arrival_us = due,
                            .rcpts = rcpts,
                            .n_rcpts = n};
    struct queue_extra extra = {q, &e};

    d.extra = queue_extra;
    d.extra_arg = &extra;
    CHECK_ST(mail_deliver(w->mail, &d), ST_OK);
    return e.id;
}

static size_t claim(struct queue *q, size_t most, struct arena *a, struct queue_entry **out)
{
    size_t n = 99;

    CHECK_ST(queue_claim(q, most, deadline_in(0), a, out, &n), ST_OK);
    return n;
}
