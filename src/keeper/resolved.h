/* Where mail for an address went lately, so that a letter costs no SQL and no turn of the directory's thread. Answers
 * for addresses of ours only, by the address as it was written; all are dropped whenever the directory may have
 * changed, so what is here is what SQL would say. Bounded; the one that was asked for longest ago goes first. */
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "directory/directory.h"

#define RESOLVED_MAX 20000     /* addresses */
#define RESOLVED_TARGETS_MAX 4 /* an address that leads to more is resolved each time */

struct resolved {
    struct map by_text;
    struct list by_use;
    uint64_t generation; /* raised by each drop */
};

void resolved_init(struct resolved *r);
void resolved_fini(struct resolved *r);
/* The directory, or how it is asked, may have changed. */
void resolved_drop(struct resolved *r);
/* The targets, in the arena; false when they are not known. */
bool resolved_find(struct resolved *r, struct arena *a, struct str text, struct directory_target **out, size_t *out_n);
/* `generation` is that of before the question: an answer that a change has overtaken is not kept. */
void resolved_add(struct resolved *r, uint64_t generation, struct str text, const struct directory_target *targets,
                  size_t n);
