/* The store for administrators' tools: rebuilding one that nobody has open, checking one that is open. Everything here blocks
 * and belongs on a plain thread. */
#pragma once

#include "store/store.h"

/* Called now and then, from the same thread; may be NULL. */
struct store_progress {
    void (*fn)(void *arg, uint64_t done, uint64_t total); /* bytes */
    void *arg;
};

/* --- rebuild ---------------------------------------------------------------------------------------------- */

/* Batches whose records are damaged or missing. */
struct store_loss {
    uint64_t first, last;     /* their numbers */
    uint64_t segment, offset; /* where the first should stand; 0: nobody knows */
    bool is_named;            /* all accounts that they changed are among `accounts` */
};

struct store_rebuilt {
    struct arena arena;
    uint64_t snapshot;      /* of which batch; 0: from the journal alone */
    uint64_t snapshot_gaps; /* places of the snapshot that are damaged: rows are lost */
    uint64_t batches;       /* replayed */
    struct store_loss *losses;
    size_t n_losses;
    /* Whose commits are lost, or may be. Their versions are raised to where they had got (or beyond), so that nothing that counts
     * by them repeats. The mail room has to set them right (uidvalidity, counts). */
    uint64_t *accounts;
    size_t n_accounts;
    bool all_accounts; /* nobody knows which: `accounts` are all that there are */
    uint64_t found;    /* bodies that had been moved by a lost batch, and were found where they are now */
    uint64_t saved;    /* bodies that stood in lost batches, written to DIR/lost+found */
    uint64_t unsaved;  /* and those that it had no room for */
};

/* Makes the index anew, from the snapshot and the journal, beside the old one, and puts it in its place. What of them
 * is damaged is left out and reported, and the accounts stand on a list until store_repaired; then a snapshot is due, or
 * the damage would be met again. ST_BUSY: somebody has the store
 * open. *out is to be given to store_rebuilt_fini, also after a failure. */
enum st store_rebuild(const struct store_options *opt, const struct store_progress *p, struct store_rebuilt *out)
    SUSPENDS MUST_USE;
void store_rebuilt_fini(struct store_rebuilt *r);

/* --- out of a backup ---------------------------------------------------------------------------------------- */

struct store_restored {
    uint64_t snapshot;         /* of which batch; 0: it is damaged, all comes from the journal */
    uint64_t snapshot_gaps;    /* places of it that are damaged: rows are lost */
    uint64_t batches;          /* replayed */
    uint64_t batch;            /* the last one that the store holds */
    uint64_t segments_missing; /* that held bodies which are needed, */
    uint64_t bodies_missing; /* and how many: they have no rows any more, so the mail room drops what refers to them */
};

/* Where a backup has a body whose segment it does not have: younger batches have moved it. */
struct store_moved {
    uint64_t blob, segment, offset;
};

/* The directory holds files of a backup under the names that the store gives them (seg, dict, snap), and nothing else: makes the index,
 * with the journal up to batch `until` (not before the snapshot's own), and cuts the journal behind it. `moved` ascends by blob. All versions are raised, so that what
 * is counted by them never repeats what the original has given since. Then the store can be opened. ST_CORRUPT. */
enum st store_restore(const struct store_options *opt, uint64_t until, const struct store_moved *moved, size_t n_moved,
                      const struct store_progress *p, struct store_restored *out) MUST_USE;

/* Of an open store: accounts that lost commits and have not been set right since; none is usual. */
enum st store_unrepaired(struct store *s, struct arena *a, uint64_t **out, size_t *out_n) MUST_USE;
enum st store_repaired(struct store *s) MUST_USE; /* all of them have been */

/* Why opening had to make the index again, which RocksDB could make nothing of; NULL: it had not. */
const char *store_was_rebuilt(const struct store *s);

/* --- checking --------------------------------------------------------------------------------------------- */

/* What is wrong, as it is found. */
struct store_problem {
    const char *kind; /* "body", "journal", "counts" ...: a word */
    uint64_t account; /* STORE_NO_ACCOUNT: of the store itself */
    uint64_t blob;    /* that can't be read or is missing; 0: none */
    char text[600];
};
#define STORE_NO_ACCOUNT UINT64_MAX

struct store_report {
    void (*problem)(void *arg, const struct store_problem *p);
    void *arg;
    const struct store_progress *progress; /* here also while nothing is read for a while */
    uint64_t problems, done, total;
    unsigned steps;
    bool is_stopped; /* set by who watches the progress: the check ends soon, with ST_CANCELED */
};
void store_tell(struct store_report *r, const char *kind, uint64_t account, const char *fmt, ...) PRINTF_LIKE(4, 5);
void store_tell_blob(struct store_report *r, const char *kind, uint64_t blob, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Once for each row that is looked at. False: it is to stop. */
bool store_goes_on(struct store_report *r);

/* The index at one moment, while others go on writing. Close it soon. */
struct store_view;
void store_view_open(struct store *s, struct store_view **out);
void store_view_close(struct store_view *v);
/* The rows of all accounts but the store's own two, or of one of them, in order: begin, next until false, end (which says why it stopped). */
void store_view_begin(struct store_view *v, const uint64_t *only_account);
bool store_view_next(struct store_view *v, uint64_t *out_account, struct str *out_key, struct str *out_value);
enum st store_view_end(struct store_view *v) MUST_USE;
enum st store_view_version(struct store_view *v, uint64_t account, uint64_t *out) MUST_USE;
/* All bodies in the order of their ids: the same three. */
void store_view_begin_bodies(struct store_view *v);
bool store_view_next_body(struct store_view *v, uint64_t *out_id, uint32_t *out_refs);

struct store_checked {
    uint64_t bytes, bodies, batches, snapshot_rows, dictionaries;
};
/* Every body that is referred to, every record of the journal that the snapshot does not stand for, the rows that the store keeps for itself,
 * the segments' heads, the dictionaries and the snapshot. Problems go to the report; ST_OK also when there are some. No view
 * of the index is open while bodies are read. */
enum st store_check(struct store *s, struct store_report *r, struct store_checked *out) SUSPENDS MUST_USE;

/* Opens a store that nobody has open, to be read and checked; nothing below its directory changes. `scratch`, beside it, is a folder of ours for what
 * opening has to write: made, and removed when it is closed. ST_CORRUPT also where store_open would make the index again. */
enum st store_look_open(const struct store_options *opt, const char *scratch, struct store **out) MUST_USE;
void store_look_close(struct store *s, const char *scratch);

/* Writes a body to DIR/lost+found/ID.eml; what is stored of one that is damaged, as it is, to ID.damaged. ST_CORRUPT: it can't be read;
 * its segment is missing. ST_LIMIT: there is no room for it: lost+found holds no more than found_bytes (store_options) in
 * STORE_FOUND_FILES files, and leaves twice the reserve free on the disk. */
#define STORE_FOUND_FILES 100000
enum st store_save_body(struct store *s, uint64_t id) SUSPENDS MUST_USE;
enum st store_save_damaged(struct store *s, uint64_t id) MUST_USE;

/* What can be set right of what store_check finds without making the index again, once nobody refers to damaged bodies any more: damaged
 * heads of segments are written anew, missing segments in which nothing lives are gone for good, dictionaries get their second
 * copy back, and a snapshot stands for what is damaged in journal and snapshot. Others may go on writing. */
enum st store_mend(struct store *s) SUSPENDS MUST_USE;
