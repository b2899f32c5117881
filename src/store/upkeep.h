/* What the store does for itself, on a thread of its own and at a bounded pace: it trains dictionaries and compacts
 * segments. Inside store/. */
#pragma once

#include "base/map.h"
#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>

struct upkeep {
    pthread_t thread;
    pthread_mutex_t mutex; /* over `set`, `ending` and the clock */
    pthread_cond_t wake;
    struct store_upkeep set;
    bool runs, ending;
    uint64_t paid_us; /* up to when the bytes moved so far are paid for at the rate */
    /* the thread's own: */
    unsigned last_dictionary;
    uint64_t rows_missing; /* dictionaries of which only the file is there, as bits */
    uint64_t train_at;     /* with so many bodies; 0: not thought about yet */
    struct map damaged;    /* segments that can't be compacted since something in them can't be read */
    /* counted since the store was opened */
    _Atomic uint64_t segments, moved_bytes, freed_bytes;
    atomic_bool compacting;
};

void upkeep_init(struct store *s); /* takes its settings from the options */
void upkeep_fini(struct store *s);
enum st upkeep_start(struct store *s) MUST_USE;
void upkeep_stop(struct store *s);

struct store_upkeep upkeep_settings(struct store *s);
bool upkeep_is_ending(struct store *s);
/* So many bytes have been read or written: waits as the rate demands. False: the store is being closed. */
bool upkeep_pay(struct store *s, uint64_t bytes);
/* What compaction has done: segments given back, bytes copied, bytes given back. */
void upkeep_count(struct store *s, uint64_t segments, uint64_t moved, uint64_t freed);
