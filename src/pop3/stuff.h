/* A letter as a multi-line response: a line that begins with a dot gets one more (RFC 1939 section 3). Pure; the bytes may
 * come in pieces. */
#pragma once

#include "base/str.h"

struct dot_stuff {
    bool inside_line; /* the last byte was not a line's end */
    bool after_cr;
    uint64_t lines_left; /* of the body, for TOP; UINT64_MAX: all */
    bool in_body;        /* the header's empty line has gone by */
    bool empty_so_far;   /* nothing but CR in this line yet */
};

void stuff_init(struct dot_stuff *d, uint64_t body_lines);
/* The longest front of *in that goes out as it is, taken from it; *out_dot: a dot goes out before it. False: nothing more is
 * to be sent (the input is used up, or the lines are). */
bool stuff_next(struct dot_stuff *d, struct str *in, bool *out_dot, struct str *out_span);
/* All lines that were asked for have gone by. */
static inline bool stuff_is_over(const struct dot_stuff *d)
{
    return d->in_body && d->lines_left == 0;
}
/* What ends it: CR LF when the last line had none, then the dot. */
struct str stuff_end(const struct dot_stuff *d);
