/* Sender rewriting (SRS, the guarded scheme): a letter that an alias sends on leaves under an address of the alias' domain, in which the sender's
 * own stands, so that it passes checks of who may send for a domain, and notices about it find their way back:
 *
 *   SRS0=HASH=DAY=domain=local    for local@domain
 *   SRS0=HASH=DAY==NUMBER         for one that would not fit, or is written in quotes: the directory keeps it under that number
 *   SRS1=HASH=first=rest          for SRS0rest@first, which another server has rewritten before us
 *
 * The hash is ours, cut to 30 bits; case is of no matter, since servers on the way may change it. Pure. */
#pragma once

#include "base/arena.h"
#include "directory/directory.h"

#define SRS_KEY_BYTES 32
#define SRS_KEYS_MAX 8
#define SRS_DAYS 21 /* how long an address is good */

struct srs_keys {
    unsigned char key[SRS_KEYS_MAX][SRS_KEY_BYTES]; /* the first one signs, all are taken */
    size_t n;
};

struct srs_original {
    uint64_t kept;      /* its number in the directory; 0: */
    struct str address; /* it is this one */
};

unsigned srs_day(uint64_t wall_us);
/* Is it one that we might have made? */
bool srs_is(struct str local);
/* The sender's new local part, in the arena. ST_LIMIT: it can't stand there and is to be kept. */
enum st srs_wrap(struct arena *a, const struct srs_keys *keys, unsigned day, const struct directory_address *sender,
                 struct str *out) MUST_USE;
struct str srs_wrap_kept(struct arena *a, const struct srs_keys *keys, unsigned day, uint64_t number);
/* Back again. ST_NOTFOUND: not of our making, or too old. */
enum st srs_unwrap(struct arena *a, const struct srs_keys *keys, unsigned day, struct str local,
                   struct srs_original *out) MUST_USE;
