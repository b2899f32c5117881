/* What networks do at all gates together: connections that are open, and what has come in an hour. Each gate counts on a page of its own that
 * the others may read, and looks at the sum; so there is no question to another process, a gate can lie about nobody but by its own page, and what is
 * counted outlives its death. Bounded: of the networks that fall on one place of the table the one that was heard of longest ago, and has
 * nothing open, is forgotten for a new one; where all have something open the new one is not counted.
 *
 * Hours slide: of the hour before counts the part that still lies within the last sixty minutes. */
#pragma once

#include "base/clock.h"
#include "net/addr.h"

#include <stdatomic.h>

enum tally_what {
    TALLY_CONNECTIONS,
    TALLY_LETTERS,
    TALLY_ERRORS,
    TALLY_UNKNOWN, /* recipients that there are not */
    TALLY_COUNT
};

#define TALLY_WAYS 8
#define TALLY_PLACES 4096
#define TALLY_PAGES_MAX 256

struct tally_entry {
    _Atomic uint64_t key; /* 0: nobody's */
    _Atomic uint32_t hour, open, good_hour, reserved;
    _Atomic uint32_t now[TALLY_COUNT], before[TALLY_COUNT];
};

struct tally_page {
    struct tally_entry entries[TALLY_PLACES][TALLY_WAYS];
};

#define TALLY_BYTES ((sizeof(struct tally_page) + 4095) / 4096 * 4096)

struct tally {
    struct tally_page *own;
    const struct tally_page *others[TALLY_PAGES_MAX]; /* without the own one */
    unsigned n_others;
};

/* Nothing is open there any more: whoever counted on the page before is gone. */
void tally_attach(struct tally *t, struct tally_page *own);
void tally_read(struct tally *t, const struct tally_page *other); /* at most TALLY_PAGES_MAX; more are not looked at */

/* Who is counted: an IPv4 address or an IPv6 /64; or the network around it, an IPv4 /24 or an IPv6 /48. */
uint64_t tally_address(const struct addr *a);
uint64_t tally_network(const struct addr *a);

bool tally_take(struct tally *t,
                uint64_t key); /* opens one. False: there is no room to count it, and nothing to give */
void tally_give(struct tally *t, uint64_t key);
uint32_t tally_open(const struct tally *t, uint64_t key);

void tally_add(struct tally *t, uint64_t key, enum tally_what what);
uint32_t tally_hour(const struct tally *t, uint64_t key, enum tally_what what);

/* It has behaved: remembered for a day, as long as there is room. */
void tally_good(struct tally *t, uint64_t key);
bool tally_is_good(const struct tally *t, uint64_t key);

/* What was counted in the last hours by this gate is forgotten, for all that are in the network. */
void tally_forget(struct tally *t, const struct addr *network, unsigned bits);
