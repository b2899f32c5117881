/* What accounts and queue hold, as plain data: once as what was promised (operations that were acknowledged, applied
 * one by one), once as what a store shows. And the comparison of both. */
#pragma once

#include "rooms.h"

enum { BOXES = 20, MESSAGES = 300, ENTRIES = 200, OP_UIDS = 8 };

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

struct w_account {
    uint32_t validity_high; /* of all mailboxes that it ever had */
    unsigned n;
    struct w_box box[BOXES];
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
    OP_APPEND,
    OP_FLAGS,
    OP_COPY,
    OP_MOVE,
    OP_EXPUNGE,
    OP_CREATE,
    OP_DELETE,
    OP_RENAME,
    OP_HOLD,
    OP_RELEASE,
    OP_DROP
};

struct op {
    uint32_t id; /* within a life */
    uint8_t kind, account, n;
    uint8_t mask; /* of accounts, for OP_DELIVER */
    char box[24], to[24];
    uint64_t number[OP_UIDS]; /* of letters; one for OP_DELIVER and OP_APPEND */
    uint32_t uid[OP_UIDS];
    uint32_t flags;
    uint64_t entry; /* of the queue; 0: none */
    /* with the answer: */
    uint32_t uidvalidity;
    uint64_t modseq, to_modseq; /* of box and to; 0: not asked */
    uint32_t to_uid[OP_UIDS];   /* 0: the next ones */
    bool broken;                /* the store took nothing any more when it began */
    bool maybe;                 /* it failed, and nobody knows whether it has happened */
};

struct str letter_bytes(struct arena *a, uint64_t number);
struct w_box *world_box(struct world *w, unsigned account, const char *name); /* NULL: none */
struct w_entry *world_entry(struct world *w, uint64_t id);
struct w_msg *world_letter(struct w_box *b, uint64_t number);
/* False: it makes no sense, or promises less than there was ("why"). */
bool world_apply(struct world *w, const struct op *op, char why[200]);

/* `is` against what was promised and what was under way: each of those has happened wholly or not at all. */
bool world_check(const struct world *promised, const struct op *under_way, size_t n, const struct world *is,
                 char why[200]);

/* Reads it all, byte for byte. Anything that can't be read, or is not as a record of it says, is in `why`. */
bool world_read(struct rooms *r, struct world *out, char why[200]) SUSPENDS;
/* Counters, references and rows of accounts, queue and store, by the records themselves (docs/formats). */
bool rows_check(struct rooms *r, char why[200]) SUSPENDS;
