/* Any bytes as values of MAIL's parameters: what is taken is within its bounds, and reads back as it is written. */
#include "base/clock.h"
#include "base/envelope.h"
#include "base/must.h"

#define NOW 1790000000000000u
#define DATE 20 /* letters of 2026-12-24T18:00:00Z */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_by(struct arena *a, const struct deliver_by *by)
{
    struct deliver_by again;

    must(by->at_us && deliver_by_get(deliver_by_put(a, by), &again) == ST_OK);
    must(again.at_us == by->at_us && again.returns == by->returns && again.traces == by->traces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = str_n((const char *)data, size);
    struct arena a = ARENA_INIT;
    struct deliver_by by;
    uint64_t v;
    int p;

    if (priority_parse(in, &p) == ST_OK)
        must(p >= -PRIORITY_MOST && p <= PRIORITY_MOST && str_eq(in, arena_printf(&a, "%d", p)));
    if (deliver_by_parse(in, NOW, &by) == ST_OK) {
        int64_t left = deliver_by_left_s(&by, NOW);

        must(left >= -DELIVER_BY_MOST_S && left <= DELIVER_BY_MOST_S && (!by.returns || left > 0));
        check_by(&a, &by);
    }
    if (deliver_by_get(in, &by) == ST_OK)
        check_by(&a, &by);
    if (hold_for_parse(in, &v) == ST_OK)
        must(v >= 1 && v <= 999999999 && str_eq(in, arena_printf(&a, "%llu", (unsigned long long)v)));
    if (hold_until_parse(in, &v) == ST_OK && in.n == DATE && in.p[17] != '6' && in.p[19] == 'Z' && in.p[10] == 'T')
        must(str_eq(in, time_rfc3339(&a, v)));
    arena_fini(&a);
    return 0;
}
