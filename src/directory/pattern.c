#include "directory/pattern.h"

struct str pattern_bare(struct arena *a, struct str local)
{
    char *to;
    size_t n = 0;

    if (local.n < 2 || local.p[0] != '"')
        return local;
    to = arena_alloc(a, local.n);
    for (size_t i = 1; i + 1 < local.n; i++) {
        if (local.p[i] == '\\' && i + 2 < local.n)
            i++;
        to[n++] = local.p[i];
    }
    return str_n(to, n);
}

unsigned pattern_stars(struct str local)
{
    unsigned n = 0;

    for (size_t i = 0; i < local.n && local.p[0] != '"'; i++)
        n += local.p[i] == '*';
    return n;
}

unsigned pattern_weight(struct str local)
{
    unsigned stars = pattern_stars(local);

    return stars ? (unsigned)local.n - stars + 1 : 0;
}

/* A star takes as little as it can; what does not fit behind it makes the last one take a character more. So it takes no more than the
 * product of both lengths. */
bool pattern_matches(struct str pattern, struct str text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, from = 0;

    while (t < text.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            from = t;
        } else if (p < pattern.n && pattern.p[p] == text.p[t]) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}
