/* Levenshtein distance: for "did you mean". */
#include "config/nearest.h"

#define WORD_MAX 64

static size_t distance(struct str a, struct str b)
{
    size_t row[WORD_MAX + 1];

    for (size_t j = 0; j <= b.n; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t swap = diagonal + (ascii_lower(a.p[i - 1]) != ascii_lower(b.p[j - 1]));

            diagonal = row[j];
            row[j] = MIN(swap, MIN(row[j], row[j - 1]) + 1);
        }
    }
    return row[b.n];
}

size_t word_distance(struct str written, struct str is)
{
    size_t d;

    if (written.n > WORD_MAX || is.n > WORD_MAX)
        return SIZE_MAX;
    if (written.n >= 2 && str_istarts(is, written))
        return 1;
    d = distance(is, written);
    return d <= MAX(written.n / 3, (size_t)2) && d < written.n ? d : SIZE_MAX;
}

const struct field *field_nearest(const struct field_table *t, struct str prefix, struct str word)
{
    const struct field *best = NULL;
    size_t least = MAX(word.n / 3, (size_t)2) + 1;

    if (word.n > WORD_MAX)
        return NULL;
    for (size_t i = 0; i < t->n; i++) {
        struct str name = str_z(t->list[i].name);
        size_t d;

        if (!str_starts(name, prefix) || name.n - prefix.n > WORD_MAX)
            continue;
        d = distance(str_from(name, prefix.n), word);
        if (d < least) {
            least = d;
            best = &t->list[i];
        }
    }
    return best;
}
