/* The index made anew although something of journal or snapshot is damaged: what recovery asks then. Inside store/. */
#pragma once

#include "base/map.h"
#include "store/recover.h"
#include "store/tools.h"

struct rebuilding {
    const struct store_progress *progress;
    struct store_rebuilt *out;
    enum { SNAPSHOT_WHOLE, SNAPSHOT_NOT, SNAPSHOT_GAPS } snapshot; /* in what way it is used */
    struct map named;                                              /* account -> struct named */
    uint64_t lost;                                                 /* batches */
    bool is_any;                                                   /* some loss is not named */
    bool is_strict;                                                /* nothing may be lost: nobody has asked for it */
    struct body_place {
        uint64_t segment, offset;
    } * bodies; /* that stand in lost batches */
    size_t n_bodies, cap_bodies, cap_losses;
    uint64_t done, total;
    uint64_t until; /* restoring: the last batch that is wanted, what is behind it is cut off; 0: as above */
};

/* The segment in which the journal goes on, when the position says nothing of it. False: there is none. */
bool rebuild_begin(struct store *s, struct cursor *c);
/* Where recovery finds no further batch: the next one that is good, the cursor behind it. ST_NOTFOUND: there is none. */
enum st rebuild_pass_over(struct store *s, struct cursor *c, struct found *f) MUST_USE;
/* Before a batch is applied. */
enum st rebuild_look(struct store *s, const struct found *f) MUST_USE;
/* While opening, also for rebuilding once more: what one that was cut left behind is finished or removed. */
enum st rebuild_tidy(struct store *s, struct arena *a) MUST_USE;
/* RocksDB can't make anything of the index: it is made again, if snapshot and journal are whole, and the bad one kept as index.bad. ST_CORRUPT: they
 * are not; nothing has changed. */
enum st rebuild_damaged(const struct store_options *opt, const char *why) SUSPENDS MUST_USE;
/* Writes to DIR/lost+found. ST_LIMIT: it is full, or the disk is nearly. */
enum st salvage(struct store *s, uint64_t id, const char *suffix, struct str body) MUST_USE;
/* After a loss: bodies whose segment is gone are looked for in the bulk segments, and their rows changed. */
enum st rebuild_find_moved(struct store *s, uint64_t *out_found) SUSPENDS MUST_USE;
