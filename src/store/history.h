/* Which way the store came: each time that it is opened begins a run, and the last ones are on record with the batch at which
 * they ended. What stands outside of journal and index, and was made of what they held, says in which run and after which batch:
 * it is of this store, and of no later or other time of it (a copy that was put back), when the record has that
 * batch of that run. For the files of this room only. */
#pragma once

#include "base/buf.h"
#include "co/co.h"

#include <pthread.h>
#include <stdatomic.h>

struct store;

#define HISTORY_RUNS 64 /* older ones are forgotten: what was made in them counts no more */

struct history_mark {
    uint64_t run, seq;
};

struct history {
    pthread_mutex_t mutex;
    _Atomic uint64_t run; /* of this opening; 0: not on record */
    bool beginning;       /* somebody puts it on record */
    size_t n;
    struct history_mark ended[HISTORY_RUNS]; /* the oldest first; seq: the last batch of it */
};

void history_init(struct store *s);
void history_fini(struct store *s);
/* Opening, when all that was there has been found: makes the first batch, in which a store that keeps a record goes on with it. */
enum st history_open(struct store *s) MUST_USE;
/* Before anything is made that needs a mark: the run is on record, durably. */
enum st history_begin(struct store *s) SUSPENDS MUST_USE;
/* For what holds no more than what is durable now. */
struct history_mark history_mark(struct store *s);
bool history_has(struct store *s, const struct history_mark *m);
