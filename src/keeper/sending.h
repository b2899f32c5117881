/* What accounts and domains hand in: counted here, since no gate sees all of it, at RCPT, which is where the keeper is asked and where a program can be told when to come back. Records live in memory
 * as long as there is room and are written every few seconds, so that a restart forgets next to nothing. What a transaction has counted is taken back when
 * nothing comes of it. One core's. */
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "base/send_limits.h"
#include "policy/send_use.h"

#define SENDERS_MAX 20000      /* records in memory; twice as many while they wait to be written */
#define SENDING_TXNS_MAX 60000 /* of one gate; what older ones have counted stays counted */
#define SENDING_ADDRESS_MAX 320

/* One account or domain. */
struct sender {
    struct list link, dirty; /* by use; waits to be written, or empty */
    bool is_domain;
    uint64_t of, domain;       /* of an account: its domain */
    uint64_t generation;       /* of the directory, when limits were read */
    uint64_t quiet_until;      /* seconds: a limit that was reached has been logged */
    struct send_limits limits; /* that hold */
    struct send_use use;
    char address[SENDING_ADDRESS_MAX]; /* or the domain */
};

struct senders {
    struct map accounts, domains;
    struct list by_use, dirty;
};

/* A transaction that has counted something. */
struct sending_txn {
    struct list link;
    uint64_t txn, account, domain, then_s;
    struct send_step counted;
};

struct sending_txns {
    struct map by_txn;
    struct list by_age;
};

/* For `account show` and its like. */
struct sending_shown {
    struct send_limits limits;
    struct send_step hour, day;
};

void senders_init(struct senders *s);
void senders_fini(struct senders *s);
void sending_txns_init(struct sending_txns *t);
void sending_txns_drop(struct sending_txns *t); /* the gate has died: what they have counted stays */
