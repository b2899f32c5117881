/* The store: an ordered map per account (RocksDB behind it), bodies in segment files, and one
 * durable commit for many letters. Nothing above this header may assume that it is local, fast or
 * pointer-stable: the same calls are to map onto a sharded engine later.
 *
 * Reading. Keys belong to an account (64 bits; 0 is the queue) and sort as bytes within it. Reads see
 * what is durable, nothing else. They may suspend (a cold block is read on a thread pool).
 *
 * Writing. A commit holds parts, one per account, and goes through whole or not at all, durable
 * when it says ST_OK. One committer thread merges what all cores have ready into one journal append, one
 * sync, one index batch. Each part raises its account's version by one, from `expected_version`; the
 * owning core may prepare v, v+1, v+2 ... one behind the other without waiting, and hand them in in any
 * order: the committer takes them in the order of versions, holding one back until its predecessor has
 * come (a minute at most: then ST_TIMEOUT). When a part fails, every later part of the same account and `chain` fails too; the owner then
 * goes on from the durable version with chain + 1. ST_BUSY: the version was not the expected one
 * (a foreign owner). ST_NOSPACE: the disk is full; nothing was changed, try later. ST_IO: a sync failed;
 * the store takes no more commits until it is opened anew.
 *
 * Bodies are blobs: immutable bytes under a 64-bit id, stored once however many letters refer to them,
 * counted by references. Location, compression and checksum are the store's own affair. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/list.h"
#include "co/co.h"
#include "co/offload.h"

struct store;
struct kv_job;
struct sched_account;
struct os_file; /* store/os_file.h: every disk call, so that tests can slide underneath */

/* What the store does for itself in the background. */
struct store_upkeep {
    bool dictionary;       /* short bodies are compressed with a dictionary that is trained on the store's own */
    uint64_t rate;         /* bytes a second that compaction may read and write; 0: no compaction */
    unsigned dead_percent; /* a segment is compacted when so much of it is dead */
};

struct store_options {
    const char *dir;             /* must exist; the store makes what it needs below it */
    const struct os_file *os;    /* NULL: the operating system */
    uint64_t segment_bytes;      /* 0: 64 MiB */
    uint64_t cache_bytes;        /* block cache of the index; 0: 32 MiB */
    uint64_t write_buffer_bytes; /* memory table of the index; 0: 16 MiB */
    unsigned open_files;         /* of the index; 0: 256 */
    bool is_plain;               /* bodies are not compressed */
    unsigned level;              /* of zstd, for bodies above 64 KiB; 0: 3 */
    uint64_t reserve_bytes;      /* below this much free space commits answer ST_NOSPACE; 0: 64 MiB */
    unsigned
        dictionary_bodies; /* the first dictionary is trained with so many; 0: 2,000. Less: small ones, often (tests) */
    unsigned calm_ms;      /* without a commit: what is kept ready for more is given back; 0: 5,000 */
    uint64_t found_bytes;  /* lost+found holds no more; 0: 16 GiB */
    uint64_t snapshot_bytes;           /* of journal behind a snapshot make the next one due; 0: 64 MiB */
    const struct store_upkeep *upkeep; /* NULL: nothing, and no thread for it */
    struct offload *disk;              /* pool for blocking reads; NULL: they block the core (tests) */
};

struct settings;
/* As the settings say; the rest is as with none. */
struct store_options store_options_of(const struct settings *set, const char *dir);
/* Opens, and brings index and segments together after a crash. Blocks; call it before the cores run.
 * ST_CORRUPT, ST_IO, ST_BUSY (another process has it), ST_DENIED (written by a newer version). */
enum st store_open(const struct store_options *opt, struct store **out) SUSPENDS MUST_USE;
/* Before a process ends without store_close: what has been committed stands in the index's files then, and the next opening has nothing to
 * replay. Blocks, for a second at most. Nothing is lost without it, or when it fails. */
enum st store_settle(struct store *s) MUST_USE;
void store_close(struct store *s); /* after the last commit has been answered */

void store_set_upkeep(struct store *s, const struct store_upkeep *set); /* from the next round on */

/* --- reading --- */
enum st kv_get(struct store *s, struct arena *a, uint64_t account, struct str key, struct str *out_value)
    SUSPENDS MUST_USE;
/* out_values[i].p is NULL where keys[i] does not exist. */
enum st kv_multiget(struct store *s, struct arena *a, uint64_t account, const struct str *keys, size_t n,
                    struct str *out_values) SUSPENDS MUST_USE;

/* Everything with from <= key < to (to empty: to the account's end), in order. Views last until the next
 * call. Holds no snapshot across waits: it is resumed by key, so what is committed meanwhile may show. */
struct kv_range;
enum st kv_range_open(struct store *s, struct arena *a, uint64_t account, struct str from, struct str to,
                      struct kv_range **out) MUST_USE;
