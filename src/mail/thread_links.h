/* Step 1 of THREAD=REFERENCES (RFC 5256 section 3): who is whose reply, by message ids, including messages that are only
 * referred to. */
#pragma once

#include "mail/sorting.h"

struct links {
    struct sorting *mem;
    size_t n, cap;    /* nodes, from 1; a node is an id that somebody has or refers to */
    uint32_t *parent; /* of nodes; 0: none */
    uint32_t *item;   /* the message; 0: it is not there */
    uint32_t *above;  /* where links_parent has found what it looked for */
    bool *has_kids;   /* it has or had some */
    uint32_t *node;   /* of messages, from 1 */
    uint64_t *ids;    /* table: an id, and its node */
    uint32_t *nodes;
    size_t table_cap, in_table;
    uint64_t steps; /* upwards in the tree, so far */
};

enum st links_begin(struct links *l, struct sorting *mem, size_t n_messages) MUST_USE;
void links_end(struct links *l);

/* Messages in the order of the mailbox. `r` NULL: it has no header. */
enum st links_message(struct links *l, uint32_t item, const struct mime_record *r) SUSPENDS MUST_USE;

/* When all are there: the nearest message above one. 0: none is; then *out_top is the uppermost node of its thread that is
 * not there, or 0. Nodes are below l->n. */
uint32_t links_parent(struct links *l, uint32_t item, uint32_t *out_top);
