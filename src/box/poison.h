/* Items that the box has died on (docs/architecture.md, Poison). Each core has a page from main, which outlives the box: a
 * failed assertion or a fault of memory leaves there what its coroutine was working on. The next box counts it, and what
 * is named in two crashes is left alone from then on, until the whole server is started anew. A box that is killed from
 * outside names nothing. */
#pragma once

#include "base/activity.h"
#include "main/role.h"

enum poison_kind { POISON_NONE, POISON_EMAIL, POISON_QUEUE, POISON_LETTER };

#define POISON_ITEMS 60
#define POISON_DEATHS 2 /* after so many it is left alone */

struct poison_item {
    uint32_t kind, deaths;
    uint64_t account, id;
};

struct poison_page {
    uint32_t died, n; /* died: `last` is what it died of, not counted yet */
    struct activity last;
    struct poison_item items[POISON_ITEMS];
};

/* Maps the page of a core and counts the death that it may tell of. Items with POISON_DEATHS are to be left alone. ST_NOTFOUND:
 * main gave none. */
enum st poison_open(struct role *r, unsigned core, struct poison_page **out) MUST_USE;
/* From here on a death of the running thread is told in the page. */
void poison_watch(struct poison_page *page);

/* The same for a letter that is sent again, whenever and by whichever gate. Never 0. */
uint64_t poison_letter(struct str reverse_path, struct str envelope);
