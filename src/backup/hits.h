/* Whose messages bodies belong to, by one set of a backup. */
#pragma once

#include "base/arena.h"
#include "base/map.h"

struct backup_hit {
    struct str account, mailbox; /* for people; mailbox is empty for what is no message of a mailbox */
    uint32_t uid;
    uint64_t body;
};

/* The messages whose bodies are keys of `bodies`, at most `max`; deleted ones that are kept, too, and letters of the queue (account "queue",
 * and what is known of the letter instead of a mailbox). `snapshot` and `directory` are files;
 * an account whose address is not to be found is called by its number. */
enum st backup_hits(struct arena *a, const char *snapshot, const char *directory, const struct map *bodies, size_t max,
                    struct backup_hit **out, size_t *out_n) MUST_USE;
