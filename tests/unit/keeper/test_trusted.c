/* Users of this machine who hand in letters: how many connections one of them has, and what is left for root. */
#include "keeper/trusted.c"

#include "test.h"

static enum st add(struct keeper_gate *g, const char *user, bool is_trusted)
{
    return local_add(g, g->locals.n + 1, str_z(user), is_trusted);
}

TEST(nobody_has_all)
{
    struct keeper_gate g = {.locals = MAP_INIT};

    for (unsigned i = 0; i < KEEPER_LOCALS_OF_ONE; i++)
        CHECK_ST(add(&g, "a", false), ST_OK);
    CHECK_ST(add(&g, "a", false), ST_TRYLATER);
    for (const char *user = "bcdef"; *user; user++) {
        char name[2] = {*user, 0};

        while (add(&g, name, false) == ST_OK)
            ;
    }
    CHECK_U64(g.locals.n, KEEPER_LOCALS_MAX / 4 * 3);
    while (add(&g, "root", true) == ST_OK)
        ;
    CHECK_U64(g.locals.n, KEEPER_LOCALS_MAX);
    local_drop(&g, 1);
    CHECK_ST(add(&g, "a", false), ST_TRYLATER);
    keeper_locals_drop(&g);
}
