/* Networks that are turned away for a while, and why. The keeper has the list that counts; each gate has a copy. Bounded: an automatic one
 * gives way, the oldest first; what an administrator has put there stays. Expired ones go when they are met. One core's. */
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "net/addr.h"

#define BANS_MAX 10000
#define BAN_REASON_MAX 120
#define BAN_FOR_EVER UINT64_MAX /* an end that does not come */

enum ban_reason {
#define BAN_REASON(name, text, only_smtp) BAN_##name,
#include "net/bans.def"
#undef BAN_REASON
    BAN_REASON_COUNT
};

struct ban {
    struct list link;
    struct addr network;
    unsigned bits;
    uint64_t since_us, until_us; /* wall clock */
    bool by_hand, only_smtp;     /* the latter: as net/bans.def says; one by hand is for all ports */
    size_t reason_n;
    char reason[BAN_REASON_MAX];
};

struct bans {
    struct map by_network;
    struct list by_age;
    unsigned of_bits[2][129]; /* how many of each length, of IPv4 and IPv6: only those are looked for */
};

void bans_init(struct bans *b);
void bans_fini(struct bans *b); /* also empties it, ready for use */
/* Replaces one of the same network. ST_LIMIT: full of those that are by hand. */
enum st bans_put(struct bans *b, const struct ban *ban, uint64_t now_us) MUST_USE;
/* The widest one that the address is in; NULL: none. A view until the next put or lift. */
const struct ban *bans_find(struct bans *b, const struct addr *a, uint64_t now_us);
bool bans_lift(struct bans *b, const struct addr *network, unsigned bits); /* false: there is none of exactly that */
size_t bans_count(const struct bans *b);
/* All, the oldest first; `after` NULL: the first. NULL: no more. */
const struct ban *bans_next(const struct bans *b, const struct ban *after);

static inline struct str ban_reason(const struct ban *b)
{
    return str_n(b->reason, b->reason_n);
}
struct str ban_reason_text(enum ban_reason reason);
/* What is no printable ASCII becomes ?, what is too long is cut. Says only_smtp too: by_hand is known before. */
void ban_set_reason(struct ban *b, struct str reason);
