#include "directory/transport.c"

#include "test.h"

TEST(rules_come_and_go)
{
    struct arena a = ARENA_INIT;
    struct directory_transport *v;
    struct directory *d;
    struct str value;
    char longest[300];
    size_t n;

    memset(longest, 'd', sizeof longest);
    CHECK_ST(directory_open(":memory:", &d), ST_OK);
    CHECK_ST(directory_transport_get(d, &a, STR("b.test"), STR("tls"), &value), ST_NOTFOUND);
    CHECK_ST(directory_transport_set(d, STR("b.test"), STR("tls"), STR("may")), ST_OK);
    CHECK_ST(directory_transport_set(d, STR("b.test"), STR("tls"), STR("dane")), ST_OK);
    CHECK_ST(directory_transport_set(d, STR("a.test"), STR("tls"), STR("none")), ST_OK);
    CHECK_ST(directory_transport_set(d, str_n(longest, sizeof longest), STR("tls"), STR("none")), ST_SYNTAX);
    CHECK_ST(directory_transport_get(d, &a, STR("b.test"), STR("tls"), &value), ST_OK);
    CHECK_STR(value, STR("dane"));
    CHECK_ST(directory_transport_get(d, &a, STR("b.test"), STR("other"), &value), ST_NOTFOUND);
    CHECK_ST(directory_transport_list(d, &a, &v, &n), ST_OK);
    CHECK_U64(n, 2);
    CHECK_STR(v[0].domain, STR("a.test"));
    CHECK_STR(v[1].value, STR("dane"));
    CHECK_ST(directory_transport_remove(d, STR("b.test")), ST_OK);
    CHECK_ST(directory_transport_remove(d, STR("b.test")), ST_NOTFOUND);
    CHECK_ST(directory_transport_get(d, &a, STR("b.test"), STR("tls"), &value), ST_NOTFOUND);
    directory_close(d);
    arena_fini(&a);
}
