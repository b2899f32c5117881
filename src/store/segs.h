/* The segment files: a table of them, their descriptors (a bounded number is open), and spare ones that a thread of
 * its own fills with zeros ahead of use (as many as pace.h says), slowly, because a sync into written space is half again as fast as one that
 * allocates. May be called from any thread; what only the committer may touch is said. */
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "store/format.h"
#include "store/os_file.h"
#include "store/pace.h"
#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>

struct segment {
    struct segment_row row;    /* the committer's, but for `head`, which does not change once it is in use */
    bool is_changed;           /* the committer's: the row must go into the index with the batch */
    struct segment *next_gone; /* the committer's */
    uint64_t alloc_at;         /* bulk: where the next body goes, */
    unsigned uncommitted;      /* and how many there are that no commit has named yet (segs.bulk_mutex) */
    int fd;                    /* -1: not open */
    unsigned pins;
    _Atomic uint64_t file_bytes; /* how far its file reaches, as far as is known: tail.c */
    bool is_removed;             /* the file; this stays, somebody may hold it */
    struct list open;            /* in segs.open while nobody has it pinned */
};

struct segs {
    const struct os_file *os;
    char *dir;
    uint64_t segment_bytes, reserve_bytes;
    pthread_mutex_t mutex; /* over all below but the bulk fields */
    struct map by_id;
    struct map gone; /* while opening: numbers whose files are not needed any more */
    uint64_t next_id;
    struct list open; /* descriptors without a user, the longest unused first */
    unsigned open_n;
    struct pace pace;
    struct segment *spares[PACE_SPARES];
    unsigned spares_n;
    pthread_cond_t want_spares;
    pthread_t filler;
    bool filler_runs, ending;
    pthread_mutex_t bulk_mutex;
    pthread_mutex_t sync_mutex;
    atomic_bool sync_failed;
    struct segment *bulk; /* where small-enough staged bodies go; NULL: none yet */
    _Atomic uint64_t count;
    _Atomic uint64_t half_told;       /* of this journal segment the filler knows that half is used */
    uint64_t streak;                  /* the committer's: bytes written to the journal since writing was calm */
    uint64_t journal_step, bulk_step; /* the last one: tail.c */
};

enum st segs_read_head(const struct os_file *os, const char *path, struct segment_head *out) MUST_USE; /* of a file */
enum st segs_open(struct segs *t, const struct os_file *os, const char *store_dir, uint64_t segment_bytes,
                  uint64_t reserve_bytes) MUST_USE;
void segs_close(struct segs *t);

/* While opening the store: what the index knows of a segment (also that it is gone), then what the folder holds. */
void segs_add_row(struct segs *t, const struct segment_row *row);
enum st segs_scan(struct segs *t) MUST_USE;
/* While restoring, behind the scan: files that rows name and the folder does not have count as removed. */
enum st segs_take_copies(struct segs *t) MUST_USE;
bool segs_has_file(struct segs *t, uint64_t id); /* not removed, as far as is known */
/* The journal has been read: it may have named more of a segment than the index did. Before any bulk_alloc. */
void segs_recovered(struct segs *t);
void segs_fill_spares(struct segs *t); /* starts the thread */

struct segment *segs_get(struct segs *t, uint64_t id); /* NULL: there is none */

/* Its descriptor stays open until unpinned. */
enum st segs_pin(struct segs *t, uint64_t id, struct segment **out) MUST_USE;
void segs_unpin(struct segs *t, struct segment *seg);

/* A segment of that kind with room for `need` bytes behind its head page, pinned; its file need not reach so far yet. A journal comes from
 * the spares, if there is one; its head is durable with the next sync of it. */
enum st segs_take(struct segs *t, enum segment_kind kind, uint64_t need, uint64_t first_seq, struct segment **out)
    MUST_USE;
/* So many bytes more of it are used, up to there: soon a spare may be wanted. */
void segs_journal_used(struct segs *t, const struct segment *journal, uint64_t bytes, uint64_t end);

/* --- tail.c --- */
/* Of the segment that goes on as journal after opening, or that was a spare: where its file ends. */
enum st segs_measure(struct segs *t, struct segment *seg) MUST_USE;
/* The committer's: there is written space up to `end` at least, or nothing has changed. */
enum st segs_journal_extend(struct segs *t, struct segment *journal, uint64_t end) MUST_USE;
/* Likewise, only allocated; with bulk_mutex held. */
enum st segs_bulk_extend(struct segs *t, struct segment *seg, uint64_t end) MUST_USE;
/* What stands behind goes back to the file system, if it can. Of a pinned segment, by whoever writes to it. */
void segs_cut(struct segs *t, struct segment *seg, uint64_t end);
/* The committer's: nothing has been written for some time. What is not used of the two segments that are being filled goes back, and
 * spares do. */
void segs_calm(struct segs *t, struct segment *journal, uint64_t end);

/* Space for a staged record; the segment is pinned. Giving back works for the last one only, others stay dead space. */
enum st segs_bulk_alloc(struct segs *t, uint64_t bytes, struct segment **out_seg, uint64_t *out_offset) MUST_USE;
void segs_bulk_trim(struct segs *t, struct segment *seg, uint64_t offset, uint64_t had, uint64_t keeps);
/* What has been written to it is durable. When this has failed once, nobody knows what of that segment's other bodies is:
 * it fails for everybody from then on, and the committer takes nothing more. */
enum st segs_bulk_sync(struct segs *t, struct segment *seg) MUST_USE;
/* A commit has named it, or none ever will: once for each alloc. */
void segs_bulk_done(struct segs *t, struct segment *seg);

void segs_bulk_calm(struct segs *t); /* for segs_calm */

/* Ids of bulk segments into which nothing is written any more and of which all is committed; at most `max`. */
size_t segs_idle_bulk(struct segs *t, uint64_t *out_ids, size_t max);
bool segs_is_idle_bulk(struct segs *t, uint64_t id);

/* It is filled no more, if it was the one: mostly dead already, it is better compacted; or somebody wants it to settle. */
void segs_retire_bulk(struct segs *t, uint64_t id);

/* Nothing names it any more, and that is durable: its space becomes a spare, under another number and generation, or
 * goes back to the file system. Readers that hold it go on. Fine when its file is missing, or somebody has done it. */
enum st segs_remove(struct segs *t, uint64_t id) MUST_USE;

/* Files and their bytes, by kind. */
void segs_count(struct segs *t, struct store_status_kind kinds[STORE_KINDS]);
