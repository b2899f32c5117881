/* Sorting is a merge sort from below: what is in order already costs one pass, and it can stop anywhere. */
#include "mail/sorting.h"

#include "base/clock.h"
#include "base/limits.h"
#include "co/co.h"

#define SLICE_US 4000  /* then others run */
#define LOOK_EVERY 256 /* steps between looks at the clock */

static _Thread_local uint64_t all_taken; /* of all on this core */

void sorting_begin(struct sorting *s)
{
    *s = (struct sorting){.slice_ends = clock_mono_us() + SLICE_US};
}

void sorting_end(struct sorting *s)
{
    all_taken -= s->taken;
    s->taken = 0;
    arena_fini(&s->arena);
}

enum st sorting_take(struct sorting *s, uint64_t n)
{
    if (s->taken + n > LIMIT_MAIL_SORT)
        return FAIL(ST_LIMIT, "Too many messages to be put in order");
    if (all_taken + n > LIMIT_MAIL_SORTS)
        return FAIL(ST_TRYLATER, "Too much is being put in order at the same time");
    s->taken += n;
    all_taken += n;
    return ST_OK;
}

enum st sorting_numbers(struct sorting *s, size_t n, uint32_t **out)
{
    TRY(sorting_take(s, n * sizeof **out));
    *out = ARENA_ARRAY(&s->arena, uint32_t, MAX(n, (size_t)1));
    for (size_t i = 0; i < n; i++)
        (*out)[i] = (uint32_t)i;
    return ST_OK;
}

enum st sorting_rest(struct sorting *s)
{
    if (clock_mono_us() < s->slice_ends)
        return ST_OK;
    co_yield ();
    s->slice_ends = clock_mono_us() + SLICE_US;
    return co_is_canceled() ? FAIL(ST_CANCELED, "putting in order was told to stop") : ST_OK;
}

struct job {
    struct sorting *s;
    int (*compare)(const void *arg, uint32_t a, uint32_t b);
    const void *arg;
    unsigned steps;
};

static enum st merge(struct job *j, const uint32_t *from, uint32_t *to, size_t lo, size_t mid, size_t hi) SUSPENDS
{
    size_t a = lo, b = mid;

    if (mid == hi || j->compare(j->arg, from[mid - 1], from[mid]) <= 0) {
        memcpy(to + lo, from + lo, (hi - lo) * sizeof *to);
        return ++j->steps % LOOK_EVERY ? ST_OK : sorting_rest(j->s);
    }
    for (size_t i = lo; i < hi; i++) {
        bool left = b == hi || (a < mid && j->compare(j->arg, from[a], from[b]) <= 0);

        to[i] = from[left ? a++ : b++];
        if (++j->steps % LOOK_EVERY == 0)
            TRY(sorting_rest(j->s));
    }
    return ST_OK;
}

enum st sorting_sort(struct sorting *s, uint32_t *order, size_t n,
                     int (*compare)(const void *arg, uint32_t a, uint32_t b), const void *arg)
{
    struct job j = {s, compare, arg, 0};
    uint32_t *from = order, *to;

    TRY(sorting_take(s, n * sizeof *to));
    to = ARENA_ARRAY(&s->arena, uint32_t, n + 1);
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t lo = 0; lo < n; lo += 2 * width)
            TRY(merge(&j, from, to, lo, MIN(lo + width, n), MIN(lo + 2 * width, n)));
        uint32_t *other = from;

        from = to;
        to = other;
    }
    if (from != order && n)
        memcpy(order, from, n * sizeof *order);
    return ST_OK;
}

uint64_t sorting_sent(const struct mail_msg *m, const struct email *e)
{
    int64_t s = (int64_t)(m->internal_date_us / 1000000);

    if (e && e->rec.flags & MIME_RECORD_HAS_DATE)
        s = e->rec.sent_us / 1000000;
    return (uint64_t)s ^ 1ull << 63;
}
