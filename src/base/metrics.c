#include "base/metrics.h"

#define MICROS 1000000

enum type { COUNTER, SECONDS, GAUGE };

static const struct row {
    const char *name, *labels, *help;
    enum type type;
} rows[METRIC_COUNT] = {
#define METRIC(id, name, type, labels, help) [METRIC_##id] = {name, labels, help, type},
#include "base/metrics.def"
#undef METRIC
};

struct metrics_page *metrics_own;
_Thread_local _Atomic uint64_t *metrics_here;
static atomic_uint next_slice;

void metrics_attach(struct metrics_page *own)
{
    metrics_own = own;
    metrics_here = NULL;
    for (size_t m = 1; own && m < METRIC_COUNT; m++)
        for (size_t i = 0; i < METRICS_SLICES && rows[m].type == GAUGE; i++)
            atomic_store(&own->slices[i][m], 0);
}

_Atomic uint64_t *metrics_slice(void)
{
    metrics_here = metrics_own->slices[atomic_fetch_add(&next_slice, 1) % METRICS_SLICES];
    return metrics_here;
}

void metrics_sum(const struct metrics_page *page, uint64_t *sums)
{
    for (size_t i = 0; i < METRICS_SLICES; i++)
        for (size_t m = 1; m < METRIC_COUNT; m++)
            sums[m] += atomic_load_explicit(&page->slices[i][m], memory_order_relaxed);
}

static void put_value(struct buf *out, const struct row *r, uint64_t v)
{
    if (r->type == SECONDS)
        buf_addf(out, "%llu.%06llu\n", (unsigned long long)(v / MICROS), (unsigned long long)(v % MICROS));
    else if (r->type == GAUGE) /* its parts are read one after the other: less than nothing, for a moment */
        buf_addf(out, "%llu\n", (unsigned long long)((int64_t)v < 0 ? 0 : v));
    else
        buf_addf(out, "%llu\n", (unsigned long long)v);
}

void metrics_text(struct buf *out, const uint64_t *sums)
{
    for (size_t m = 1; m < METRIC_COUNT; m++) {
        const struct row *r = &rows[m];

        if (m == 1 || strcmp(r->name, rows[m - 1].name) != 0)
            buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", r->name, r->help, r->name,
                     r->type == GAUGE ? "gauge" : "counter");
        if (*r->labels)
            buf_addf(out, "%s{%s} ", r->name, r->labels);
        else
            buf_addf(out, "%s ", r->name);
        put_value(out, r, sums[m]);
    }
}
