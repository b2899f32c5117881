/* What recovery asks while a store that was laid out from a backup gets its index. Inside store/. */
#pragma once

#include "store/recover.h"

/* Segments of which the backup has no file, or a short one, are known before anything looks for them. */
enum st restore_take_files(struct store *s) MUST_USE;
/* The cursor stands behind the last batch that is wanted: nothing of the journal is left behind it, or the next opening would take it
 * for damage. */
enum st restore_cut(struct store *s, const struct cursor *c) MUST_USE;
