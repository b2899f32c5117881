/* Whether a backup is what was written, and whether what was written is good. */
#pragma once

#include "backup/manifest.h"
#include "base/json.h"

/* All sets, or with a time the one that would be restored then (UINT64_MAX: all). Problems go into the answer. ST_OK also when there
 * are some. */
enum st backup_verify(struct arena *a, const char *dir, uint64_t at_us, struct json *j, bool *out_wrong) MUST_USE;
