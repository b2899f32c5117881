/* What an account, or a domain, has handed in: letters and recipients of the last hour in steps of five minutes, and of the last day in steps of an hour, so that "the last hour" is
 * 55 to 60 minutes. And what the brake (policy/brake.h) compares that with: the busiest hour of each of the last days, networks that it was done from,
 * and to whom it has written. All of it is bounded; times are seconds since 1970, and never go back. Pure. */
#pragma once

#include "base/buf.h"
#include "base/send_limits.h"
#include "base/str.h"

#define SEND_FIVES 12
#define SEND_HOURS 24
#define SEND_DAYS 40        /* a monthly letter is remembered to the next one */
#define SEND_NETWORKS 16    /* of more, the one that was used longest ago goes */
#define SEND_KNOWN_MAX 8192 /* addresses; then the one that was written to first goes */

struct send_step {
    uint32_t letters, rcpts;
    uint32_t fresh;  /* of these, such as had never been written to */
    uint32_t failed; /* came back, since nobody is there */
};

struct send_network {
    uint64_t network; /* 0: none */
    uint64_t first_s, last_s;
};

struct send_use {
    uint64_t five, hour, day; /* numbers of the newest steps */
    uint64_t first_s;         /* when it began; 0: nothing yet */
    struct send_step fives[SEND_FIVES], hours[SEND_HOURS];
    uint32_t busiest[SEND_DAYS]; /* recipients in the busiest hour of a day, of hours that are over */
    struct send_network networks[SEND_NETWORKS];
    uint32_t *known; /* digests of addresses, a ring */
    uint32_t n_known, cap_known, next_known;
};

void send_use_fini(struct send_use *u);
/* To the present; before anything is read from or added to it. */
void send_use_move(struct send_use *u, uint64_t now_s);
struct send_step send_use_of_hour(const struct send_use *u);
struct send_step send_use_of_day(const struct send_use *u);
uint32_t send_use_usual(const struct send_use *u); /* the busiest hour of the last days */

/* Have so many letters and recipients more room? Else *out_wait_s says when they have, and *out_which what is in the way. */
bool send_use_may(const struct send_use *u, const struct send_limits *limits, uint32_t letters, uint32_t rcpts,
                  uint64_t now_s, enum send_limit *out_which, uint64_t *out_wait_s);
void send_use_add(struct send_use *u, const struct send_step *more);
/* What was added at `then_s` has come to nothing. */
void send_use_take_back(struct send_use *u, const struct send_step *less, uint64_t then_s);

/* Notes that it has been written to; true: for the first time. */
bool send_use_writes_to(struct send_use *u, struct str address);
/* Notes that it is used from there; true: from afar, that is, from a network that is new within a day, by whoever has others that are older. */
bool send_use_from(struct send_use *u, uint64_t network, uint64_t now_s);
/* What happened was right: it is no sign of anything any more. */
void send_use_forgive(struct send_use *u);

#define SEND_USE_BYTES_MAX (4096 + 4 * SEND_KNOWN_MAX)
void send_use_encode(const struct send_use *u, struct buf *out);
enum st send_use_decode(struct str bytes, struct send_use *out) MUST_USE; /* CORRUPT */
