/* Who has come back (greylisting): a network, a sender and a recipient that are new are asked to come again later, which programs that send junk
 * do not; and networks from which often enough somebody has are not asked any more. Bounded: what was heard of longest ago is
 * forgotten first. What has changed is handed out now and then, to be written down. One core's. */
#pragma once

#include "base/arena.h"
#include "base/list.h"
#include "base/map.h"

#define GREYLIST_MAX 200000
#define GREYLIST_KEY_BYTES 16

struct greylist {
    struct map by_key;
    struct list by_use, changed;
};

struct greylist_rule {
    uint64_t delay_us, window_us, keep_us; /* not before, not after, and how long what came back is known */
    uint32_t passes;                       /* of a network; 0: it is always asked */
};

/* As the directory keeps it. */
struct greylist_row {
    unsigned char key[GREYLIST_KEY_BYTES];
    uint64_t first_us, last_us;
    uint32_t passes;
};

void greylist_init(struct greylist *g);
void greylist_fini(struct greylist *g);
/* Microseconds until he may come again; 0: he may go on. */
uint64_t greylist_ask(struct greylist *g, const struct greylist_rule *rule, struct str network, struct str sender,
                      struct str rcpt, uint64_t now_us);
void greylist_add(struct greylist *g, const struct greylist_row *row); /* from the directory */
/* Rows that have changed since they were taken last, at most `most`, in the arena. */
struct greylist_row *greylist_take(struct greylist *g, struct arena *a, size_t most, size_t *out_n);