/* From the second page on the next one is read while its predecessor is looked at: for a walk over many entries that do not change,
 * since what it gives is as old as that. */
void kv_range_read_ahead(struct kv_range *r);
bool kv_range_next(struct kv_range *r, struct str *out_key, struct str *out_value) SUSPENDS;
enum st kv_range_close(struct kv_range *r)
    MUST_USE; /* ST_OK: it ended by itself or was left early; else why it stopped */

/* The same range all at once: each(arg, key, value) for every entry, in order, from where it is read, without a copy
 * of it: half the time of kv_range for many small entries. `each` may run on a thread of the pool while the caller waits. It does not
 * suspend, touches nothing but what hangs on arg, and ends the walk by another answer than ST_OK. */
enum st kv_walk(struct store *s, uint64_t account, struct str from, struct str to,
                enum st (*each)(void *arg, struct str key, struct str value), void *arg) SUSPENDS MUST_USE;

enum st kv_version(struct store *s, uint64_t account, uint64_t *out_version) SUSPENDS MUST_USE; /* 0: never written */

/* Ids of accounts that were ever written to, ascending, behind `after`; at most `most`. None: that was all. */
enum st kv_accounts(struct store *s, uint64_t after, uint64_t *out, size_t most, size_t *out_n) SUSPENDS MUST_USE;

/* --- writing --- */
struct kv_change {
    struct str key, value;
    enum { KV_PUT, KV_DEL, KV_DEL_RANGE } op; /* DEL_RANGE: from key up to, not including, value */
};

struct kv_part {
    uint64_t account, expected_version;
    uint32_t chain;
    const struct kv_change *changes; /* with what they point to: the caller's until done */
    size_t n;
    struct core *core;                              /* where `done` is called */
    void (*done)(struct kv_part *part, enum st st); /* on core's loop, in order of versions per account; must not
                                                        suspend. The place to make durable state visible. May be NULL */
    struct kv_part_own {
        struct list held; /* of its account, by version */
        struct kv_part *next;
        struct kv_job *job;
        struct sched_account *of;
        size_t at, size; /* of its bytes in the journal record */
        enum st st;
        bool is_due;
    } own; /* the store's own while the part is in a commit; needs no preparing */
};

/* The least chain of an account that has not failed; 0 as long as none has. An owner that loads an account anew
 * starts with this one; while it stays loaded it counts up by itself. Chains of an account never go down. */
uint32_t kv_chain(struct store *s, uint64_t account);

struct blob_stage; /* bytes of a large body that are written already, but belong to nothing yet */

struct kv_blob {
    uint64_t id;              /* from blob_new_id */
    struct str bytes;         /* or: */
    struct blob_stage *stage; /* taken over by the commit, whatever it answers */
    uint32_t refs;            /* references that the commit makes to it; at least 1 */
    uint32_t head;            /* so many bytes are often read without the rest (blob_open_head); 0: none */
};

struct kv_deref {
    uint64_t id;
    int32_t delta; /* negative: references dropped (at 0 the bytes become free space; dropping those of a blob that
                      is not there does nothing); positive: added (no such blob: the commit is ST_NOTFOUND) */
};

struct kv_commit {
    struct kv_part **parts;
    size_t n_parts;
    const struct kv_blob *blobs;
    size_t n_blobs;
    const struct kv_deref *derefs;
    size_t n_derefs;
    bool keeps_stages; /* after ST_CANCELED the stages are the caller's as before: it may commit them anew */
};
#define KV_COMMIT_MAX (64u << 20) /* bytes of changes and small bodies; ST_LIMIT above */

/* Durable when it answers ST_OK. All `done` calls of parts on the calling core have been made before it
 * returns. Not interrupted by cancelling: it is bounded by the disk. */
enum st kv_commit(struct store *s, struct kv_commit *c) SUSPENDS MUST_USE;

/* The parts will not be committed after all: later ones of their chains fail, `done` is called with `st`, on the
 * part's core and after that of its predecessors. A kv_commit that fails before its parts are handed in does the
 * same by itself. Parts without `done` are not touched after the call. */
void kv_abandon(struct store *s, struct kv_part **parts, size_t n, enum st st);

/* --- bodies --- */
uint64_t blob_new_id(struct store *s); /* from any core; never given twice, also after a crash */

/* Writes a large body ahead of its commit, from a descriptor (its current content, `size` bytes from offset 0) or
 * from memory, on the disk pool. Not durable and invisible until committed. */
enum st blob_stage_fd(struct store *s, int fd, uint64_t size, struct blob_stage **out) SUSPENDS MUST_USE;
enum st blob_stage_str(struct store *s, struct str bytes, struct blob_stage **out) SUSPENDS MUST_USE;
void blob_unstage(struct store *s, struct blob_stage *stage); /* gives it up; NULL is fine */

