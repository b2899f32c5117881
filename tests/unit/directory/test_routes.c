#include "directory/routes.c"

#include "test.h"

static struct directory *d;
static struct arena a;

static struct directory_route one(const char *name)
{
    return (struct directory_route){.kind = STR("to"),
                                    .name = str_z(name),
                                    .host = STR("smart.test:587"),
                                    .security = STR("starttls"),
                                    .user = STR(""),
                                    .codes = STR(""),
                                    .after_s = UINT64_MAX};
}

static uint64_t secrets(void)
{
    sqlite3_stmt *s;
    uint64_t n;

    CHECK(sqlite3_prepare_v2(d->db, "SELECT count(*) FROM secret", -1, &s, NULL) == SQLITE_OK);
    CHECK(sqlite3_step(s) == SQLITE_ROW);
    n = sql_number(s, 0);
    sqlite3_finalize(s);
    return n;
}

TEST(routes_come_and_go)
{
    struct directory_route v[10], r = one("x.test"), f;
    struct str user, password;
    uint64_t id, other;
    size_t n;

    CHECK_ST(directory_open(":memory:", &d), ST_OK);
    r.user = STR("me");
    CHECK_ST(directory_route_add(d, &r, STR(""), &id), ST_SYNTAX);
    CHECK_ST(directory_route_add(d, &r, STR("pass word"), &id), ST_OK);
    CHECK_ST(directory_route_add(d, &r, STR("another"), &other), ST_EXISTS);
    f = one("x.test");
    f.is_fallback = true;
    f.codes = STR("550");
    f.after_s = 60;
    CHECK_ST(directory_route_add(d, &f, STR_NONE, &other), ST_OK);
    CHECK_ST(directory_route_list(d, &a, 0, v, 10, &n), ST_OK);
    CHECK_U64(n, 2);
    CHECK(v[0].id == id && !v[0].is_fallback && v[0].after_s == UINT64_MAX && v[0].account == 0);
    CHECK_STR(v[0].user, STR("me"));
    CHECK(v[1].is_fallback && v[1].after_s == 60);
    CHECK_STR(v[1].codes, STR("550"));
    CHECK_ST(directory_route_list(d, &a, id, v, 10, &n), ST_OK);
    CHECK_U64(n, 1);
    CHECK_ST(directory_route_login(d, &a, id, &user, &password), ST_OK);
    CHECK_STR(user, STR("me"));
    CHECK_STR(password, STR("pass word"));
    CHECK_ST(directory_route_login(d, &a, other, &user, &password), ST_NOTFOUND);
    CHECK_U64(secrets(), 1);
    CHECK_ST(directory_route_remove(d, id), ST_OK);
    CHECK_U64(secrets(), 0); /* the password goes with it */
    CHECK_ST(directory_route_remove(d, id), ST_NOTFOUND);
    CHECK_ST(directory_route_login(d, &a, id, &user, &password), ST_NOTFOUND);
    directory_close(d);
    arena_fini(&a);
}

TEST(the_route_of_an_account_goes_with_it)
{
    struct directory_address address = {STR("bob"), STR("here.test")}, to = {STR("rob"), STR("here.test")};
    struct directory_route v[10], r = one("");
    struct directory_change none = {0};
    struct str user, password;
    uint64_t account, id;
    size_t n;

    CHECK_ST(directory_open(":memory:", &d), ST_OK);
    CHECK_ST(directory_domain_add(d, STR("here.test")), ST_OK);
    CHECK_ST(directory_account_add(d, &address, &none, &account), ST_OK);
    r.kind = STR("account");
    r.account = account;
    r.user = STR("me");
    CHECK_ST(directory_route_add(d, &r, STR("secret"), &id), ST_OK);
    CHECK_ST(directory_route_add(d, &r, STR("secret"), &id), ST_EXISTS);
    CHECK_ST(directory_account_rename(d, account, &to, false), ST_OK);
    CHECK_ST(directory_route_list(d, &a, 0, v, 10, &n), ST_OK);
    CHECK_U64(n, 1);
    CHECK_STR(v[0].name, STR("rob@here.test"));
    CHECK_U64(v[0].account, account);
    CHECK(sqlite3_exec(d->db, "DELETE FROM secret", NULL, NULL, NULL) == SQLITE_OK); /* restored without keys */
    CHECK_ST(directory_route_login(d, &a, v[0].id, &user, &password), ST_NOTFOUND);
    CHECK_ST(directory_account_remove(d, account), ST_OK);
    CHECK_ST(directory_route_list(d, &a, 0, v, 10, &n), ST_OK);
    CHECK_U64(n, 0);
    directory_close(d);
    arena_fini(&a);
}

TEST(there_are_not_too_many)
{
    struct directory_route r;
    char name[20];
    uint64_t id;

    CHECK_ST(directory_open(":memory:", &d), ST_OK);
    for (unsigned i = 0; i < DIRECTORY_ROUTES_MAX; i++) {
        snprintf(name, sizeof name, "d%u.test", i);
        r = one(name);
        CHECK_ST(directory_route_add(d, &r, STR_NONE, &id), ST_OK);
    }
    r = one("one.more.test");
    CHECK_ST(directory_route_add(d, &r, STR_NONE, &id), ST_LIMIT);
    directory_close(d);
    arena_fini(&a);
}
