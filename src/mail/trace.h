/* The trace: what became of each letter, kept for so long and in so much room. Events are gathered on each core and written half a second later at most, many in one
 * commit that waits with others for the same sync: it costs a letter no sync, and a box that is killed loses the events of that time, though not their lines in
 * the log. Refusals have a ring of their own, so that a flood of them drives out nobody's story. Whoever writes owns the rows of MAIL_TRACE: one core of the box. */
#pragma once

#include "mail/trace_event.h"
#include "store/store.h"

struct trace;

struct trace_options {
    struct store *store;
    struct core **cores; /* the first one writes */
    unsigned n_cores;
};
struct trace *trace_new(const struct trace_options *opt);
void trace_free(struct trace *t); /* the cores have stopped */

struct trace_bounds {
    uint64_t bytes; /* in the store, all together; 0: nothing is kept */
    uint64_t us;
};
void trace_set_bounds(struct trace *t, const struct trace_bounds *b); /* on the first core */
/* As a coroutine on the first core, for as long as the box lives: writes. `failed` is called when a batch could not be written. */
struct trace_writer {
    struct trace *t;
    void (*failed)(void *arg, uint64_t events);
    void *arg;
};
void trace_write(void *trace_writer) SUSPENDS;

/* On any core of the box. Events that find no room in memory are counted as lost. */
void trace_add(struct trace *t, const struct trace_event *e);
uint64_t trace_lost(const struct trace *t); /* since the start */

/* On the first core: what was added before, on all cores, is in the store. ST_TIMEOUT. */
enum st trace_flush(struct trace *t, mono_ms deadline) SUSPENDS MUST_USE;

/* Events (trace_event_get reads them) that one of these hashes may stand for, the newest `most` of them, in the order in which they were written; the caller looks
 * at what they say. On any core. */
#define TRACE_FOUND_MAX 5000
#define TRACE_SOUGHT_MAX 100
enum st trace_find(struct trace *t, struct arena *a, const uint64_t *hashes, size_t n, size_t most, struct str **out,
                   size_t *out_n) SUSPENDS MUST_USE;
