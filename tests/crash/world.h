/* What accounts and queue hold, as plain data: once as what was promised (operations that were acknowledged, applied
 * one by one), once as what a store shows. And the comparison of both. */
#pragma once

#include "rooms.h"

enum { BOXES = 20, MESSAGES = 300, SUBSCRIPTIONS = 24, KEPT = 600, ENTRIES = 200, OP_UIDS = 8 };

#define GIVEN "Trash" /* nobody but OP_GIVE adds to it */

struct w_msg {
    uint32_t uid, flags; /* uid 0: not known yet */
    uint64_t number;     /* of the letter: letter_bytes makes it anew */
};

struct w_box {
    char name[24];
    uint32_t uidvalidity; /* 0: not known yet */
    uint32_t uidnext;     /* at least */
    uint64_t modseq;      /* at least */
    unsigned n;
    struct w_msg m[MESSAGES];
};

struct w_kept { /* deleted, and can be had back */
    char box[24];
    uint32_t mailbox; /* its number */
    struct w_msg m;
};

struct w_account {
    uint32_t generation;    /* so many accounts were here before, and are erased */
    bool removed;           /* being erased: can't be opened, nothing else is promised */
    uint32_t validity_high; /* of all mailboxes that it ever had */
    unsigned n;
    struct w_box box[BOXES];
    unsigned subs_n;
    char subs[SUBSCRIPTIONS][24];
    unsigned kept_n;
    struct w_kept kept[KEPT]; /* in the order in which they were deleted */
};

struct w_entry {
    uint64_t id, number;
    bool held;
};

struct world {
    bool known; /* false: nothing was promised yet */
    struct w_account a[ACCOUNTS];
    unsigned n;
    struct w_entry q[ENTRIES];
};

enum op_kind {
    OP_DELIVER,
    OP_GIVE, /* what somebody else moves to GIVEN of this account; an OP_EXPUNGE of his is the rest of it */
    OP_APPEND,
    OP_FLAGS,
    OP_COPY,
    OP_MOVE,
    OP_EXPUNGE,
    OP_CREATE,
    OP_DELETE,
    OP_RENAME,
    OP_SUBSCRIBE,
    OP_UNSUBSCRIBE,
    OP_UNDELETE,
    OP_PURGE, /* the oldest deleted ones go for good */
    OP_ERASE, /* one step of it */
    OP_HOLD,  /* from here on: of the queue */
    OP_RELEASE,
    OP_DROP,
    OP_KINDS
};

struct op {
    uint32_t id; /* within a life */
    uint8_t kind, account, n;
    uint8_t mask, generation[ACCOUNTS]; /* of accounts, for OP_DELIVER */
    char box[24], to[24];
    uint64_t number[OP_UIDS]; /* of letters; one for OP_DELIVER and OP_APPEND */
    uint32_t uid[OP_UIDS];    /* OP_GIVE: flags */
    uint32_t flags;
    uint32_t behind;  /* OP_EXPUNGE: of the OP_GIVE without which it may not have happened; 0: of none */
    uint32_t mailbox; /* number of box, where messages are deleted or come back */
    uint64_t entry;   /* of the queue; 0: none. OP_GIVE: its uids are not smaller */
    bool keeps;       /* what is deleted can be had back */
    bool broken;      /* the store took nothing any more when it began */
    /* with the answer: */
    uint32_t uidvalidity;
    uint64_t modseq, to_modseq; /* of box and to; 0: not asked */
    uint32_t to_uid[OP_UIDS];   /* 0: nobody was told */
    bool done;                  /* OP_ERASE: nothing is left */
    bool maybe;                 /* it failed, and nobody knows whether it has happened */
};

struct str letter_bytes(struct arena *a, uint64_t number);
struct w_box *world_box(struct world *w, unsigned account, const char *name);         /* NULL: none */
struct w_box *world_inbox_of(struct world *w, const struct op *op, unsigned account); /* for OP_DELIVER; NULL: none */
struct w_entry *world_entry(struct world *w, uint64_t id);
struct w_msg *world_letter(struct w_box *b, uint64_t number);
bool world_is_inbox(const struct w_box *b);
bool world_subscribed(const struct w_account *a, const char *name);
unsigned world_messages(const struct w_account *a);
/* False: it makes no sense, or promises less than there was ("why"). */
bool world_apply(struct world *w, const struct op *op, char why[200]);

/* `is` against what was promised and what was under way: each of those has happened wholly or not at all. */
bool world_check(const struct world *promised, const struct op *under_way, size_t n, const struct world *is,
                 char why[200]); /* world_check.c */

/* Reads it all, byte for byte, and leaves the accounts open. Anything that can't be read, or is not as a record of it
 * says, is in `why`. */
bool world_read(struct rooms *r, struct world *out, char why[200]) SUSPENDS; /* world_read.c */
/* Counters, references and rows of accounts, queue and store, by the records themselves (docs/formats). */
bool rows_check(struct rooms *r, const struct world *is, char why[200]) SUSPENDS; /* rows.c */
bool rows_only_mark(struct store *s, uint64_t account, bool *out) SUSPENDS;       /* false: it can't be read */
bool world_say(char why[200], const char *fmt, ...) PRINTF_LIKE(2, 3);            /* false */
