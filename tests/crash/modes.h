/* The modes of crash_sim, one file each. */
#pragma once

#include <stdint.h>

void run_cuts(unsigned long long n, uint64_t seed, const char *state); /* cuts.c */
void run_mutants(unsigned long long most, uint64_t seed);              /* cuts.c: each is to fail */
void run_rebuilds(unsigned n, uint64_t seed);                          /* rebuilds.c */
void run_faults(unsigned every, uint64_t seed);                        /* faults.c */
void run_flips(unsigned n, uint64_t seed);                             /* flips.c */
