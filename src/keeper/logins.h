/* Logins that have been verified lately, so that a client that connects again costs no password hash. What is kept is a
 * keyed hash (BLAKE2b, a key of this start of the process) over account, its version and the password; a change of
 * password, or of whether the account is disabled, changes the version and so makes entries useless. Bounded, in order
 * of age; the oldest goes first. One core's. */
#pragma once

#include "base/map.h"
#include "base/list.h"
#include "base/secret.h"
#include "co/co.h"

#define LOGINS_KEY_BYTES 32

struct logins {
    unsigned char key[LOGINS_KEY_BYTES];
    struct map by_digest;
    struct list by_age;
    size_t max;
    uint64_t life_ms; /* 0: nothing is kept */
};

void logins_init(struct logins *l, size_t max, uint64_t life_ms);
void logins_fini(struct logins *l);
void logins_set(struct logins *l, size_t max, uint64_t life_ms); /* after a reload */

/* The credential that it was verified with; 0 when it wasn't. */
uint64_t logins_find(struct logins *l, uint64_t account, uint64_t version, struct secret password);
void logins_add(struct logins *l, uint64_t account, uint64_t version, struct secret password, uint64_t credential);
void logins_drop(struct logins *l, uint64_t account);
