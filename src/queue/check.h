/* What the queue keeps, checked against itself over a view of the store, and set right. Blocks: plain threads only. */
#pragma once

#include "store/tools.h"

/* `refer` is called with each entry and its blob. Problems go to the report; ST_OK also when there are some. ST_CANCELED: the report is
 * stopped. */
enum st queue_check(struct store_view *v, struct store_report *r, void (*refer)(void *arg, uint64_t id, uint64_t blob),
                    void *arg, uint64_t *out_entries) MUST_USE;

struct queue_repaired {
    uint64_t returned; /* letters that are lost: their senders get one that says so */
    uint64_t dropped;  /* lost letters that nobody is told of: they came from nobody, or not even that is known */
};
/* Entries that can't be read go. An entry whose body is missing or among `bad` (ascending) becomes a letter to its sender that says for
 * whom it was lost; `host` is our name. Due times and counts are written anew. Nobody else may write to the queue meanwhile. */
enum st queue_repair(struct store *s, const uint64_t *bad, size_t n_bad, struct str host, struct queue_repaired *out)
    SUSPENDS MUST_USE;
