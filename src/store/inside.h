/* What the files of this room share. Nothing outside store/ includes it (tests do).
 *
 * Threads: cores call kv.c, blob.c and commit.c; one committer (committer.c) owns the scheduler, the journal and all
 * writes to the index; one filler (segs.c) makes spare segments; one upkeep thread (upkeep.c) trains
 * dictionaries and compacts; pool threads read and stage. */
#pragma once

#include "store/history.h"
#include "store/hold.h"
#include "store/index.h"
#include "store/redo.h"
#include "store/sched.h"
#include "store/segs.h"
#include "store/snapshot.h"
#include "store/squeeze.h"
#include "store/store.h"
#include "store/upkeep.h"

#define INDEX_NAME "index"
#define CORES_MAX 256
#define INLINE_MAX (256u << 10) /* larger bodies are staged instead of going through the committer */
#define BLOB_MAX (1u << 30)
#define BATCH_BYTES (8u << 20) /* a batch takes no further commit above that */
#define BATCH_COMMITS 4096
#define ON_CORE_MAX (64u << 10) /* up to here a core (de)compresses and reads by itself */
#define CALM_MS 5000
#define BLOB_IDS_AHEAD (1ull << 32) /* ids reserved at a time: a crash skips at most so many */

struct blob_stage {
    struct blob_row row;
    struct segment *seg; /* pinned */
    uint64_t bytes;      /* of its record */
};

/* One commit on its way. Lies on the stack of the coroutine that waits for it, or on the heap when it is abandoned. */
struct commit {
    struct kv_job job; /* first */
    const struct kv_deref *derefs;
    size_t n_derefs;
    const struct blob_move *moves;
    size_t n_moves;
    struct prepared {
        struct blob_row row;
        struct str stored; /* empty when staged */
        uint16_t dictionary;
        struct blob_stage *stage;
    } * blobs;
    size_t n_blobs;
    struct buf parts;      /* the parts' bytes for the journal */
    struct kv_part **ours; /* parts that have no core */
    size_t n_ours;
    struct arena arena;
    const struct kv_blob *kept; /* NULL, or the caller's: he wants his stages back after ST_CANCELED */
    bool needs_space;           /* brings new bodies: refused first when the disk runs full */
    bool is_abandoned;          /* on the heap, nobody waits */
    struct core *core;          /* where it is waited for; NULL: a plain thread */
    struct co_event done;
    bool is_done;
    struct commit *next_done;
};

struct blob_buf;

/* What the store keeps for a core. `core` side fields are only touched there. */
struct store_core {
    struct store *store;
    struct core *core;
    pthread_mutex_t mutex; /* over the lists and is_posted: filled by the committer, emptied by the core */
    struct kv_part *parts, **parts_last;
    struct commit *commits, **commits_last;
    bool is_posted;
    struct list ahead; /* bodies that are being read ahead */
    unsigned n_ahead;
    struct co_waitq ahead_over; /* one of them has come */
    struct list cached;         /* blob_buf, the longest unused first */
    struct map by_id;
    size_t cached_bytes;
};

struct store {
    struct store_options opt;
    const struct os_file *os;
    char *dir;
    const char *index_name;
    bool looks_only;       /* nothing is written (look.c) */
    char rebuilt_why[200]; /* by itself, when it was opened */
    int lock_fd;
    struct index index;
    struct segs segs;
    struct squeeze squeeze;
    struct upkeep upkeep;
    struct snaps snaps;
    struct hold hold;
    struct history history;
    struct { /* lost+found, as it was measured; good until then. For one thread: the check's */
        uint64_t bytes, files;
        mono_ms until;
    } salvaged;
    struct rebuilding *rebuilding; /* NULL but in store_rebuild */
    _Atomic uint64_t next_blob;

    /* handed in, for the committer */
    pthread_mutex_t mutex;
    pthread_cond_t more, answered; /* answered: commits of plain threads */
    struct job_list handed_in;
    bool ending, thread_runs;
    atomic_bool rests, is_knocked, is_given; /* the committer sleeps; is to wake, work comes; it has come */
    bool may_spin;                           /* there is another processor for who brings it */
    pthread_t thread;

