/* Exchanges of SASL that the keeper runs, between two messages of a client: of one gate, by connection. Bounded in number and in
 * time; the oldest goes first. What is in one goes with it, wiped where it is a key. One core's. */
#pragma once

#include "base/arena.h"
#include "base/list.h"
#include "base/map.h"
#include "co/co.h"
#include "directory/directory.h"
#include "sasl/scram.h"

#define EXCHANGES_MAX 5000
#define EXCHANGE_MS 180000

struct exchange_key {
    uint64_t credential;
    uint32_t uses;
    bool is_app;
    struct scram_pair pair;
};

struct exchange {
    struct list link;
    uint64_t conn;
    mono_ms expires;
    struct arena arena; /* of all texts here */

    enum scram_hash hash;
    struct scram_first first;
    struct str bound; /* what the client has to bind to, behind its header */
    struct str nonce, answer;
    struct str name, mailbox; /* as in struct login_job */
    bool is_usual, is_another;
    bool is_known; /* there is such a user, with keys */
    struct directory_account account;
    uint64_t generation;
    struct exchange_key *keys; /* its own */
    size_t n_keys;
};

struct exchanges {
    struct map by_conn;
    struct list by_age;
};

void exchanges_init(struct exchanges *x);
void exchanges_fini(struct exchanges *x);
void exchanges_drop(struct exchanges *x); /* all */
struct exchange *exchange_new(uint64_t conn);
/* Keeps it from now on, in the place of one that the connection had. */
void exchange_put(struct exchanges *x, struct exchange *e);
/* Takes it out, the caller's from now on; NULL: there is none, or it has run out. */
struct exchange *exchange_take(struct exchanges *x, uint64_t conn);
void exchange_free(struct exchange *e); /* of one that is not kept; NULL does nothing */
