#include "test.h"

#include "co/stack.c"

TEST(last_in_first_out_and_trimmed)
{
    struct stack_pool p;
    struct stack s[4], again;
    unsigned char in_core[64];

    stack_pool_init(&p, 4, 32 * 1024, false);
    for (int i = 0; i < 4; i++) {
        CHECK(stack_get(&p, &s[i]));
        CHECK(s[i].size >= 32 * 1024);
        memset(s[i].low, 1, s[i].size);
    }
    CHECK(!stack_get(&p, &again));
    stack_put(&p, &s[2]);
    CHECK(stack_get(&p, &again) && again.low == s[2].low && again.low[0] == 1);
    for (int i = 0; i < 4; i++)
        stack_put(&p, &s[i]);
    stack_pool_trim(&p, 1);
    CHECK_U64(p.dirty_n, 1);
    CHECK(mincore(s[3].low, s[3].size, in_core) == 0 && (in_core[0] & 1)); /* the one that was used last */
    CHECK(s[0].low[0] == 0 && s[3].low[0] == 1);
    stack_pool_fini(&p);
}

TEST(each_kind_of_guard)
{
    struct stack_pool p;
    struct stack s;

    stack_pool_init(&p, 2, 16384, true);
    CHECK(stack_get(&p, &s));
    CHECK(p.kind[s.number] != GUARD_NONE);
    CHECK_U64(stack_depth(&p, &s), 0);
    s.low[s.size - 100] = 0;
    CHECK_U64(stack_depth(&p, &s), 100);
    stack_put(&p, &s);
    p.kind[s.number] = GUARD_CANARY; /* as when the budget of mappings is used up */
    if (mprotect(s.low - p.page, p.page, PROT_READ | PROT_WRITE) == 0) {
        madvise(s.low - p.page, p.page, 103); /* MADV_GUARD_REMOVE, where there are such guards */
        CHECK(stack_get(&p, &s));
        CHECK(*canary_of(&p, s.number) == CANARY);
        stack_put(&p, &s);
        stack_pool_trim(&p, 0);
        CHECK(stack_get(&p, &s));
        stack_put(&p, &s);
    }
    stack_pool_fini(&p);
}

TEST(budget_is_half_of_the_mappings)
{
    read_mapping_budget();
    CHECK(atomic_load(&mapping_budget) > 1000);
}
