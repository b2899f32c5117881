/* The base subject (RFC 5256 section 2.1): what is left of a subject without "Re:", "Fwd:", "[list]". */
#pragma once

#include "base/arena.h"

/* `value` is the field's value, still folded. UTF-8. *out_is_reply: something that means reply or
 * forward was taken off. */
struct str mime_base_subject(struct arena *a, struct str value, bool *out_is_reply);
