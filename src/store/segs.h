/* The segment files: a table of them, their descriptors (a bounded number is open), and spare ones that a thread of
 * its own fills with zeros ahead of use, slowly, because a sync into written space is half again as fast as one that
 * allocates. May be called from any thread; what only the committer may touch is said. */
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "store/format.h"
#include "store/os_file.h"

#include <pthread.h>
#include <stdatomic.h>

struct segment {
    struct segment_row row; /* the committer's, but for `head`, which does not change once it is in use */
    bool is_changed;        /* the committer's: the row must go into the index with the batch */
    uint64_t alloc_at;      /* bulk: where the next staged body goes (segs.bulk_mutex) */
    int fd;                 /* -1: not open */
    unsigned pins;
    struct list open; /* in segs.open while nobody has it pinned */
};

struct segs {
    const struct os_file *os;
    char *dir;
    uint64_t segment_bytes, reserve_bytes;
    pthread_mutex_t mutex; /* over all below but the bulk fields */
    struct map by_id;
    uint64_t next_id;
    struct list open; /* descriptors without a user, the longest unused first */
    unsigned open_n;
    struct segment *spares[2];
    unsigned spares_n;
    pthread_cond_t want_spares;
    pthread_t filler;
    bool filler_runs, ending;
    pthread_mutex_t bulk_mutex;
    struct segment *bulk; /* where small-enough staged bodies go; NULL: none yet */
    _Atomic uint64_t count;
};

enum st segs_open(struct segs *t, const struct os_file *os, const char *store_dir, uint64_t segment_bytes,
                  uint64_t reserve_bytes) MUST_USE;
void segs_close(struct segs *t);

/* While opening the store: what the index knows of a segment, then what the folder holds. */
void segs_add_row(struct segs *t, const struct segment_row *row);
enum st segs_scan(struct segs *t) MUST_USE;
/* The journal has been read: it may have named more of a segment than the index did. Before any bulk_alloc. */
void segs_recovered(struct segs *t);
void segs_fill_spares(struct segs *t); /* starts the thread */

struct segment *segs_get(struct segs *t, uint64_t id); /* NULL: there is none */

/* Its descriptor stays open until unpinned. */
enum st segs_pin(struct segs *t, uint64_t id, struct segment **out) MUST_USE;
void segs_unpin(struct segs *t, struct segment *seg);

/* A segment of that kind with `need` bytes behind its head page, pinned. A journal comes from the spares; its head
 * is durable with the next sync of it. */
enum st segs_take(struct segs *t, enum segment_kind kind, uint64_t need, uint64_t first_seq, struct segment **out)
    MUST_USE;

/* Space for a staged record; the segment is pinned. Giving back works for the last one only, others stay dead space. */
enum st segs_bulk_alloc(struct segs *t, uint64_t bytes, struct segment **out_seg, uint64_t *out_offset) MUST_USE;
void segs_bulk_trim(struct segs *t, struct segment *seg, uint64_t offset, uint64_t had, uint64_t keeps);
