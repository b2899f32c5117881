/* Inside of the load: what its workers share. They run on several cores; the model of what was answered is changed and
 * read with the lock held, which nobody holds while he waits. An account's own worker is the only one to change its mailboxes,
 * but for what deliveries add to INBOX. */
#pragma once

#include "load.h"

#include <pthread.h>
#include <stdatomic.h>

enum { DELIVERERS = 3, QUOTA = 110, INBOX_MOST = 60, BOX_MOST = 40, QUEUE_MOST = 40 };

struct loading {
    const struct load *l;
    struct rooms *r;
    pthread_mutex_t lock;
    struct world w; /* what was answered */
    unsigned left;  /* operations */
    unsigned failures;
    uint32_t next_op;
    uint64_t next_letter;
    bool going[ACCOUNTS]; /* is being removed: letters to it may be refused */
    bool told[ACCOUNTS];  /* of its quota */
    bool giving;          /* somebody moves letters to another account: */
    unsigned giving_to;   /* which stays meanwhile */
    unsigned running;
    struct co_event idle;
    pthread_t upkeep;
    atomic_bool ends;
};

struct worker {
    struct loading *g;
    unsigned number; /* the first ones: of that account */
    uint64_t x;
    bool erases; /* has begun to; it is not done, or failed */
};

void load_lock(struct loading *g);
void load_unlock(struct loading *g);
uint64_t load_pick(struct worker *k, uint64_t below);
NORETURN void load_die(const char *why);

/* An operation begins, and has ended; neither with the lock held. */
void load_begin(struct loading *g, struct op *op);
void load_end(struct loading *g, struct op *op, enum st st);
struct new_mail load_letter(struct arena *a, uint64_t number);
uint64_t load_next_letter(struct loading *g); /* with the lock held */

void load_mail_once(struct worker *k, struct arena *a) SUSPENDS;    /* load_mail.c: of one account, on its core */
void load_deliver_once(struct worker *k, struct arena *a) SUSPENDS; /* load_queue.c */
void load_queue_once(struct worker *k) SUSPENDS;
