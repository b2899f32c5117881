/* Whoever wants to hear of everything that changes in an account (NOTIFY, RFC 5465): in the order of commits where that matters,
 * and gathered where it does not, so that a watcher who does not ask for long costs no more. */
#pragma once

#include "mail/mail.h"

struct account_watch;

enum { WATCH_ADDED = 1, WATCH_REMOVED = 2, WATCH_FLAGS = 4 }; /* what happened to messages of a mailbox */

struct account_event {
    enum {
        ACCOUNT_MESSAGES,     /* of the mailbox `id`: `messages`, since it was last told */
        ACCOUNT_NAME,         /* a mailbox of this name was made or deleted, or one right below it */
        ACCOUNT_RENAMED,      /* from old_name; what is below it has moved along */
        ACCOUNT_SUBSCRIPTION, /* to this name: it was begun or ended */
        ACCOUNT_OVERFLOW,     /* more has happened than is kept: all of this watch is lost, and it hears nothing more */
    } what;
    struct str name, old_name; /* live as long as the account is open */
    uint32_t id;
    unsigned messages;
};

/* On the account's core, where it is open as long as the watch is. */
struct account_watch *account_watch_new(struct account *a);
void account_watch_free(struct account_watch *w); /* NULL is fine */

/* Changes that this coroutine makes are not told: they are the watcher's own. NULL: all are. */
void account_watch_except(struct account_watch *w, const struct co *co);

bool account_watch_has(const struct account_watch *w);
/* Names first, then messages. False: nothing more. */
bool account_watch_next(struct account_watch *w, struct account_event *out);
/* fn(arg) on the loop, once, when the next change becomes durable; NULL takes it back. */
void account_watch_on_change(struct account_watch *w, void (*fn)(void *arg), void *arg);
