/* Is it text as SMTP's DATA carries it: lines that end with CR LF, no CR or LF elsewhere, no NUL, no line beyond a length? Pure; the bytes may come
 * in pieces. */
#pragma once

#include "base/str.h"

struct mime_lines {
    size_t line, line_max; /* bytes in the line so far; the most without its end */
    bool header_only;      /* up to the empty line: what is behind may be anything */
    bool behind_cr, is_over;
    bool has_bare; /* a CR or LF that stands alone, or a NUL; nothing behind it is looked at */
    bool has_long;
};

void mime_lines_init(struct mime_lines *l, size_t line_max, bool header_only);
void mime_lines_feed(struct mime_lines *l, struct str bytes);
void mime_lines_end(struct mime_lines *l); /* a CR at the very end stands alone */
/* All at once. */
struct mime_lines mime_lines_of(struct str bytes, size_t line_max);
