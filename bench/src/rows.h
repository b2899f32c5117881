/* What store_bench measures: a function a part. */
#pragma once

#include "rig.h"

#include <unistd.h>

struct bench {
    char dir[300]; /* of the part; empty */
    double seconds;
    unsigned long messages[8];
    size_t n_messages;
    const char *corpus;
    const char *limit;     /* of memory, in words; NULL: none */
    unsigned writers;      /* 0: each number of them */
    unsigned long letters; /* of the store that is larger than it */
};

void bench_raw(struct bench *b);
void bench_deliver(struct bench *b);
void bench_flags(struct bench *b);
void bench_move(struct bench *b);
void bench_open(struct bench *b);
void bench_disk(struct bench *b);
void bench_grow(struct bench *b);
void bench_memory(struct bench *b);

/* Syncs a second when so many bytes are written before each, one behind the other into space that has been written
 * before, as the journal is. */
double raw_syncs(struct bench *b, uint64_t bytes);
