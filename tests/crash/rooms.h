/* Store, mail room and queue of a test, open in a folder. */
#pragma once

#include "mail/mail.h"
#include "queue/queue.h"

enum { ACCOUNTS = 4 };
#define ACCOUNT_ID(i) ((uint64_t)(i) + 1)

struct rooms {
    struct store *store;
    struct core *core;
    struct mail *mail;
    struct queue *queue;
    struct account *accounts[ACCOUNTS];
};

/* Small segments and tables, so that all of them change often. */
void crash_options(struct store_options *o, const char *dir);
/* fn(r, arg) on a coroutine, with all rooms open. False: the store could not be opened, or the queue. */
bool rooms_run(const struct store_options *o, void (*fn)(struct rooms *r, void *arg), void *arg, bool closes,
               char why[200]);
