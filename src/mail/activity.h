/* What a core is doing, in a page that main gave it: when the box dies, the next one reads there which item it
 * died on (docs/architecture.md, Poison). Stores only, no calls: cheap enough for each command. */
#pragma once

#include "base/str.h"

#define ACTIVITY_COMMAND_MAX 24

struct activity {
    uint64_t account, queue_id, email;
    uint32_t mailbox, uid;
    char command[ACTIVITY_COMMAND_MAX]; /* NUL-terminated */
};

extern _Thread_local struct activity *activity_here; /* NULL: nobody wants to know */

/* What a command begins with; 0 where it does not apply. `command` is text of the program. */
static inline void activity_set(uint64_t account, uint32_t mailbox, uint32_t uid, const char *command)
{
    struct activity *a = activity_here;

    if (!a)
        return;
    a->account = account;
    a->mailbox = mailbox;
    a->uid = uid;
    a->email = a->queue_id = 0;
    for (size_t i = 0; i < sizeof a->command - 1 && (a->command[i] = *command); i++)
        command++;
}
static inline void activity_set_email(uint64_t email, uint32_t uid)
{
    if (activity_here) {
        activity_here->email = email;
        activity_here->uid = uid;
    }
}
static inline void activity_set_queue(uint64_t queue_id)
{
    if (activity_here)
        activity_here->queue_id = queue_id;
}
static inline void activity_clear(void)
{
    if (activity_here)
        memset(activity_here, 0, sizeof *activity_here);
}
