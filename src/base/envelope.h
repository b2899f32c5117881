/* What an envelope may ask for beside sender and recipients: how urgent the letter is (RFC 6710), by when it is to be delivered (RFC 2852), and
 * before when it is not (RFC 4865). As SMTP says it, and as attributes carry it from the gate to the queue and the courier, where moments stand in place of
 * delays. Pure. */
#pragma once

#include "base/arena.h"

/* Attributes of an envelope that are not said in SMTP as they stand here. */
#define ATTR_PRIORITY "MT-PRIORITY" /* a number, as SMTP has it */
#define ATTR_DELIVER_BY "BY"        /* of deliver_by_put */
#define ATTR_RELEASE "RELEASE"      /* microseconds since 1970 */

#define PRIORITY_MOST 9 /* and least -9 (RFC 6710 section 3) */

/* RFC 6710 section 7. ST_SYNTAX. */
enum st priority_parse(struct str value, int *out) MUST_USE;

/* Where a letter stands among those that wait: the lowest goes first. A level of priority is worth an hour of waiting, so that nothing waits for ever behind what
 * is more urgent. */
static inline int64_t priority_rank_us(int priority, uint64_t since_us)
{
    return (int64_t)since_us - priority * INT64_C(3600000000);
}

#define DELIVER_BY_MOST_S 999999999 /* RFC 2852 section 4; it may be as long ago as well */

struct deliver_by {
    uint64_t at_us; /* 0: nothing is asked for */
    bool returns;   /* mode R: afterwards it comes back; else N: its sender is told that it is late */
    bool traces;    /* T: he is told of each server that passes it on */
};

/* The value of MAIL's BY (section 4). ST_SYNTAX; a time that is not in the future can't go with mode R. */
enum st deliver_by_parse(struct str value, uint64_t now_us, struct deliver_by *out) MUST_USE;
struct str deliver_by_put(struct arena *a, const struct deliver_by *by);
enum st deliver_by_get(struct str attribute, struct deliver_by *out) MUST_USE; /* ST_SYNTAX */
/* Whole seconds, negative when it is over; 0 is over too, in mode R. */
int64_t deliver_by_left_s(const struct deliver_by *by, uint64_t now_us);

/* The values of HOLDFOR and HOLDUNTIL (RFC 4865 section 3). ST_SYNTAX. */
enum st hold_for_parse(struct str value, uint64_t *out_s) MUST_USE;
enum st hold_until_parse(struct str value, uint64_t *out_us) MUST_USE;
