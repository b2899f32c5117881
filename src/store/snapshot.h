/* Snapshots: which there is, when the next is due, and the thread that makes it. For the files of this room only. */
#pragma once

#include "store/snap_file.h"

#include <pthread.h>
#include <stdatomic.h>

struct store;

struct snaps {
    char *dir;
    pthread_mutex_t mutex;
    pthread_cond_t wake, made; /* wake: the thread is to end */
    pthread_t thread;
    bool runs, ending, making;
    atomic_bool hurry;        /* somebody waits for it: no pauses */
    _Atomic uint64_t seq;     /* of the newest; 0: none */
    _Atomic uint64_t skipped; /* one that is damaged, and newer; 0: none */
    uint64_t bytes;           /* of its file (mutex) */
    _Atomic uint64_t made_us; /* when it was made */
    _Atomic uint64_t since;   /* what figures.journal_bytes were when it was made, */
    _Atomic uint64_t carried; /* and what the journal held behind it when the store was opened */
    atomic_bool is_needed;    /* the journal does not begin at batch 1 any more, and there is no good one */
};

void snaps_init(struct store *s);
void snaps_fini(struct store *s);
/* Opening: what there is; what was being written when the process ended is removed, and what a newer one has replaced. */
enum st snaps_open(struct store *s) MUST_USE;
/* When the index holds nothing and there is a snapshot: its rows go in. Before anything reads the index. */
enum st snaps_load(struct store *s) MUST_USE;
/* After recovery. The thread only where upkeep is asked for. */
enum st snaps_start(struct store *s) MUST_USE;
void snaps_stop(struct store *s);
bool snaps_wait(struct store *s, uint64_t ms); /* false: the store is being closed */

/* When the newest was made, and the size of its file; zeros: there is none. */
void snaps_describe(struct store *s, uint64_t *out_made_us, uint64_t *out_bytes);

/* Its path, NUL-terminated, in the arena; for checking and for backup. */
const char *snaps_path(const struct store *s, struct arena *a, uint64_t seq);
