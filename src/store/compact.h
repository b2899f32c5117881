/* Gives back the space of bodies that nobody refers to any more. Inside store/. */
#pragma once

#include "store/store.h"

/* One pass over what pays, from a plain thread (the upkeep's). Tells how many segments it has given back. What can't be
 * read stays where it is and is logged; ST_IO, ST_NOSPACE and the like: later. */
enum st compact_step(struct store *s, size_t *out_segments) SUSPENDS MUST_USE;
