/* What a disk may hold when the power fails: a trace is replayed call by call, and at each one the folder can be
 * written out as it may be found afterwards. What was synced is there; of the rest it depends on a `cut`. */
#pragma once

#include "disk.h"

struct image;

/* Of what has been written to a file since its last sync, and of names since the sync of their folder. */
struct cut {
    enum { WRITES_LOST, WRITES_KEPT, WRITES_FIRST, WRITES_SOME, WRITES_TORN, WRITES_KINDS } writes;
    enum { NAMES_LOST, NAMES_KEPT, NAMES_FIRST, NAMES_FIRST_PER_FOLDER, NAMES_SOME, NAMES_KINDS } names;
    unsigned percent; /* of what is kept by chance */
    uint64_t seed;
};
struct cut cut_by(uint64_t seed);
void cut_text(const struct cut *c, char *out, size_t n);

struct image *image_new(const char *dir); /* begins with what is there now, all of it durable */
void image_free(struct image *im);
void image_step(struct image *im, const struct disk_event *e);
bool image_has_unsynced(const struct image *im); /* otherwise every cut is the same one */
/* Into an empty folder. */
void image_write(const struct image *im, const struct cut *c, const char *dir);
