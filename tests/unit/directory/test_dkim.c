#include "directory/dkim.c"

#include "test.h"

static enum st add(struct directory *d, const char *domain, const char *selector)
{
    struct directory_dkim_key key = {.domain = str_z(domain),
                                     .selector = str_z(selector),
                                     .algorithm = STR("rsa-sha256"),
                                     .public_key = STR("public")};

    return directory_dkim_add(d, &key, STR("secret"));
}

TEST(keys_come_and_go)
{
    struct arena a = ARENA_INIT;
    struct directory_dkim_key *v;
    struct str algorithm, private;
    struct directory *d;
    size_t n;

    CHECK_ST(directory_open(":memory:", &d), ST_OK);
    CHECK_ST(directory_domain_add(d, STR("a.test")), ST_OK);
    CHECK_ST(directory_domain_add(d, STR("b.test")), ST_OK);
    CHECK_ST(add(d, "c.test", "one"), ST_NOTFOUND);
    CHECK_ST(add(d, "b.test", "one"), ST_OK);
    CHECK_ST(add(d, "a.test", "one"), ST_OK);
    CHECK_ST(add(d, "a.test", "two"), ST_OK);
    CHECK_ST(add(d, "a.test", "two"), ST_EXISTS);
    CHECK_ST(directory_dkim_list(d, &a, STR("a.test"), &v, &n), ST_OK);
    CHECK_U64(n, 2);
    CHECK_STR(v[0].selector, STR("two"));
    CHECK_STR(v[1].selector, STR("one"));
    CHECK_STR(v[1].public_key, STR("public"));
    CHECK_ST(directory_dkim_private(d, &a, STR("a.test"), v[0].id, &algorithm, &private), ST_OK);
    CHECK_STR(algorithm, STR("rsa-sha256"));
    CHECK_STR(private, STR("secret"));
    CHECK_ST(directory_dkim_private(d, &a, STR("b.test"), v[0].id, &algorithm, &private), ST_NOTFOUND);
    CHECK_ST(directory_dkim_list(d, &a, STR(""), &v, &n), ST_OK);
    CHECK_U64(n, 3);
    CHECK_STR(v[2].domain, STR("b.test"));
    CHECK_ST(directory_dkim_remove(d, STR("a.test"), STR("two")), ST_OK);
    CHECK_ST(directory_dkim_remove(d, STR("a.test"), STR("two")), ST_NOTFOUND);
    CHECK_ST(directory_domain_remove(d, STR("a.test")), ST_OK);
    CHECK_ST(directory_dkim_list(d, &a, STR(""), &v, &n), ST_OK);
    CHECK_U64(n, 1);
    directory_close(d);
    arena_fini(&a);
}

TEST(not_more_than_may_be)
{
    struct arena a = ARENA_INIT;
    struct directory *d;

    CHECK_ST(directory_open(":memory:", &d), ST_OK);
    CHECK_ST(directory_domain_add(d, STR("a.test")), ST_OK);
    for (int i = 0; i < DIRECTORY_DKIM_MAX; i++)
        CHECK_ST(add(d, "a.test", arena_printf(&a, "s%d", i).p), ST_OK);
    CHECK_ST(add(d, "a.test", "one"), ST_LIMIT);
    directory_close(d);
    arena_fini(&a);
}
