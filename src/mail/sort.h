/* SORT and THREAD (RFC 5256): an order for what a search has found, from the immutable records alone. Strings compare as
 * i;unicode-casemap does; the record keeps the first 255 bytes of a base subject and 64 of an address' local part.
 * Memory is bounded (LIMIT_MAIL_SORT for one of them, LIMIT_MAIL_SORTS for all on a core), others run now and then. */
#pragma once

#include "mail/mail.h"

enum sort_by {
    SORT_ARRIVAL, /* the internal date, to the second */
    SORT_CC,
    SORT_DATE, /* when it was sent (section 2.2); without a Date: when it came */
    SORT_FROM,
    SORT_SIZE,
    SORT_SUBJECT,
    SORT_TO,
    SORT_DISPLAYFROM, /* RFC 5957 */
    SORT_DISPLAYTO,
    SORT_COUNT
};

struct sort_key {
    enum sort_by by;
    bool reverse;
};

/* Brings sequence numbers, which are given ascending, into order; those that are equal in all keys stay ascending.
 * At most SORT_COUNT keys. Messages that are damaged or gone sort as if they had no header. ST_LIMIT, ST_TRYLATER:
 * memory; ST_CANCELED. */
enum st view_sort(struct view *v, const struct sort_key *keys, size_t n_keys, uint32_t *seqs, size_t n)
    SUSPENDS MUST_USE;

enum thread_by {
    THREAD_ORDEREDSUBJECT,
    THREAD_REFERENCES,
    THREAD_REFS, /* the same without subjects, the thread to which something came last at the end (draft-ietf-morg-inthread-01 section 4) */
};

/* A forest. Node 0 stands above it and is no message; indices below are of `nodes`, 0: none. */
struct thread_node {
    uint32_t seq; /* 0: a parent that is not there; only at the top, with several children */
    uint32_t parent, first, next;
};

/* Siblings are in their order. Messages, bounds and statuses as above; ST_LIMIT also when the references of messages
 * are so tangled that following them would take too long. What comes out counts as memory until it is freed, on the same core: it
 * may go to somebody who reads slowly. */
struct thread_forest;
enum st view_thread(struct view *v, enum thread_by by, const uint32_t *seqs, size_t n, struct thread_forest **out)
    SUSPENDS MUST_USE;
const struct thread_node *thread_forest_nodes(const struct thread_forest *f);
void thread_forest_free(struct thread_forest *f); /* NULL is fine */
