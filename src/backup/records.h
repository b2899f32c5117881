/* The records of a segment file, read one behind the other, each with its checksums. */
#pragma once

#include "base/arena.h"
#include "store/format.h"

struct backup_record { /* of a body that is good */
    uint64_t segment, offset, id, stored, hash;
};

#define BACKUP_GAPS_MAX 8

struct backup_records { /* of several segments */
    struct backup_record *list;
    size_t n, cap;
    uint64_t batches; /* journal records that are good */
    /* of the last segment: where something else stands than a good record */
    struct backup_gap {
        uint64_t from, to;
    } gaps[BACKUP_GAPS_MAX];
    size_t n_gaps;
};

/* Adds those that end within the first `bytes`. In a journal segment they stand one behind the other, so that a gap is damage; in a bulk
 * segment it may be space that was given up. ST_CORRUPT: the file is shorter. */
enum st backup_records_add(struct backup_records *r, const char *path, const struct segment_head *head, uint64_t bytes)
    MUST_USE;
void backup_records_fini(struct backup_records *r);
