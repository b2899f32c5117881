/* In which order commits go: each account's parts in the order of their versions, whatever the order in which they
 * were handed in, and nothing behind a part that failed. Belongs to the committer's thread (but sched_chain); knows
 * no disk.
 *
 * A part is due when its account stands at its expected version, or when it can only fail (its chain is broken, its
 * version is past). A commit is taken when all its parts are due: then it is admitted, or fails and breaks the chains
 * of its parts. So whatever fails fails after all that stands before it, also in the order of `done` calls.
 * Commits that wait for one another in a ring (a before b in one account, b before a in another) go together. */
#pragma once

#include "base/map.h"
#include "co/co.h"
#include "store/store.h"

#include <pthread.h>

struct kv_job {
    struct kv_part **parts;
    size_t n_parts;
    uint64_t bytes; /* what it adds to a batch */
    /* the scheduler's: */
    struct list waiting; /* all commits that are not taken yet, the oldest first */
    struct kv_job *next; /* in whichever list it is: handed in, ready, batch, failed */
    size_t missing;      /* parts that are not due */
    mono_ms since;
    bool is_doomed, is_candidate;
    enum st st; /* its answer; while doomed what it will be */
    char why[ERR_TEXT_MAX];
};

struct job_list {
    struct kv_job *first, **last;
    size_t n;
};
void job_list_init(struct job_list *l);
void job_list_move(struct job_list *to, struct job_list *from); /* all; `to` need not be set up */
void job_list_add(struct job_list *l, struct kv_job *job);
struct kv_job *job_list_take(struct job_list *l); /* NULL: empty */

struct sched {
    enum st (*load)(void *ctx, uint64_t account, uint64_t *out_version); /* the durable version of an account */
    enum st (*admit)(void *ctx, struct kv_job *job);                     /* last word before it goes */
    void *ctx;
    struct map accounts;
    struct list recent; /* accounts, the longest unused first */
    struct job_list ready, failed;
    struct list waiting;
    bool took_ring; /* the last batch holds parts that are not in order of versions */
    uint64_t pass;
    pthread_mutex_t chains_mutex;
    struct map chains; /* account -> least chain that lives, where one has failed */
};

void sched_init(struct sched *s); /* of a zeroed one with load, admit, ctx set */
void sched_fini(struct sched *s); /* nothing may wait */

/* A job is the scheduler's until it comes back in a batch or in `failed`. One that is doomed already (abandoned, or
 * not to be prepared) has is_doomed and st set. */
void sched_add(struct sched *s, struct kv_job *job, mono_ms now);

/* What may go now, in an order that keeps versions; at most about max_bytes and max_n, what is left comes in the
 * next batch. Failed ones are in s->failed. */
void sched_batch(struct sched *s, size_t max_n, uint64_t max_bytes, struct job_list *out);

/* The batch has become durable, or has failed as a whole (then all of it moves to s->failed). */
void sched_settle(struct sched *s, struct job_list *batch, enum st st);

/* Fails what has waited since before `since`. */
void sched_expire(struct sched *s, mono_ms since);

uint32_t sched_chain(struct sched *s, uint64_t account); /* from any thread */
