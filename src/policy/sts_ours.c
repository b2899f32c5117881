#include "policy/sts_ours.h"

#include <xxhash.h>

#define NONE_MAX_AGE 86400 /* section 8.3: short */

void sts_ours(struct arena *a, enum sts_mode mode, struct str host_name, struct sts_policy *out)
{
    struct str text;

    *out = (struct sts_policy){.mode = mode, .max_age = mode == STS_NONE ? NONE_MAX_AGE : STS_OURS_MAX_AGE};
    out->mx = ARENA_ARRAY(a, struct str, 1);
    out->mx[0] = arena_str(a, host_name);
    out->n_mx = 1;
    text = sts_policy_text(a, out);
    out->id = arena_printf(a, "%016llx", (unsigned long long)XXH3_64bits(text.p, text.n));
}
