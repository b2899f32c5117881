/* What a letter from nobody says: is it a notice (RFC 3464, or one in words of its own that brings our header back), about which of our letters, and of whom. Lines are looked at, not parts:
 * a notice whose parts are encoded says nothing here. Pure; the letter is a stranger's. */
#pragma once

#include "base/arena.h"

#define BOUNCE_FIELD                                                                                                   \
    "X-Restante-Sent" /* in front of each letter of a user that leaves: a mark (box/mark.h) and whom it is about */
#define BOUNCE_MARKS_MAX 8
#define BOUNCE_RCPTS_MAX 100
#define BOUNCE_BYTES_MAX 262144 /* that are looked at */

struct bounce_mark {
    struct str text, about; /* an address or a domain; empty: it came as the id of an envelope, which names none */
};

struct bounce_rcpt {
    struct str address, status; /* as the sender knew it, where that is said */
    bool failed;                /* for good */
};

struct bounce {
    bool is_report; /* by its Content-Type, with somebody of whom it reports */
    struct bounce_mark marks[BOUNCE_MARKS_MAX];
    size_t n_marks;
    struct bounce_rcpt *rcpts;
    size_t n_rcpts;
};

/* Views into the letter. */
void bounce_read(struct arena *a, struct str letter, struct bounce *out);
