/* What is held against a stranger who brings letters to port 25, from facts that others have found. Pure. */
#pragma once

#include "base/arena.h"
#include "config/config.h"

enum stranger_trait {
#define TRAIT(id, word, setting, code, text) STRANGER_##id,
#include "policy/stranger.def"
#undef TRAIT
    STRANGER_TRAITS
};

#define STRANGER_HAS(trait) (1u << STRANGER_##trait)

struct stranger_verdict {
    enum config_check check; /* the strictest that applies; CHECK_OFF: nothing is held against him */
    enum stranger_trait why; /* of CHECK_DEFER and CHECK_REFUSE */
};

/* What is held against him of what is known (STRANGER_HAS), by the settings. */
struct stranger_verdict stranger_judge(const struct settings *set, unsigned traits);
/* Words of those that are worth one, with commas between; a view of `out`. */
#define STRANGER_WORDS_MAX 256
struct str stranger_words(const struct settings *set, unsigned traits, char out[STRANGER_WORDS_MAX]);
const char *stranger_code(enum stranger_trait t);
const char *stranger_text(enum stranger_trait t);

/* A name with a dot that can be in the DNS, or an address literal (RFC 5321 section 4.1.3). */
bool stranger_helo_is_full(struct str helo);

/* The address of 4 or 16 bytes as names of lists have it, reversed, in front of the zone (RFC 5782 sections 2.1 and 2.4). */
struct str stranger_list_name(struct arena *a, struct str address, struct str zone);
