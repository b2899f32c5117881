/* What sort.c and thread.c share: memory that is counted, time that is cut into slices, and sorting that may wait. */
#pragma once

#include "mail/sort.h"

/* Memory of one SORT or THREAD. */
struct sorting {
    struct arena arena; /* freed with it */
    uint64_t taken;
    uint64_t slice_ends;
};

void sorting_begin(struct sorting *s);
void sorting_end(struct sorting *s);
/* Counts n bytes that are about to be taken. ST_LIMIT, ST_TRYLATER. */
enum st sorting_take(struct sorting *s, uint64_t n) MUST_USE;
/* n numbers from 0 up, counted. ST_LIMIT, ST_TRYLATER. */
enum st sorting_numbers(struct sorting *s, size_t n, uint32_t **out) MUST_USE;
/* Lets others run when the slice is over. ST_CANCELED. */
enum st sorting_rest(struct sorting *s) SUSPENDS MUST_USE;

/* Sorts indices; equal ones keep their order. compare: < 0, 0, > 0. */
enum st sorting_sort(struct sorting *s, uint32_t *order, size_t n,
                     int (*compare)(const void *arg, uint32_t a, uint32_t b), const void *arg) SUSPENDS MUST_USE;

/* Seconds since 1970 by which a message was sent (RFC 5256 section 2.2), in an order that holds for unsigned numbers.
 * `e` NULL: there is no record. */
uint64_t sorting_sent(const struct mail_msg *m, const struct email *e);
