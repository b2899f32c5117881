/* Patterns of LIST and LSUB (RFC 3501 6.3.8): "*" is anything, "%" anything but "/". */
#pragma once

#include "base/arena.h"

#define IMAP_PATTERN_MAX 2000 /* longer ones match nothing */

struct imap_pattern {
    struct str text;
    bool *now, *next; /* which places of the pattern have been reached */
};

void imap_pattern_init(struct imap_pattern *p, struct arena *a, struct str reference, struct str pattern);
/* Both in UTF-8. INBOX matches in any case. */
bool imap_pattern_matches(struct imap_pattern *p, struct str name);
