/* Store, mail room and queue of a test, open in a folder, on several cores as in a box. */
#pragma once

#include "mail/mail.h"
#include "queue/queue.h"

enum { ACCOUNTS = 4, CORES = 2 };

/* Accounts come and go: one that was removed leaves its number for ever, and the next one in its place has another. */
#define ACCOUNT_ID(place, generation) ((uint64_t)(place) + 1 + 16 * (uint64_t)(generation))

struct rooms {
    struct store *store;
    struct core *cores[CORES];
    struct mail *mail;
    struct queue *queue;
    struct account *accounts[ACCOUNTS];
};

/* Small segments, tables and dictionaries, so that all of them change often. */
void crash_options(struct store_options *o, const char *dir);
/* fn(r, arg) on a coroutine of the first core, with all rooms open. False: the store could not be opened, or the queue. */
bool rooms_run(const struct store_options *o, void (*fn)(struct rooms *r, void *arg), void *arg, bool closes,
               char why[200]);
/* fn(arg) on a coroutine of that core; returns when it has. */
void rooms_on(struct core *core, void (*fn)(void *arg), void *arg) SUSPENDS;
struct core *rooms_core(const struct rooms *r, uint64_t account);   /* that owns it */
void rooms_close_account(struct rooms *r, unsigned place) SUSPENDS; /* on its core; none is fine */
