#include "base/random.h"
#include "base/must.h"

#include <sys/random.h>

void random_bytes(void *p, size_t n)
{
    char *at = p;

    while (n) {
        size_t part = MIN(n, 256); /* up to 256 bytes getrandom is never interrupted or short */

        must(getrandom(at, part, 0) == (ssize_t)part);
        at += part;
        n -= part;
    }
}

uint64_t random_u64(void)
{
    uint64_t v;

    random_bytes(&v, sizeof v);
    return v;
}

struct str random_word(struct arena *a, size_t n)
{
    static const char letters[33] = "abcdefghijkmnpqrstuvwxyz23456789";
    char *p = arena_alloc(a, n + 1);

    random_bytes(p, n);
    for (size_t i = 0; i < n; i++)
        p[i] = letters[(unsigned char)p[i] & 31];
    return str_n(p, n);
}
