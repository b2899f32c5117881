/* What a coroutine is working on: the item that is to blame when the process dies of it (docs/architecture.md, Poison). Each
 * coroutine has one of its own; the scheduler switches activity_here as it does log_here. Stores only, no calls: cheap
 * enough for each command and each message. */
#pragma once

#include "base/str.h"

#define ACTIVITY_COMMAND_MAX 24

struct activity {
    uint64_t account, email, queue_id, letter; /* letter: fingerprint of one that is being delivered */
    uint32_t mailbox, uid;
    char command[ACTIVITY_COMMAND_MAX]; /* NUL-terminated */
};

extern _Thread_local struct activity *activity_here; /* NULL: nobody wants to know */

/* What a command begins with; the items come later, or never. `command` is text of the program. */
static inline void activity_begin(uint64_t account, const char *command)
{
    struct activity *a = activity_here;

    if (!a)
        return;
    *a = (struct activity){.account = account};
    for (size_t i = 0; i < sizeof a->command - 1 && command[i]; i++)
        a->command[i] = command[i];
}

/* A message; 0 when it is done with. */
static inline void activity_email(uint64_t account, uint64_t email, uint32_t mailbox, uint32_t uid)
{
    struct activity *a = activity_here;

    if (!a)
        return;
    a->account = account;
    a->email = email;
    a->mailbox = mailbox;
    a->uid = uid;
}

static inline void activity_queue(uint64_t queue_id)
{
    if (activity_here)
        activity_here->queue_id = queue_id;
}

static inline void activity_letter(uint64_t letter)
{
    if (activity_here)
        activity_here->letter = letter;
}
