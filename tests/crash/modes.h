/* The modes of crash_sim, one file each. */
#pragma once

#include <stdint.h>

void run_cuts(unsigned long long n, uint64_t seed, const char *state); /* cuts.c */
void run_mutants(unsigned long long most, uint64_t seed);              /* mutants.c */
/* Parts of them: how many cuts were made. */
unsigned long long cut_history(uint64_t seed, unsigned cuts);  /* cuts.c */
unsigned long long cut_accounts(uint64_t seed, unsigned cuts); /* accounts.c: all, whatever `cuts` says */

void run_rebuilds(unsigned n, uint64_t seed);   /* rebuilds.c */
void run_accounts(unsigned n, uint64_t seed);   /* accounts.c */
void run_faults(unsigned every, uint64_t seed); /* faults.c */
void run_flips(unsigned n, uint64_t seed);      /* flips.c */
