/* Lists that travel inside a message's bytes. */
#pragma once

#include "base/account_limits.h"
#include "base/arena.h"
#include "base/rec.h"

enum rcpt_kind { RCPT_LOCAL = 1, RCPT_REMOTE = 2 };

#define PASS_BYTES 16

/* Where one recipient of a transaction goes. The keeper makes it, the gate passes it on, the box believes it only with
 * its pass (ipc/pass.h). */
struct rcpt_target {
    uint8_t kind;
    uint64_t account;             /* local */
    struct str address;           /* the address in the end (of an alias: its target); remote: where to send */
    struct str original;          /* as RCPT gave it; for Delivered-To and bounces */
    struct str mailbox;           /* empty: INBOX */
    struct str params;            /* of RCPT: attributes, as attributes_put makes them; empty: none */
    struct account_limits limits; /* local: what the account may hold */
    struct str pass;              /* PASS_BYTES */
};

/* What a grant is good for (grant_ask.rights). */
enum grant_right { GRANT_MAIL = 1, GRANT_SUBMIT = 2 };

#define RCPT_TARGETS_MAX 2000 /* of one transaction, aliases expanded */

/* The count of items of at least `least` bytes each that stands in front of a list; 0 when it can't be. */
uint32_t list_count_get(struct rec *r, size_t most, size_t least);

void limits_put(struct buf *b, const struct account_limits *l);
void limits_get(struct rec *r, struct account_limits *out);
void rcpt_targets_put(struct buf *b, const struct rcpt_target *t, size_t n);
enum st rcpt_targets_get(struct str bytes, struct arena *a, struct rcpt_target **out, size_t *out_n) MUST_USE;

/* A key that signs what leaves: all but the key itself. */
struct dkim_key {
    uint64_t id;
    struct str selector, algorithm; /* as s= and a= of a signature */
    struct str public_key;          /* as p= of the record in the DNS */
};

#define DKIM_KEYS_MAX 40 /* of one domain */

void dkim_keys_put(struct buf *b, const struct dkim_key *k, size_t n);
enum st dkim_keys_get(struct str bytes, struct arena *a, struct dkim_key **out, size_t *out_n) MUST_USE;

/* Words of a command, strings of an answer; at most `max` of them. */
void words_put(struct buf *b, const struct str *w, size_t n);
enum st words_get(struct str bytes, struct arena *a, size_t max, struct str **out, size_t *out_n) MUST_USE;

/* Named attributes of an envelope: name=value pairs (SMTPUTF8, BODY=8BITMIME, ...). */
struct attribute {
    struct str name, value;
};
void attributes_put(struct buf *b, const struct attribute *at, size_t n);
enum st attributes_get(struct str bytes, struct arena *a, size_t max, struct attribute **out, size_t *out_n) MUST_USE;
