#include "directory/domains.c"

#include "test.h"

TEST(domains_come_and_go)
{
    struct arena a = ARENA_INIT;
    struct directory *d;
    struct directory_domain *v, one;
    struct str first;
    uint64_t count;
    size_t n;

    CHECK_ST(directory_open(":memory:", &d), ST_OK);
    CHECK_ST(directory_first_domain(d, &a, &first, &count), ST_NOTFOUND);
    for (int i = 0; i < 20; i++)
        CHECK_ST(directory_domain_add(d, arena_printf(&a, "d%02d.test", 19 - i)), ST_OK);
    CHECK_ST(directory_domain_add(d, STR("d03.test")), ST_EXISTS);
    CHECK_ST(directory_domain_add(d, STR("")), ST_LIMIT);
    CHECK_ST(directory_domain_list(d, &a, &v, &n), ST_OK);
    CHECK_U64(n, 20);
    CHECK_STR(v[0].name, STR("d00.test"));
    CHECK_ST(directory_first_domain(d, &a, &first, &count), ST_OK);
    CHECK_STR(first, STR("d19.test"));
    CHECK_U64(count, 20);
    CHECK_ST(directory_domain_find(d, &a, STR("d05.test"), &one), ST_OK);
    CHECK_ST(directory_domain_find(d, &a, STR("dxx.test"), &one), ST_NOTFOUND);
    CHECK_ST(directory_domain_find(d, &a, STR(""), &one), ST_NOTFOUND);
    CHECK_STR(one.mta_sts, STR("testing"));
    CHECK_ST(directory_domain_set_sts(d, STR("d05.test"), STR("none")), ST_OK);
    CHECK_ST(directory_domain_set_sts(d, STR("dxx.test"), STR("none")), ST_NOTFOUND);
    CHECK_ST(directory_domain_find(d, &a, STR("d05.test"), &one), ST_OK);
    CHECK_STR(one.mta_sts, STR("none"));
    CHECK(!one.identity.source4.n && !one.identity.source6.n && !one.identity.ehlo.n);
    CHECK_ST(directory_identity_set(d, STR("d05.test"),
                                    &(struct directory_identity){STR("192.0.2.1"), STR(""), STR("out.test")}),
             ST_OK);
    CHECK_ST(directory_identity_set(d, STR("dxx.test"), &one.identity), ST_NOTFOUND);
    CHECK_ST(directory_identity_set(
                 d, STR("d05.test"),
                 &(struct directory_identity){.ehlo = arena_printf(&a, "%0*d", DIRECTORY_DOMAIN_MAX + 1, 1)}),
             ST_LIMIT);
    CHECK_ST(directory_identity_find(d, &a, STR("dxx.test"), &one.identity), ST_NOTFOUND);
    CHECK_ST(directory_identity_find(d, &a, STR("d05.test"), &one.identity), ST_OK);
    CHECK_STR(one.identity.ehlo, STR("out.test"));
    CHECK_ST(directory_domain_find(d, &a, STR("d05.test"), &one), ST_OK);
    CHECK_STR(one.identity.source4, STR("192.0.2.1"));
    CHECK_STR(one.identity.source6, STR(""));
    CHECK_STR(one.identity.ehlo, STR("out.test"));
    CHECK_ST(directory_domain_remove(d, STR("d05.test")), ST_OK);
    CHECK_ST(directory_domain_remove(d, STR("d05.test")), ST_NOTFOUND);
    directory_close(d);
    arena_fini(&a);
}