    /* the committer's own */
    struct sched sched;
    struct segment *journal; /* pinned */
    uint64_t journal_at, seq, blob_ceiling;
    struct buf batch;
    struct buf before; /* accounts and versions of the last batch, as the next one's record has them */
    unsigned format;   /* what the file FORMAT says */
    rocksdb_writebatch_t *changes;
    struct redo redo;
    mono_ms wrote_ms;   /* when the last batch was written; */
    bool is_calm;       /* nothing has been for so long that what was kept ready for more has been given back */
    int short_of_space; /* 0 no, 1 no new bodies, 2 nothing */
    bool is_broken;

    pthread_mutex_t cores_mutex;
    struct store_core *_Atomic cores[CORES_MAX];

    struct {
        _Atomic uint64_t seq; /* of the last batch that is durable and in the index */
        _Atomic uint64_t commits, batches, syncs, journal_bytes, blob_bytes, used, live, live_blobs, journal_used;
        atomic_bool broken;
    } figures;
};

struct store_core *store_core_of(struct store *s, struct core *core);
void store_core_drop_cache(struct store_core *sc);

/* Runs job(arg) on the disk pool, or here where there is no pool or no core. */
enum st store_block(struct store *s, void (*job)(void *arg), void *arg) SUSPENDS MUST_USE;

/* A row of the store's own account. */
enum st store_get_row(struct store *s, struct arena *a, char row, uint64_t number, struct str *out) SUSPENDS MUST_USE;

/* --- journal.c, for the committer and for opening --- */
/* The batch's record and bodies in one write and one sync, at the journal's end; then the index. ST_NOSPACE, ST_TRYLATER
 * and the like: nothing has changed. ST_IO with is_broken set: the store takes nothing more. */
enum st journal_commit(struct store *s, struct job_list *batch) MUST_USE;
/* Brings the index up to a batch: the same for a fresh commit and for one that is replayed. */
enum st journal_apply(struct store *s, struct str record, uint64_t seq, uint64_t segment, uint64_t offset) MUST_USE;

/* --- store.c --- */
/* With its index in another folder, below the store's unless the name begins with "/" (then it is only looked at), and for rebuilding
 * (NULL: not). *out_bad_index, not NULL: it failed since the index is damaged. */
enum st store_open_as(const struct store_options *opt, const char *index_name, struct rebuilding *rb,
                      struct store **out, bool *out_bad_index) MUST_USE;
enum st store_raise_format(struct store *s) MUST_USE; /* before anything of a newer version is written */

/* --- commit.c --- */
/* A row of the store's own account. */
enum st commit_own_row(struct store *s, struct str key, struct str value) SUSPENDS MUST_USE;
/* A small file of the store's directory, whole or not at all. */
enum st store_replace_file(struct store *s, struct arena *a, const char *path, struct str text) MUST_USE;
/* The batch with which opening begins, before there is a committer: with that part, or empty (NULL). */
enum st commit_at_start(struct store *s, struct kv_part *part) MUST_USE;
/* Rows of blobs follow their bodies, which have been copied and synced; what was dropped meanwhile is skipped. At most
 * COMMIT_MOVES at once. Durable when it says ST_OK. From a plain thread. */
#define COMMIT_MOVES 4096
enum st commit_moves(struct store *s, const struct blob_move *moves, size_t n) SUSPENDS MUST_USE;

/* --- recover.c --- */
enum st store_recover(struct store *s) MUST_USE;

/* --- committer.c --- */
enum st committer_start(struct store *s) MUST_USE;
void committer_stop(struct store *s);
void committer_give(struct store *s, struct commit *c);
/* A commit comes in some ten microseconds: the committer wakes meanwhile, which takes as long. */
void committer_knock(struct store *s);
/* What the index holds of an account; 0: nothing yet. Blocks; for the committer, opening and rebuilding. */
enum st store_version_applied(struct store *s, uint64_t account, uint64_t *out_version) MUST_USE;

/* --- blob.c --- */
void blob_stage_done(struct store *s, struct blob_stage *stage, bool is_committed);
