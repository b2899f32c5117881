#include "co/fault.h"
#include "base/str.h"

#include <stdatomic.h>

/* Shared by all threads of the process: a job on a pool hits points too. */
struct point {
    atomic_uint_fast64_t hits, from, until; /* fails at the hits in [from, until), counted from 1 */
};

static struct point points[FAULT_COUNT];
static atomic_uint armed; /* points ever armed: 0 in a program that arms none */

static const char *const names[FAULT_COUNT] = {
#define FAULT(name, text) #name,
#include "co/fault_points.def"
#undef FAULT
};

bool fault_hit(enum fault_point p)
{
    uint64_t n;

    if (!atomic_load_explicit(&armed, memory_order_relaxed))
        return false;
    n = atomic_fetch_add(&points[p].hits, 1) + 1;
    return n >= atomic_load(&points[p].from) && n < atomic_load(&points[p].until);
}

void fault_arm(enum fault_point p, unsigned nth, unsigned times)
{
    struct point *pt = &points[p];
    uint64_t from = atomic_load(&pt->hits) + nth;

    atomic_store(&pt->until, 0);
    if (nth) {
        atomic_store(&pt->from, from);
        atomic_store(&pt->until, from + times);
    }
    atomic_store(&armed, 1);
}

static enum st arm_one(struct str word)
{
    struct str name = str_sub(word, 0, str_find(word, ':')), number = str_from(word, name.n + 1);
    size_t x = str_find(number, 'x');
    uint32_t nth = 0, times = 1;

    TRY(str_u32(str_sub(number, 0, x), UINT32_MAX, &nth));
    if (x < number.n)
        TRY(str_u32(str_from(number, x + 1), UINT32_MAX, &times));
    for (unsigned i = 0; i < FAULT_COUNT; i++) {
        if (str_eq(name, str_z(names[i]))) {
            fault_arm((enum fault_point)i, nth, times);
            return ST_OK;
        }
    }
    return FAIL(ST_SYNTAX, "there is no fault point \"%.*s\"", STR_ARGS(name));
}

enum st fault_arm_text(const char *text)
{
    struct str rest = str_z(text), word;

    while (str_split(&rest, ',', &word))
        if (word.n)
            TRY(arm_one(word));
    return ST_OK;
}

uint64_t fault_hits(enum fault_point p)
{
    return atomic_load(&points[p].hits);
}
