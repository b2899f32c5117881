#include "keeper/uses.c"

#include "test.h"

TEST(the_last_use_of_each_is_taken_once)
{
    struct arena a = ARENA_INIT;
    struct uses u = {0};
    struct use *v;
    size_t n;

    v = uses_take(&u, &a, &n);
    CHECK_U64(n, 0);
    uses_note(&u, 7, 1, STR("192.0.2.1"));
    uses_note(&u, 7, 2, STR("2001:db8::1"));
    uses_note(&u, 8, 3, STR_NONE);
    v = uses_take(&u, &a, &n);
    CHECK_U64(n, 2);
    for (size_t i = 0; i < n; i++) {
        CHECK_U64(v[i].at_us, v[i].credential == 7 ? 2 : 3);
        CHECK_STR(str_n(v[i].from, v[i].n), v[i].credential == 7 ? STR("2001:db8::1") : STR(""));
    }
    uses_take(&u, &a, &n);
    CHECK_U64(n, 0);
    for (uint64_t i = 1; i <= USES_MAX + 5; i++)
        uses_note(&u, i, 1, STR("x"));
    CHECK_U64(u.by_credential.n, USES_MAX);
    uses_fini(&u);
    arena_fini(&a);
}
