/* Letters of the server itself to the owner of an account whose letters are held, and to the administrator. They are letters of the queue from nobody, as notices are (queue/dsn.h). */
#pragma once

#include "queue/queue.h"

struct queue_alert {
    struct str account; /* its address */
    struct str to;      /* the same, or the administrator's */
    enum config_language language;
    struct str sign; /* a word of policy/brake.def, or "by-hand" */
    uint64_t value;
    struct str from_afar; /* an address; empty: not */
    bool is_admin;
};

/* Durable when ST_OK. On the core that owns the queue. */
enum st queue_alert(struct queue *q, const struct queue_alert *a) SUSPENDS MUST_USE;
