#include "test.h"

#include "../../../src/directory/local_users.c"

static uint64_t account(struct directory *d, const char *local)
{
    const struct directory_address address = {str_z(local), STR("example.test")};
    uint64_t id = 0;

    CHECK_ST(directory_account_add(d, &address, &(struct directory_change){0}, &id), ST_OK);
    return id;
}

TEST(names_that_users_have)
{
    static const char *const good[] = {"root", "www-data", "_apt", "a.b", "A1"};
    static const char *const bad[] = {"",    ".a",  "a.",  "a..b",     "a b",
                                      "a@b", "a\"", "a\r", "\xc3\xa4", "a123456789012345678901234567890123"};

    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        CHECK(directory_is_local_user(str_z(good[i])));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK(!directory_is_local_user(str_z(bad[i])));
}

TEST(users_belong_to_one_account)
{
    const struct str two[] = {STR("root"), STR("daemon")}, twice[] = {STR("x"), STR("x")}, bad[] = {STR("a b")};
    struct str many[DIRECTORY_LOCAL_USERS_MAX + 1], *got;
    struct arena a = ARENA_INIT;
    struct directory_account found;
    struct directory *d;
    uint64_t alice, bob;
    size_t n;

    CHECK_ST(directory_open(":memory:", &d), ST_OK);
    CHECK_ST(directory_domain_add(d, STR("example.test")), ST_OK);
    alice = account(d, "alice");
    bob = account(d, "bob");
    CHECK_ST(directory_local_users_set(d, alice, two, 2), ST_OK);
    CHECK_ST(directory_local_users_list(d, &a, alice, &got, &n), ST_OK);
    CHECK(n == 2 && str_eq(got[0], STR("daemon")) && str_eq(got[1], STR("root")));
    CHECK_ST(directory_local_user_find(d, &a, STR("root"), &found), ST_OK);
    CHECK(found.id == alice);
    CHECK_ST(directory_local_user_find(d, &a, STR("bin"), &found), ST_NOTFOUND);
    CHECK_ST(directory_local_users_set(d, bob, two, 1), ST_EXISTS);
    CHECK_ST(directory_local_users_set(d, bob, twice, 2), ST_EXISTS);
    CHECK_ST(directory_local_users_set(d, bob, bad, 1), ST_SYNTAX);
    CHECK_ST(directory_local_users_list(d, &a, bob, &got, &n), ST_OK);
    CHECK_U64(n, 0);
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        many[i] = arena_printf(&a, "u%zu", i);
    CHECK_ST(directory_local_users_set(d, bob, many, ARRAY_LEN(many)), ST_LIMIT);
    CHECK_ST(directory_local_users_set(d, bob, many, ARRAY_LEN(many) - 1), ST_OK);
    CHECK_ST(directory_account_remove(d, alice), ST_OK);
    CHECK_ST(directory_local_user_find(d, &a, STR("root"), &found), ST_NOTFOUND);
    CHECK_ST(directory_local_users_set(d, bob, two, 2), ST_OK);
    CHECK_ST(directory_local_users_set(d, bob, NULL, 0), ST_OK);
    CHECK_ST(directory_local_users_list(d, &a, bob, &got, &n), ST_OK);
    CHECK_U64(n, 0);
    directory_close(d);
    arena_fini(&a);
}
