/* What of the box is shown and not counted where it happens: sampled on core 0, every few seconds; and whether it can work. */
#include "base/metrics.h"
#include "box/box.h"
#include "queue/queue.h"

#define SAMPLE_MS 5000

static void sample(void *arg)
{
    struct box *b = arg;
    struct queue_counts queue;
    struct store_stats store;

    queue_get_counts(b->queue, &queue);
    store_get_stats(b->store, &store);
    metric_set(METRIC_QUEUE_LETTERS, queue.entries);
    metric_set(METRIC_QUEUE_HELD, queue.held);
    metric_set(METRIC_QUEUE_BYTES, queue.bytes);
    metric_set(METRIC_STORE_LIVE, store.live_bytes);
    metric_set(METRIC_STORE_DEAD, store.dead_bytes);
    metric_set(METRIC_STORE_FREE, store.free_bytes);
    metric_set(METRIC_STORE_SEGMENTS, store.segments);
    metric_set(METRIC_STORE_BROKEN, store.broken);
    co_timer_set(&b->figures, deadline_in(SAMPLE_MS), sample, b);
}

void box_figures_start(void *box)
{
    if (metrics_own)
        sample(box);
}

void box_health_ask(struct ipc_request *r)
{
    const struct box_peer *peer = r->arg;
    const struct box_core *c = peer->core;
    struct msg_health_answer answer = {.status = ST_OK};
    struct store_stats store;

    store_get_stats(c->box->store, &store);
    if (store.broken)
        answer.status = ST_IO;
    else if (store.free_bytes < c->set->store_min_free)
        answer.status = ST_NOSPACE;
    IGNORE(ipc_answer(r, MSG_health_answer, &answer, -1)); /* who has gone needs no answer */
}
