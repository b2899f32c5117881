/* How the journal is read, for recovery and for rebuilding. Inside store/. */
#pragma once

#include "store/inside.h"

struct cursor {
    struct segment *seg; /* pinned; NULL: the journal has no segment yet */
    uint64_t at, seq;    /* where the next batch should be, and its number */
};

struct found { /* a batch whose record verifies */
    struct segment *seg;
    uint64_t offset, seq, end;
    struct buf record;
};

/* The batch that should stand at this place of a segment: its record, and where the next one begins. ST_CORRUPT: it does not. */
enum st recover_read_record(const struct os_file *os, int fd, const struct segment_head *seg, uint64_t at, uint64_t seq,
                            struct buf *record, uint64_t *out_end) MUST_USE;

/* Where what can stand in a journal segment ends: its file may be shorter than the segment is to be. */
enum st recover_end(const struct os_file *os, const struct segment *seg, uint64_t *out) MUST_USE;

void recover_move_to(struct store *s, struct cursor *c, struct segment *seg, uint64_t at);
/* The batch that should be at the cursor, which does not move. ST_CORRUPT: it is not there. */
enum st recover_read(struct store *s, const struct cursor *c, struct found *f) MUST_USE;
