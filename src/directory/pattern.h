/* Local parts that stand for many: "*" in an alias is any run of characters, also none. Pure. */
#pragma once

#include "base/arena.h"

/* The local part without its quotes, as it is compared. */
struct str pattern_bare(struct arena *a, struct str local);
/* How many of its bytes stand for themselves, and 1; 0: it is none (in quotes a star is a star). */
unsigned pattern_weight(struct str local);
unsigned pattern_stars(struct str local);
bool pattern_matches(struct str pattern, struct str text); /* both case folded */
