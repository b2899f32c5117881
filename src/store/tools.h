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
    uint64_t saved;    /* bodies that stood in lost batches, written to DIR/lost+found */
};

/* Makes the index anew, from the snapshot and the journal, beside the old one, and puts it in its place. What of them
 * is damaged is left out and reported, and the accounts stand on a list until store_repaired; then a snapshot is due, or
 * the damage would be met again. ST_BUSY: somebody has the store
 * open. *out is to be given to store_rebuilt_fini, also after a failure. */
enum st store_rebuild(const struct store_options *opt, const struct store_progress *p, struct store_rebuilt *out)
    MUST_USE;
void store_rebuilt_fini(struct store_rebuilt *r);

/* Of an open store: accounts that lost commits and have not been set right since; none is usual. */
enum st store_unrepaired(struct store *s, struct arena *a, uint64_t **out, size_t *out_n) MUST_USE;
enum st store_repaired(struct store *s) MUST_USE; /* all of them have been */
