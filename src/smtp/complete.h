/* What the header of a letter of a user lacks (RFC 6409 section 8): Date and Message-ID are added, on submission ports only, in front of his own fields; Bcc and Resent-Bcc go
 * (RFC 5322 section 3.6.3 has whoever sends the letter take it out; many programs leave it in). Nothing else changes by a byte.
 * A letter that is signed already keeps what its signature covers: a DKIM-Signature that names a field which is not there (RFC 6376 section 5.4.2) says that there is none, and
 * adding one would break it. Bcc goes all the same: those who are named there come before a signature that should not have covered it (section 5.4.1).
 * First all fields are noted, then each is asked about. */
#pragma once

#include "base/arena.h"
#include "base/str.h"

struct completion {
    bool has_date, has_id;     /* with something in it */
    bool signs_date, signs_id; /* a signature names it */
    bool is_odd;               /* the first line continues none: whatever stood in front would be continued by it */
    bool is_noted;             /* one field, at least, has been */
};

void completion_note(struct completion *c, struct arena *a, struct str field);
/* Not a part of the letter any more. */
bool completion_drops(const struct completion *c, struct str field, bool removes_bcc);
/* What stands in front, in the arena; empty: nothing is missing. */
struct str completion_fields(const struct completion *c, struct arena *a, struct str host);
