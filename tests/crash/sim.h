/* What all modes of crash_sim share: a working folder, children whose disk calls are recorded, and the count of what went
 * well. A program of its own: one global. */
#pragma once

#include "disk.h"
#include "load.h"
#include "world.h"

enum { SIM_OPS = 300, SIM_LETTERS_PER_LIFE = 100000 };

struct sim_result { /* of a child; shared */
    bool ended, ok, killed;
    char why[200];
    struct world w;
    unsigned opened, detected, refused; /* flips */
};

extern struct sim {
    char dir[200];
    struct sim_result *result;
    struct disk_trace *trace;
    unsigned long long passed, failed;
    unsigned long long failures_most; /* then it stops */
    bool quiet;                       /* failures are what is wanted */
    bool work_failed;                 /* not what was looked at */
} sim;

void sim_init(void);
uint64_t sim_pick(uint64_t *x); /* a random number; x is odd at first */
uint64_t sim_mix(uint64_t a, uint64_t b);

void sim_remove(const char *path);
void sim_fresh(char path[300], const char *name); /* an empty folder below the working one */
void sim_copy(const char *from, const char *to);

/* Runs fn(arg) in a process of its own; false when it did not end by itself and well. */
bool sim_child(void (*fn)(void *arg), void *arg, char why[200]);
void sim_live(void *load); /* for it: works on the folder "life" (struct load), recorded */
/* A store with some past in the folder "base", closed or as a killed process leaves it; *w is what it holds. */
void sim_base(uint64_t seed, bool closes, struct world *w);
