/* A store and the mail room over it, with two cores, for the programs of this folder. */
#pragma once

#include "mail/mail.h"
#include "store/store.h"

#include <stdatomic.h>

#define RIG_CORES 2
#define RIG_LETTER 4096

struct rig {
    struct store *store;
    struct mail *mail;
    struct core *cores[RIG_CORES];
    struct offload *disk;
    struct task *tasks;
    size_t n_tasks;
    atomic_uint running;
};

/* One coroutine, on the core of its account. */
struct task {
    void (*fn)(struct task *t) SUSPENDS;
    void *arg;
    uint64_t account;
    unsigned index;
    struct rig *rig; /* set by rig_run */
};

void rig_open(struct rig *r, const char *dir, const struct store_upkeep *upkeep);
void rig_run(struct rig *r, struct task *tasks, size_t n); /* until all have ended; once for each rig_open */
void rig_close(struct rig *r);

double rig_now(void);                  /* seconds */
double rig_cpu(void);                  /* of this process, user and system */
uint64_t rig_written(void);            /* bytes that this process has had written to disks (/proc/self/io) */
uint64_t rig_memory(void);             /* bytes of this process's own memory */
void rig_drop_caches(const char *dir); /* of the files below it: what is read next comes from the disk */
uint64_t rig_du(const char *dir);      /* bytes on disk of what stands below it; 0: it is not there */

/* A letter of RIG_LETTER bytes, of which there are some hundred different ones, and its record. */
struct letter {
    struct str bytes, record;
};
const struct letter *rig_letter(unsigned i);
