/* Any bytes as a TXT record and as a policy file: refused, or within the bounds, and its text reads back as the same policy. */
#include "base/must.h"
#include "policy/mta_sts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(const struct sts_policy *p, const struct sts_policy *q)
{
    must(p->mode == q->mode && p->max_age == q->max_age && p->n_mx == q->n_mx);
    for (size_t i = 0; i < p->n_mx; i++)
        must(str_eq(p->mx[i], q->mx[i]));
}

static void a_policy(struct arena *a, const struct sts_policy *p)
{
    struct sts_policy again;
    struct str text = sts_policy_text(a, p);

    must(p->max_age <= STS_MAX_AGE && p->n_mx <= STS_MX_MAX && (p->n_mx || p->mode == STS_NONE));
    must(text.n > STS_POLICY_BYTES || sts_policy_parse(a, text, &again) == ST_OK);
    if (text.n <= STS_POLICY_BYTES)
        same(p, &again);
    for (size_t i = 0; i < p->n_mx; i++) {
        bool is_wild = str_starts(p->mx[i], STR("*."));
        struct str name = is_wild ? arena_printf(a, "x%.*s", STR_ARGS(str_from(p->mx[i], 1))) : p->mx[i];

        must(sts_policy_allows(p, name));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_n((const char *)data, size), id;
    struct sts_policy p;
    struct arena a = ARENA_INIT;

    if (sts_record_parse(&a, &text, 1, &id) == ST_OK) {
        struct str record = sts_record_text(&a, id), again;

        must(id.n && id.n <= STS_ID_MAX);
        must(sts_record_parse(&a, &record, 1, &again) == ST_OK && str_eq(id, again));
    }
    if (sts_policy_parse(&a, text, &p) == ST_OK)
        a_policy(&a, &p);
    arena_fini(&a);
    return 0;
}
