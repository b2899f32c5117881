/* Blocking work (disk, password hashes) on small thread pools of the process, waited for like any
 * call. A job can't be abandoned: the waiting coroutine comes back only when it has ended, even
 * when it was cancelled meanwhile, since the job uses its memory. So jobs bound their own time. */
#pragma once

#include "co/co.h"

struct offload;

/* Before or after sealing; threads take the sandbox of the thread that starts them.
 * A full queue answers ST_TRYLATER. */
struct offload *offload_new(const char *name, unsigned threads, unsigned queue_max);
void offload_free(struct offload *o); /* waits for the jobs that run */

enum st co_offload(struct offload *o, void (*job)(void *arg), void *arg) SUSPENDS MUST_USE;
unsigned offload_waiting(struct offload *o);