/* A large body while it arrives, kept in a file without a name instead of memory, until all of it is there and can be
 * staged. One call at a time. The bytes are the caller's, until add returns. ST_NOSPACE, ST_LIMIT, ST_IO. */
struct blob_spool;
struct blob_spool *blob_spool_new(struct store *s);
enum st blob_spool_add(struct blob_spool *p, struct str bytes) SUSPENDS MUST_USE;
enum st blob_spool_stage(struct blob_spool *p, struct blob_stage **out) SUSPENDS MUST_USE;
void blob_spool_free(struct blob_spool *p) SUSPENDS; /* NULL is fine */

/* The whole body (decompressed, checksum verified), or a window into it. The bytes live in a reference-counted
 * buffer of the calling core's small cache, so that fetching one letter in slices costs one decompression.
 * ST_NOTFOUND; ST_CORRUPT names blob, segment and offset. */
struct blob_view {
    struct str bytes;
    void *hold;
};
enum st blob_open(struct store *s, uint64_t id, struct blob_view *out) SUSPENDS MUST_USE;
/* Its first n bytes, all when there are less. They cost as little decompression as can be, and are as well verified as the
 * whole: what is stored is read to its end for the checksum. */
enum st blob_open_head(struct store *s, uint64_t id, uint64_t n, struct blob_view *out) SUSPENDS MUST_USE;
void blob_close(struct blob_view *v);
/* Somebody will want the whole of this body soon: it is read on the disk pool meanwhile, into the core's small cache, where a
 * blob_open waits for it. False: too many are on their way, ask again later. For bodies of at most BLOB_AHEAD_MAX bytes. */
#define BLOB_AHEAD_MAX (1u << 20)
bool blob_read_ahead(struct store *s, uint64_t id);
enum st blob_size(struct store *s, uint64_t id, uint64_t *out_size) SUSPENDS MUST_USE;

/* Images (store/image.h) of an account, or of all (NULL), are gone for good when it says ST_OK: before rows are changed in ways that
 * their owner does not see. Blocks. */
enum st store_images_remove(struct store *s, const uint64_t *only_account) MUST_USE;

/* --- snapshots of the index --- */
/* Writes one now, unless the newest holds all that has been committed. Blocks, for as long as it takes: call it from a
 * plain thread. Besides, where upkeep is
 * asked for a thread makes one when the journal behind the last has grown. ST_NOSPACE, ST_IO, ST_CORRUPT. */
enum st store_snapshot(struct store *s) MUST_USE;
/* The last batch that the newest snapshot holds: the journal up to there is not needed any more. 0: there is none. */
uint64_t store_snapshot_seq(const struct store *s);

/* --- for backups --- */
/* 32 hexadecimal digits that no other store has, made when it is first opened. */
struct str store_identity(const struct store *s);
/* Writes a snapshot and sees to it that until store_hold_end nothing goes away that it needs: its file, dictionaries, and of each segment as
 * many bytes as its row in the snapshot says are used, which do not change any more. Copying them is a backup of the store as it
 * was after batch *out_batch. Several may hold at once. Blocks like store_snapshot, and until bodies that are being written ahead are
 * committed: ST_TIMEOUT when that takes more than a minute. */
enum st store_hold_begin(struct store *s, uint64_t *out_batch) MUST_USE;
void store_hold_end(struct store *s); /* from any thread; does not block */

/* --- figures --- */
struct store_stats {
    uint64_t commits, batches, syncs, journal_bytes, blob_bytes, segments, live_bytes, dead_bytes, free_bytes;
    bool broken; /* a sync failed: no more commits */
};
void store_get_stats(struct store *s, struct store_stats *out);

/* All that is known cheaply: reads a row for each segment. */
enum { STORE_SPARE, STORE_JOURNAL, STORE_BULK, STORE_KINDS };
struct store_status {
    struct store_stats stats;
    struct store_status_kind {
        uint64_t files, file_bytes, live_bytes, dead_bytes, journal_bytes, bodies;
    } kinds[STORE_KINDS];
    uint64_t reclaimable_bytes; /* that compaction could give back now: dead bytes, and journal behind the snapshot */
    uint64_t batch, snapshot;   /* numbers of the last batch and of the last one in the snapshot; 0: none */
    uint64_t snapshot_made_us, snapshot_bytes;
    unsigned dictionary, dictionaries; /* in use (0: none), and how many there are */
    uint64_t dictionary_made_us;
    struct store_upkeep upkeep;
    bool is_compacting;
    unsigned holds;                               /* backups that are being made */
    uint64_t compacted_ever;                      /* segments */
    uint64_t compacted, moved_bytes, freed_bytes; /* since the store was opened */
};
enum st store_get_status(struct store *s, struct store_status *out) SUSPENDS MUST_USE;
