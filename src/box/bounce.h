/* Letters from nobody that come for our users: notices of what they have sent through us are told from those about letters that never left here. */
#pragma once

#include "box/box.h"
#include "queue/bounce.h"

#define BOUNCE_SAYS "X-Restante-Bounce" /* in front of the copy; a letter that comes in loses its own */

/* One recipient's view of it. */
struct bounce_match {
    bool is_ours;
    uint64_t id;      /* of the letter that it is about */
    struct str about; /* the only recipient, or a domain that it was sent to */
};

void bounce_match(const struct box_core *c, const struct bounce *b, uint64_t account, struct bounce_match *out);
/* The line that this recipient's copy gets; empty: none. */
struct str bounce_line(const struct box_core *c, struct arena *a, const struct bounce *b, const struct bounce_match *m);
/* When the letter is durable: said in the log, and of addresses where nobody is to the keeper. */
void bounce_note(struct box_core *c, const struct bounce *b, const struct bounce_match *m, uint64_t account);
