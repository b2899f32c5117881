/* What is gathered gets into the directory at a command and at the end. */
#include "keeper/last_use.c"

#include "rig.h"

static void noting(void)
{
    struct arena a = ARENA_INIT;
    struct msg_auth_answer m;
    struct directory_credential *v;
    uint64_t id = rig_account("alice", "secret");
    size_t n;

    CHECK_ST(rig_login(&a, "alice@example.test", "secret", "192.0.2.1", &m), ST_OK);
    CHECK_ST(rig_login(&a, "alice@example.test", "secret", "192.0.2.7", &m), ST_OK);
    CHECK_ST(directory_credential_list(rig.directory, &a, id, &v, &n), ST_OK);
    CHECK_U64(v[0].used_us, 0); /* a login writes nothing */
    keeper_write_uses(rig.keeper);
    CHECK_ST(directory_credential_list(rig.directory, &a, id, &v, &n), ST_OK);
    CHECK(v[0].used_us != 0);
    CHECK_STR(v[0].used_from, STR("192.0.2.7"));
    arena_fini(&a);
}

TEST(uses_are_written_together)
{
    rig_run(noting);
}
