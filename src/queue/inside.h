/* What the files of the queue share: its state on the core that owns it, and changes on their way to the store. */
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "queue/caps.h"
#include "queue/entry.h"

#include <stdatomic.h>

#define QUEUE_ACCOUNT 0u
#define QUEUE_ORDERS (2 * PRIORITY_MOST + 1)

struct queue {
    struct store *store;
    struct core *core;
    uint64_t version, next_version;
    uint32_t chain;
    bool started, shut;
    struct entry_counts durable, pending;
    struct map changing;  /* ids */
    uint64_t *quarantine; /* ids; filled before the cores run */
    size_t n_quarantine;
    atomic_uint_fast64_t entries, held, bytes, low_id; /* of `durable`, for other cores */
    struct list changes;                               /* of struct queue_change, not durable yet */
    struct str host_name;                              /* the server's */
    struct queue_retry retry;
    struct queue_notices notices;
    struct caps caps;
    struct queue_watch watch;
    atomic_uint_fast64_t told[QUEUE_TOLD_WAYS];
    /* who carries what, claim.c */
    struct map leased; /* of struct queue_lease, by id */
    /* By priority: in its order all places before this one have been looked at, and are leased, or being changed, or gone. What stands in it is
     * at least as late. */
    struct entry_place cursor[QUEUE_ORDERS];
    struct co_waitq looking; /* for letters that are due */
    unsigned looks;       /* orders are being read: their cursors stand behind what was found and is not leased yet */
    uint64_t damaged[16]; /* ids that were met there and not told of yet; more than that are told of by a check */
    size_t n_damaged;
    unsigned seals;
};

struct queue_change {
    struct list of; /* of q->changes */
    struct kv_part part;
    struct queue *q;
    struct arena arena;
    struct kv_change kv[12];
    struct entry_counts after;
    uint64_t changes_id;        /* marked in q->changing; 0: none */
    int priority;               /* of what it changes */
    struct entry_place becomes; /* the first of its new places in the order of due times; none: UINT64_MAX */
    struct entry_place was; /* likewise: it has been passed over while it was marked, and stays there when this fails */
};

/* An entry that is being changed is marked (changes_id, 0 for a new one) until that is durable. The change frees itself when its part is committed
 * or abandoned. */
struct queue_change *queue_change_new(struct queue *q, uint64_t changes_id, struct arena arena);
void queue_change_add(struct queue_change *c, int op, struct str key, struct str value);
/* The entry stands there from this change on (`value` is its record, in c->arena), or not any more; with its counts. Changing one is both. */
void queue_change_put(struct queue_change *c, const struct queue_entry *e, struct str value);
void queue_change_remove(struct queue_change *c, const struct queue_entry *e);
/* Adds the counts: the last call before its part goes to the store. */
void queue_change_seal(struct queue_change *c);
enum st queue_check_open(const struct queue *q) MUST_USE; /* ST_TRYLATER: it is being repaired */
/* True: a change failed with ST_CANCELED because one in front of it did, and shall be made anew; *io_tries begins at 0. */
bool queue_again(enum st st, unsigned *io_tries);
/* Commits it alone. */
enum st queue_change_commit(struct queue_change *c, const struct kv_blob *blobs, size_t n_blobs,
                            const struct kv_deref *deref) SUSPENDS MUST_USE;

/* Reads an entry so that what was read is what stands there now, and marks nothing. The arena is reset. ST_NOTFOUND, ST_BUSY: it is being changed. On the owner. */
enum st queue_read_still(struct queue *q, uint64_t id, struct arena *a, struct queue_entry *out, struct str *out_record)
    SUSPENDS MUST_USE;

enum st queue_decode(const struct queue *q, struct arena *a, uint64_t id, struct str value, struct queue_entry *out)
    MUST_USE;
bool queue_is_quarantined(const struct queue *q, uint64_t id);
void queue_raise_low_id(struct queue *q, uint64_t id);

void queue_claim_fini(struct queue *q);
/* claim.c: a change is durable; what may begin before the cursor is looked at again, and whoever waits looks. */
void queue_claim_note(struct queue *q, int priority, struct entry_place place);
/* Nothing stands before this due time, whatever of the pending changes fails. */
uint64_t queue_claim_low_due(const struct queue *q);
void queue_claim_damaged_again(struct queue *q);                       /* they may have been mended, or removed */
void queue_claim_end(struct queue *q, uint64_t id);                    /* nobody has it any more */
void queue_claim_moved(struct queue *q, uint64_t id, uint64_t due_us); /* a claimed entry stands at another place now */
