/* What happens to letters, written into the trace (mail/trace.h). */
#pragma once

#include "box/box.h"
#include "ipc/lists.h"
#include "queue/queue.h"

struct trace;

/* A letter that is durable. */
struct tracing_letter {
    const struct msg_deliver_ask *m;
    const struct rcpt_target *targets;
    size_t n_targets;
    uint64_t message_id; /* mime_id_hash; 0: none */
    uint64_t queue;      /* its number there; 0: it is not */
    bool is_later;       /* nobody has it yet */
};
void tracing_accepted(struct box *b, const struct tracing_letter *l);
void box_trace_note(struct ipc_request *r); /* by a gate */
void tracing_watch(struct box *b);          /* the queue, from now on */

void tracing_set(struct box *b, const struct settings *set); /* on core 0 */
void tracing_start(void *box);                               /* likewise */
void tracing_end(struct box *b, mono_ms deadline) SUSPENDS;  /* what is not written yet is; likewise */
