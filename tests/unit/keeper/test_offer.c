#include "keeper/offer.c"

#include "directory/app_password.h"
#include "rig.h"

static void told(void)
{
    struct directory_credential app = {.name = STR("x"), .hash = STR("$app$0"), .scram = STR("keys")};
    const struct directory_address address = {STR("bob"), STR("example.test")};
    struct arena a = ARENA_INIT;
    struct str lacking[2];
    uint64_t alice, id;
    size_t n;

    decide(rig.keeper);
    CHECK(!rig.keeper->offers_scram); /* nobody is there */
    CHECK_ST(directory_account_add(rig.directory, &address, &(struct directory_change){0}, &id), ST_OK);
    CHECK_ST(directory_app_add(rig.directory, id, &app, &id), ST_OK);
    decide(rig.keeper);
    CHECK_ST(co_sleep(deadline_in(20)), ST_OK);
    CHECK(rig.keeper->offers_scram && rig.offers_scram);
    alice = rig_account("alice", "secret");
    decide(rig.keeper);
    CHECK_ST(co_sleep(deadline_in(20)), ST_OK);
    CHECK(!rig.keeper->offers_scram && !rig.offers_scram);
    CHECK_ST(directory_scram_lacking(rig.directory, &a, 2, lacking, &n), ST_OK);
    CHECK_U64(n, 1);
    CHECK_STR(lacking[0], STR("alice@example.test"));
    CHECK_ST(directory_account_set(rig.directory, alice, &(struct directory_change){.disabled = &lacking[0]}), ST_OK);
    decide(rig.keeper);
    CHECK(rig.keeper->offers_scram); /* he may not log in at all */
    arena_fini(&a);
}

TEST(it_is_announced_where_nobody_would_fail_with_it)
{
    rig_run(told);
}
