#include "box/grants.c"

#include "test.h"

static void core_init(struct box_core *c)
{
    *c = (struct box_core){0};
    list_init(&c->grants_by_age);
    list_init(&c->sessions);
}

static struct str token(char x)
{
    static char bytes[8][TOKEN_BYTES];

    memset(bytes[x % 8], x, TOKEN_BYTES);
    return str_n(bytes[x % 8], TOKEN_BYTES);
}

static void add(struct box_core *c, char t, uint64_t account, uint32_t gate, uint64_t conn, uint64_t credential)
{
    struct msg_grant_ask m = {.token = token(t),
                              .account = account,
                              .gate = gate,
                              .conn = conn,
                              .credential = credential,
                              .login = STR("a@b")};

    CHECK_ST(grant_add(c, &m), ST_OK);
}

static struct box_core core;

TEST(a_grant_is_good_for_its_gate_connection_and_account_only)
{
    struct grant *g;

    core_init(&core);
    add(&core, 1, 5, 0, 100, 1);
    CHECK_ST(grant_find(&core, token(1), 5, 0, 100, &g), ST_OK);
    CHECK_ST(grant_find(&core, token(2), 5, 0, 100, &g), ST_DENIED);
    CHECK_ST(grant_find(&core, token(1), 6, 0, 100, &g), ST_DENIED);
    CHECK_ST(grant_find(&core, token(1), 5, 1, 100, &g), ST_DENIED);
    CHECK_ST(grant_find(&core, token(1), 5, 0, 101, &g), ST_DENIED);
    CHECK_ST(grant_find(&core, str_sub(token(1), 0, 15), 5, 0, 100, &g), ST_DENIED);
    grant_free(&core, g);
    CHECK_ST(grant_find(&core, token(1), 5, 0, 100, &g), ST_DENIED);
    map_fini(&core.grants);
}

TEST(a_gate_that_dies_takes_its_grants_with_it)
{
    struct grant *g;

    core_init(&core);
    add(&core, 1, 5, 0, 100, 1);
    add(&core, 2, 5, 0, 101, 1);
    add(&core, 3, 5, 1, 102, 1);
    CHECK_ST(grant_find(&core, token(2), 5, 0, 101, &g), ST_OK);
    g->expires = NEVER; /* redeemed for submission */
    list_del(&g->link);
    grants_drop_gate(&core, 0);
    CHECK_U64(core.grants.n, 1);
    CHECK_ST(grant_find(&core, token(3), 5, 1, 102, &g), ST_OK);
    grant_free(&core, g);
    CHECK(list_is_empty(&core.grants_by_age));
    map_fini(&core.grants);
}

TEST(revoking_takes_those_of_the_account_or_of_one_credential)
{
    struct grant *g;

    core_init(&core);
    add(&core, 1, 5, 0, 100, 1);
    add(&core, 2, 5, 0, 101, 2);
    add(&core, 3, 6, 0, 102, 1);
    grants_revoke(&core, 5, 2);
    CHECK_U64(core.grants.n, 2);
    CHECK_ST(grant_find(&core, token(2), 5, 0, 101, &g), ST_DENIED);
    grants_revoke(&core, 5, 0);
    CHECK_U64(core.grants.n, 1);
    CHECK_ST(grant_find(&core, token(3), 6, 0, 102, &g), ST_OK);
    grant_free(&core, g);
    map_fini(&core.grants);
}
