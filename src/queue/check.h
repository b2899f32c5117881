/* What the queue keeps, checked against itself, over a view of the store. Blocks: plain threads only. */
#pragma once

#include "store/tools.h"

/* `refer` is called with the blob of each entry. Problems go to the report; ST_OK also when there are some. */
enum st queue_check(struct store_view *v, struct store_report *r, void (*refer)(void *arg, uint64_t blob), void *arg,
                    uint64_t *out_entries) MUST_USE;
