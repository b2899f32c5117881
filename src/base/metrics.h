/* Counters and gauges of the whole server (metrics.def). Each process writes to a page of its own, which main keeps, so that a role that
 * dies leaves its totals to the next one; gates map all pages read-only and show their sums. Adding is one addition to memory, and
 * nothing where no listener for metrics is configured, since there is no page then.
 *
 * Threads of one process have slices of the page, so that they do not share what they write. */
#pragma once

#include "base/buf.h"
#include "base/version.h"

#include <stdatomic.h>

enum metric {
    METRIC_NONE, /* counted nowhere */
#define METRIC(id, name, type, labels, help) METRIC_##id,
#include "base/metrics.def"
#undef METRIC
    METRIC_COUNT
};

#define METRICS_SLICES 16
#define METRICS_STRIDE ((METRIC_COUNT + 7) / 8 * 8) /* whole cache lines */

struct metrics_page {
    _Alignas(64) _Atomic uint64_t slices[METRICS_SLICES][METRICS_STRIDE];
};

#define METRICS_BYTES ((sizeof(struct metrics_page) + 4095) / 4096 * 4096)

/* This process's page, for as long as it lives; its gauges become 0. Before threads are started. NULL: nothing is counted. */
void metrics_attach(struct metrics_page *own);

extern _Thread_local _Atomic uint64_t *metrics_here; /* the slice of this thread; NULL: not known yet */
extern struct metrics_page *metrics_own;
_Atomic uint64_t *metrics_slice(void);

static inline void metric_add(enum metric m, uint64_t n)
{
    _Atomic uint64_t *slice = metrics_here;

    if (!metrics_own || m == METRIC_NONE)
        return;
    if (!slice)
        slice = metrics_slice();
    atomic_fetch_add_explicit(&slice[m], n, memory_order_relaxed);
}

static inline void metric_sub(enum metric m, uint64_t n) /* of a gauge, by the thread that added */
{
    metric_add(m, 0 - n);
}

/* A gauge that only one thread sets. */
static inline void metric_set(enum metric m, uint64_t v)
{
    if (metrics_own)
        atomic_store_explicit(&(metrics_here ? metrics_here : metrics_slice())[m], v, memory_order_relaxed);
}

/* Adds what a page holds to `sums`, of METRIC_COUNT. */
void metrics_sum(const struct metrics_page *page, uint64_t *sums);
/* The sums in Prometheus' text format, version 0.0.4. */
void metrics_text(struct buf *out, const uint64_t *sums);
