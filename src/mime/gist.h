/* Text for people on one line: white space of any kind becomes single blanks, what can't be seen goes, and a maximum of
 * characters holds. Private to the room. */
#pragma once

#include "base/buf.h"

struct gist {
    struct buf *out; /* UTF-8, whole characters */
    unsigned chars, most;
    bool space; /* one is due in front of the next character */
};

/* A place to go back to. */
struct gist_mark {
    size_t n;
    unsigned chars;
    bool space;
};

static inline bool gist_is_full(const struct gist *g)
{
    return g->chars >= g->most;
}
static inline struct gist_mark gist_here(const struct gist *g)
{
    return (struct gist_mark){g->out->n, g->chars, g->space};
}
void gist_back(struct gist *g, struct gist_mark m);
void gist_put(struct gist *g, uint32_t character);
void gist_puts(struct gist *g, struct str utf8); /* bytes that are no UTF-8 are left out */
